//! Whatever is sent, the answer says what was wrong with it.

use proptest::prelude::*;
use serde_json::{Value, json};
use wardkey_register::Database;
use wardkey_sandbox::{Sandbox, SandboxError, Settings};

use crate::{
    authenticator::{from_base64, to_base64},
    browser::{Browser, passkey_of},
    common::{NAME, Running, start},
    databases::{Begin as _, any_database, on_both},
    openid::world::BASE,
};

const PATHS: [&str; 4] =
    ["/register/options", "/register/verify", "/signin/options", "/signin/verify"];

on_both!(
    what_is_not_json_is_refused,
    an_unknown_member_of_a_request_is_named,
    another_content_type_is_refused,
    a_body_that_is_too_long_is_refused,
    other_methods_and_addresses_are_refused,
    bad_base64url_is_refused,
    members_of_the_wrong_type_never_break_the_sandbox,
    a_stop_frees_the_port,
    a_nul_is_a_mistake_of_who_sent_it,
);

async fn what_is_not_json_is_refused(running: Running) {
    for path in PATHS {
        for body in
            [&b""[..], b"{", b"[]", b"null", b"\"text\"", b"{\"userName\":7}", &[0xff, 0xfe]]
        {
            let answer = running.post_bytes(path, "application/json", body).await;
            // An empty object is enough to ask for a sign-in, nothing else here is.
            assert_eq!(answer.refused(), (400, "malformed".to_owned()), "{path} {body:?}");
        }
        let nested = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let answer = running.post_bytes(path, "application/json", &nested).await;
        assert_eq!(answer.refused(), (400, "malformed".to_owned()), "{path}");
    }
}

async fn an_unknown_member_of_a_request_is_named(running: Running) {
    let answer = running
        .post("/register/options", &json!({ "userName": NAME, "userVerfication": "required" }))
        .await;
    assert!(answer.body.contains("userVerfication"), "{}", answer.body);
    assert_eq!(answer.refused(), (400, "malformed".to_owned()));
    let answer =
        running.post("/register/options", &json!({ "userName": NAME, "attestation": "all" })).await;
    assert!(answer.body.contains("enterprise"), "the choices are named: {}", answer.body);
}

async fn another_content_type_is_refused(running: Running) {
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let answer = running.post_bytes("/register/options", kind, b"{\"userName\":\"x\"}").await;
        assert_eq!(answer.refused(), (415, "content_type".to_owned()), "{kind}");
    }
    let accepted = running
        .post_bytes("/register/options", "Application/JSON; charset=utf-8", b"{\"userName\":\"x\"}")
        .await;
    accepted.ok();
}

async fn a_body_that_is_too_long_is_refused(running: Running) {
    for path in PATHS {
        let body = json!({ "userName": "x".repeat(256 * 1024) }).to_string();
        let answer = running.post_bytes(path, "application/json", body.as_bytes()).await;
        assert_eq!(answer.refused(), (413, "too_long".to_owned()), "{path}");
    }
}

async fn other_methods_and_addresses_are_refused(running: Running) {
    for path in PATHS {
        assert_eq!(running.get(path).await.refused(), (405, "method".to_owned()));
    }
    assert_eq!(
        running.post("/elsewhere", &json!({})).await.refused(),
        (404, "no_such_page".to_owned())
    );
    assert_eq!(
        running.post("/signin/verify", &json!({ "session": "x" })).await.refused(),
        (400, "malformed".to_owned())
    );
}

async fn bad_base64url_is_refused(running: Running) {
    for bad in ["AA==", "A", "+/+/", "not base64!", "\u{0}"] {
        let (session, options) = running.offer_registration(json!({})).await;
        let mut credential = running.phone().create(&options);
        credential["response"]["attestationObject"] = bad.into();
        let answer = running.verify("register", &session, &credential).await;
        assert_eq!(answer.refused(), (400, "malformed".to_owned()), "{bad}");
    }
}

/// Every member of `value` replaced by something of another type, one at a time.
fn deformed(value: &Value) -> Vec<Value> {
    let Value::Object(members) = value else { return Vec::new() };
    let mut all = Vec::new();
    for (name, member) in members {
        for wrong in [Value::Null, json!(7), json!([]), json!({}), json!(true)] {
            let mut other = members.clone();
            other.insert(name.clone(), wrong);
            all.push(Value::Object(other));
        }
        let mut without = members.clone();
        without.remove(name);
        all.push(Value::Object(without));
        for inner in deformed(member) {
            let mut other = members.clone();
            other.insert(name.clone(), inner);
            all.push(Value::Object(other));
        }
    }
    all
}

