//! Who may ask for whose passkeys on Android: browsers of the list, and applications a site names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value, json};
use wardkey_core::webauthn::{
    AssetLinks, Caller, CallerError, CallingApp, CertificateDigest, PrivilegedApps, RpId, Signers,
    UnprovenApp, UnprovenCaller,
};

const BROWSER: &str = "org.example.browser";
const LISTED: CertificateDigest = [0xab; 32];
const USERDEBUG: CertificateDigest = [0xcd; 32];
const STRANGER: CertificateDigest = [0x11; 32];

fn fingerprint(digest: CertificateDigest) -> String {
    digest.map(|byte| format!("{byte:02X}")).join(":")
}

fn list() -> Value {
    json!({"apps": [
        {"type": "ios", "info": {"anything": 1}},
        {"type": "android", "info": {
            "package_name": BROWSER,
            "signatures": [
                {"build": "release", "cert_fingerprint_sha256": fingerprint(LISTED)},
                {"build": "userdebug", "cert_fingerprint_sha256": fingerprint(USERDEBUG)},
            ],
        }},
    ]})
}

fn privileged() -> PrivilegedApps {
    PrivilegedApps::parse(&list().to_string()).unwrap()
}

fn one(digest: CertificateDigest) -> Signers {
    Signers::One { original: digest, current: digest }
}

fn app(package: &str, signers: Signers) -> CallingApp {
    CallingApp { package: package.into(), signers, origin: None, client_data_hash: None }
}

fn browser(signers: Signers) -> CallingApp {
    CallingApp { origin: Some("https://example.org".into()), ..app(BROWSER, signers) }
}

#[test]
fn a_listed_browser_speaks_for_its_page() {
    let hash = [0x5a; 32];
    let caller = CallingApp { client_data_hash: Some(hash), ..browser(one(LISTED)) };
    let Ok(UnprovenCaller::Privileged(Caller::Client { origin, client_data_hash })) =
        caller.identify(&privileged())
    else {
        panic!("refused")
    };
    assert_eq!((origin.as_str(), client_data_hash), ("https://example.org", hash));

    let caller = browser(one(LISTED)).identify(&privileged()).unwrap();
    assert!(matches!(caller, UnprovenCaller::Privileged(Caller::Web(_))));
}

#[test]
fn who_is_not_listed_speaks_for_no_page() {
    let strangers = [
        browser(one(STRANGER)),
        // The certificates of people who build Android are no proof on anybody's phone.
        browser(one(USERDEBUG)),
        // The history counts, not the present certificate.
        browser(Signers::One { original: STRANGER, current: LISTED }),
        browser(Signers::Several(vec![LISTED, STRANGER])),
        browser(Signers::Several(vec![])),
        CallingApp { package: "org.example.other".into(), ..browser(one(LISTED)) },
    ];
    for caller in strangers {
        let package = caller.package.clone();
        let error = caller.identify(&privileged()).unwrap_err();
        assert_eq!(error, CallerError::NotPrivileged(package));
    }
}

#[test]
fn a_rotated_certificate_keeps_its_place() {
    let rotated = Signers::One { original: LISTED, current: STRANGER };
    assert!(browser(rotated).identify(&privileged()).is_ok());
    assert!(browser(Signers::Several(vec![LISTED, LISTED])).identify(&privileged()).is_ok());
}

#[test]
fn an_origin_that_is_none_is_refused_even_to_a_browser() {
    for origin in ["", "null", "http://example.org", "https://192.0.2.1", "https://a@example.org"] {
        let caller = CallingApp { origin: Some(origin.into()), ..browser(one(LISTED)) };
        assert!(matches!(caller.identify(&privileged()), Err(CallerError::Scope(_))), "{origin}");
    }
}

#[test]
fn a_hash_without_an_origin_is_refused_to_everybody() {
    let caller = CallingApp { client_data_hash: Some([1; 32]), ..app(BROWSER, one(LISTED)) };
    let error = caller.identify(&privileged()).unwrap_err();
    assert_eq!(error, CallerError::HashWithoutOrigin(BROWSER.into()));
}

fn unproven(package: &str, digest: CertificateDigest) -> UnprovenApp {
    match app(package, one(digest)).identify(&privileged()).unwrap() {
        UnprovenCaller::App(app) => app,
        other @ UnprovenCaller::Privileged(_) => panic!("{other:?}"),
    }
}

