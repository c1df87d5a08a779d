//! Which origins may use passkeys, and whose.

use proptest::prelude::*;
use wardkey_core::webauthn::{AppOrigin, RpId, ScopeError, WebOrigin, base64url};

#[test]
fn origins_are_brought_into_one_form() {
    for (text, expected) in [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("HTTPS://EXAMPLE.org:443/", "https://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://app.localhost", "http://app.localhost"),
        ("https://intranet", "https://intranet"),
    ] {
        assert_eq!(WebOrigin::parse(text).unwrap().as_str(), expected);
    }
}

#[test]
fn what_is_no_origin_is_refused_with_the_reason() {
    let not_an_origin = [
        "",
        "null",
        "example.org",
        "https://example.org/login",
        "https://example.org?x",
        "https://example.org#x",
        "https://user@example.org",
        "https://:secret@example.org",
        "https://@example.org",
        "https:example.org",
        "https:///example.org",
        "https:\\\\example.org",
        " https://example.org",
        "https://exam\tple.org",
        "https://ex%61mple.org",
        "file:///etc/passwd",
        "data:text/html,x",
        "android:apk-key-hash:AAAA",
    ];
    for text in not_an_origin {
        assert!(matches!(WebOrigin::parse(text), Err(ScopeError::NotAnOrigin(_))), "{text}");
    }
    for text in
        ["http://example.org", "ws://example.org", "ftp://localhost", "http://localhost.org"]
    {
        assert!(matches!(WebOrigin::parse(text), Err(ScopeError::Insecure(_))), "{text}");
    }
    let no_domain = [
        "https://127.0.0.1",
        "https://0x7f.1",
        "https://[::1]",
        "http://127.0.0.1:8080",
        "https://example.org.",
        "https://a..example.org",
        "https://-a.example.org",
    ];
    for text in no_domain {
        assert!(matches!(WebOrigin::parse(text), Err(ScopeError::NoDomain(_))), "{text}");
    }
}

#[test]
fn an_origin_speaks_for_itself_and_its_registrable_parents() {
    let in_scope = [
        ("https://example.org", "example.org"),
        ("https://login.example.org:8443", "example.org"),
        ("https://login.example.org", "login.example.org"),
        ("https://a.b.example.co.uk", "example.co.uk"),
        ("https://a.me.github.io", "me.github.io"),
        ("https://example.org", "EXAMPLE.ORG"),
        ("https://xn--85x722f.xn--55qx5d.cn", "食狮.公司.cn"),
        ("http://localhost:8080", "localhost"),
        // HTML: a host is in scope of itself even where it is a public suffix.
        ("https://github.io", "github.io"),
    ];
    for (origin, rp_id) in in_scope {
        let origin = WebOrigin::parse(origin).unwrap();
        assert_eq!(origin.rp_id(Some(rp_id)), RpId::parse(rp_id), "{origin} {rp_id}");
    }
    let out_of_scope = [
        ("https://example.org", "org"),
        ("https://example.org", "login.example.org"),
        ("https://example.org", "ample.org"),
        ("https://badexample.org", "example.org"),
        ("https://example.org", "example.com"),
        ("https://www.example.co.uk", "co.uk"),
        ("https://www.example.co.uk", "uk"),
        ("https://me.github.io", "github.io"),
        ("https://me.github.io", "io"),
        ("https://xn--85x722f.xn--55qx5d.cn", "公司.cn"),
        ("http://app.localhost", "localhost"),
    ];
    for (origin, rp_id) in out_of_scope {
        let result = WebOrigin::parse(origin).unwrap().rp_id(Some(rp_id));
        assert!(matches!(result, Err(ScopeError::OutOfScope { .. })), "{origin} {rp_id}");
    }
}

#[test]
fn a_missing_rp_id_is_the_effective_domain() {
    let origin = WebOrigin::parse("https://login.example.org:8443").unwrap();
    assert_eq!(origin.rp_id(None).unwrap().as_str(), "login.example.org");
}

#[test]
fn what_is_no_domain_is_no_rp_id() {
    let texts = [
        "",
        ".",
        ".example.org",
        "example.org.",
        "https://example.org",
        "example.org:443",
        "example.org/",
        "a b",
        "127.0.0.1",
        "[::1]",
        "1",
        "exa%00mple.org",
        "ex%61mple.org",
        "example.org\n",
    ];
    for text in texts {
        assert!(matches!(RpId::parse(text), Err(ScopeError::InvalidRpId(_))), "{text}");
    }
}

#[test]
fn domains_are_as_long_as_dns_allows() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    for (text, valid) in [
        (label.clone(), true),
        (format!("{label}a.example"), false),
        (longest.clone(), true),
        (format!("{longest}a"), false),
        ("a-b.example".into(), true),
        ("ab-.example".into(), false),
        ("-ab.example".into(), false),
        ("a_b.example".into(), true),
        ("a*b.example".into(), false),
    ] {
        assert_eq!(RpId::parse(&text).is_ok(), valid, "{text}");
        assert_eq!(WebOrigin::parse(&format!("https://{text}")).is_ok(), valid, "{text}");
    }
}

#[test]
fn an_application_is_named_by_its_certificate() {
    let origin = AppOrigin::new(&[0xff; 32]);
    let text = "android:apk-key-hash:__________________________________________8";
    assert_eq!(origin.as_str(), text);
    assert_eq!(AppOrigin::parse(text), Ok(origin));
    for wrong in ["android:apk-key-hash:", "android:apk-key-hash:AAAA", "https://example.org"] {
        assert!(AppOrigin::parse(wrong).is_err(), "{wrong}");
    }
    assert!(AppOrigin::parse(&format!("{text}=")).is_err());
    for length in [31, 33] {
        let digest = base64url::encode(&vec![1; length]);
        assert!(AppOrigin::parse(&format!("android:apk-key-hash:{digest}")).is_err());
    }
}

/// Domains that share suffixes often.
fn domain() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "b", "example", "co", "uk", "com", "github", "io"]);
    prop::collection::vec(label, 1..5).prop_map(|labels| labels.join("."))
}

proptest! {
    #[test]
    fn any_text_may_be_tried(text in ".{0,60}", url in "https?://[a-zA-Z0-9.:@/?#%\\[\\]-]{0,40}") {
        for text in [text, url] {
            let _ = RpId::parse(&text);
            let _ = AppOrigin::parse(&text);
            if let Ok(origin) = WebOrigin::parse(&text) {
                prop_assert_eq!(WebOrigin::parse(origin.as_str()), Ok(origin.clone()));
                prop_assert!(origin.rp_id(None).is_ok());
            }
        }
    }

    #[test]
    fn scope_is_a_parent_domain_that_somebody_registered(host in domain(), rp_id in domain()) {
        let origin = WebOrigin::parse(&format!("https://{host}")).unwrap();
        let is_parent = host.ends_with(&format!(".{rp_id}"));
        let is_registrable = psl::domain_str(&rp_id).is_some();
        let expected = host == rp_id || (is_parent && is_registrable);
        prop_assert_eq!(origin.rp_id(Some(&rp_id)).is_ok(), expected);
    }
}