async fn members_of_the_wrong_type_never_break_the_sandbox(running: Running) {
    let mut phone = running.phone();
    running.register(&mut phone, json!({})).await.ok();
    let (_, options) = running.offer_registration(json!({})).await;
    for (ceremony, credential) in
        [("register", running.phone().create(&options)), ("signin", phone.get(&options))]
    {
        for wrong in deformed(&credential) {
            let answer = running.verify(ceremony, &json!("unknown"), &wrong).await;
            assert!(
                [400, 410].contains(&answer.status),
                "{ceremony} {wrong}: {} {}",
                answer.status,
                answer.body
            );
            answer.refused();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_damaged_response_is_refused_and_never_breaks_the_sandbox(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), 1_u8..), 1..4),
        cut in any::<Option<proptest::sample::Index>>(),
        member in 0_usize..2,
        database in any_database(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fresh = database.fresh().await;
            let running = Running::on(&fresh).await;
            let (session, options) = running.offer_registration(json!({ "userVerification": "discouraged" })).await;
            let mut credential = running.phone().create(&options);
            let member = ["attestationObject", "clientDataJSON"][member];
            let mut bytes = from_base64(credential["response"][member].as_str().unwrap());
            for (place, bits) in damage {
                *place.get_mut(&mut bytes) ^= bits;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            credential["response"][member] = to_base64(&bytes).into();
            let answer = running.verify("register", &session, &credential).await;
            // Some bits carry no meaning that can be checked (the model, the counter, unused flags).
            if answer.status != 200 {
                let (status, code) = answer.refused();
                assert!(status == 422, "{status} {code}");
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_sign_in_with_a_single_changed_bit_is_refused(
        member in 0_usize..4,
        place in any::<proptest::sample::Index>(),
        bit in 0_u8..8,
        database in any_database(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fresh = database.fresh().await;
            let running = Running::on(&fresh).await;
            let mut phone = running.phone();
            running.register(&mut phone, json!({})).await.ok();
            let (session, options) = running.offer_signin(json!({})).await;
            let mut credential = phone.get(&options);
            // All of it is signed, or is the signature, or names the user.
            let member = ["authenticatorData", "clientDataJSON", "signature", "userHandle"][member];
            let mut bytes = from_base64(credential["response"][member].as_str().unwrap());
            *place.get_mut(&mut bytes) ^= 1 << bit;
            credential["response"][member] = to_base64(&bytes).into();
            assert_eq!(running.verify("signin", &session, &credential).await.refused().0, 422, "{member}");
            // The passkey still works.
            running.signin(&mut phone, json!({})).await.ok();
        });
    }
}

#[tokio::test]
async fn settings_that_no_browser_would_accept_are_refused() {
    let identity = wardkey_local_tls::Authority::generate().unwrap().issue(&["localhost"]).unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let bind = async |rp_id: &str, origin: Option<&str>| {
        let origin = origin.map(|origin| origin.parse().unwrap());
        let settings = Settings { rp_id: rp_id.to_owned(), origin, ..Settings::default() };
        Sandbox::bind(address, &identity, settings).await
    };
    assert_eq!(
        bind("example.org", Some("https://login.example.org")).await.unwrap().origin(),
        "https://login.example.org"
    );
    assert!(bind("localhost", None).await.unwrap().origin().starts_with("https://localhost:"));
    for (rp_id, origin) in [
        ("example.org", "https://badexample.org"),
        ("example.org", "http://example.org"),
        ("login.example.org", "https://example.org"),
        ("example.org/path", "https://example.org"),
    ] {
        assert!(
            matches!(bind(rp_id, Some(origin)).await, Err(SandboxError::Origin { .. })),
            "{rp_id} {origin}"
        );
    }
    assert!(matches!(bind("two words", None).await, Err(SandboxError::RpId { .. })));
    assert!(matches!(bind("", None).await, Err(SandboxError::RpId { .. })));
}

async fn a_stop_frees_the_port(running: Running) {
    running.get("/healthz").await;
    let address = running.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// PostgreSQL takes none in a text, so it must not get there.
async fn a_nul_is_a_mistake_of_who_sent_it(database: Database) {
    let settings = Settings { database: Some(database.clone()), ..Settings::default() };
    let running = start(settings).await;
    for body in [
        json!({ "userName": "a\u{0}", "allowList": true }),
        json!({ "userName": "\u{0}", "allowList": true }),
    ] {
        let answer = running.post("/signin/options", &body).await;
        assert_eq!(answer.refused(), (400, "user_name".to_owned()), "{body}");
    }
    let answer = running.post("/register/options", &json!({ "userName": "a\u{0}" })).await;
    assert_eq!(answer.refused(), (400, "user_name".to_owned()));

    let mut phone = passkey_of(&database, "desk.a@example.org", 3).await.at(&running);
    let mut browser = Browser::new(&running);
    browser.sign_in(&mut phone, "/desk").await;
    for (path, status) in [
        ("/desk?q=%00".to_owned(), 400),
        ("/desk/registrations/%00".to_owned(), 404),
        ("/desk/registrations/%00/events".to_owned(), 404),
        ("/desk/people/%00".to_owned(), 404),
        ("/enrol/%00".to_owned(), 404),
        ("/login?return=/%00".to_owned(), 400),
        (format!("{BASE}/authorize?client_id=%00"), 400),
        (format!("{BASE}/authorize?%00=1&%00=2"), 400),
        (format!("{BASE}/continue?request=%00"), 400),
        (format!("{BASE}/connect/endSession?client_id=%00"), 400),
    ] {
        assert_eq!(browser.get(&path).await.status, status, "{path}");
    }
    let lines = database.audit_lines(100).await.unwrap();
    assert!(lines.iter().all(|line| !line.detail.contains(char::is_control)), "{lines:?}");
}