fn statement(package: &str, digest: CertificateDigest) -> Value {
    json!({
        "relation": ["delegate_permission/common.get_login_creds"],
        "target": {
            "namespace": "android_app",
            "package_name": package,
            "sha256_cert_fingerprints": [fingerprint(digest).to_lowercase()],
        },
    })
}

#[test]
fn an_application_is_bound_to_the_site_that_names_it() {
    let rp_id = RpId::parse("example.org").unwrap();
    assert_eq!(
        UnprovenApp::statements_url(&rp_id),
        "https://example.org/.well-known/assetlinks.json"
    );
    let statements = json!([
        {"relation": ["other"], "target": {"namespace": "web", "site": "https://example.org"}},
        {"include": "https://example.org/more.json"},
        statement("org.example.app", LISTED),
    ]);
    let proven = unproven("org.example.app", LISTED).prove(rp_id.clone(), &statements.to_string());
    let Ok(Caller::App(app)) = proven else { panic!("{proven:?}") };
    assert_eq!((app.package.as_str(), app.linked_rp_id), ("org.example.app", rp_id.clone()));
    assert!(app.origin.as_str().starts_with("android:apk-key-hash:q6urq6ur"));

    for (package, digest) in [("org.example.app", STRANGER), ("org.example.other", LISTED)] {
        let refused = unproven(package, digest).prove(rp_id.clone(), &statements.to_string());
        let error = CallerError::NotLinked { rp_id: "example.org".into(), package: package.into() };
        assert_eq!(refused, Err(error));
    }
}

#[test]
fn several_signers_are_nobody() {
    let caller = app("org.example.app", Signers::Several(vec![LISTED, STRANGER]));
    let error = caller.identify(&privileged()).unwrap_err();
    assert_eq!(error, CallerError::SeveralSigners("org.example.app".into()));
}

#[test]
fn another_relation_or_target_gives_nothing() {
    let mut relation = statement("org.example.app", LISTED);
    relation["relation"] = json!(["delegate_permission/common.handle_all_urls"]);
    let mut target = statement("org.example.app", LISTED);
    target["target"]["namespace"] = json!("web");
    for statement in [relation, target] {
        let links = AssetLinks::parse(&json!([statement]).to_string()).unwrap();
        assert!(!links.share_credentials_with("org.example.app", &LISTED));
    }
}

#[test]
fn malformed_files_name_the_member() {
    let mut short = list();
    short["apps"][1]["info"]["signatures"][0]["cert_fingerprint_sha256"] = json!("AB:CD");
    let rows = [
        (json!([]), "\"options\" is not an object"),
        (json!({}), "\"apps\" is missing"),
        (
            short,
            "\"apps[1].info.signatures[0].cert_fingerprint_sha256\" is not a SHA-256 digest like AA:BB:CC…",
        ),
    ];
    for (file, message) in rows {
        let error = PrivilegedApps::parse(&file.to_string()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = AssetLinks::parse("{}").unwrap_err();
    assert_eq!(error.to_string(), "\"list\" is not an array");
    let mut statement = statement("org.example.app", LISTED);
    statement["target"]["sha256_cert_fingerprints"] = json!("AB");
    let error = AssetLinks::parse(&json!([statement]).to_string()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"[0].target.sha256_cert_fingerprints\" is not an array of strings"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC*") {
        let _ = PrivilegedApps::parse(&text);
        let _ = AssetLinks::parse(&text);
    }

    #[test]
    fn a_spoilt_fingerprint_admits_nobody(at in 0_usize..95, with in "[^0-9A-Fa-f:]") {
        let mut text = fingerprint(LISTED);
        text.replace_range(at..=at, &with);
        let mut file = list();
        file["apps"][1]["info"]["signatures"][0]["cert_fingerprint_sha256"] = json!(text);
        prop_assert!(PrivilegedApps::parse(&file.to_string()).is_err());
    }

    #[test]
    fn only_the_very_certificate_is_linked(digest: [u8; 32], other: [u8; 32]) {
        let links = AssetLinks::parse(&json!([statement("org.example.app", digest)]).to_string());
        let links = links.unwrap();
        prop_assert!(links.share_credentials_with("org.example.app", &digest));
        prop_assert_eq!(links.share_credentials_with("org.example.app", &other), other == digest);
    }
}
