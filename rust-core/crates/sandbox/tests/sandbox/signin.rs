//! Sign-ins: what is offered, what is accepted, what is refused.

use serde_json::{Value, json};
use wardkey_sandbox::Settings;

use crate::{
    authenticator::{BE, Phone, UP, UV, to_base64},
    common::{NAME, Running, start},
    register::fact,
};

async fn registered() -> (Running, Phone) {
    let running = start(Settings::default()).await;
    let mut phone = running.phone();
    running.register(&mut phone, json!({})).await.ok();
    (running, phone)
}

#[tokio::test]
async fn a_discoverable_passkey_signs_in() {
    let (running, mut phone) = registered().await;
    let (session, options) = running.offer_signin(json!({ "hybrid": true })).await;
    assert_eq!(options["rpId"], "localhost");
    assert_eq!(options["allowCredentials"], json!([]));
    assert_eq!(options["hints"], json!(["hybrid"]));
    assert_eq!(options["userVerification"], "required");
    let report = running.verify("signin", &session, &phone.get(&options)).await.ok();
    assert_eq!(report["ceremony"], "signin");
    assert_eq!(report["user"]["name"], NAME);
    assert_eq!(report["signCount"], 2);
    assert_eq!(
        fact(&report, "Signature counter"),
        "2: was 1 before; it must grow, or a copy is in use"
    );
    assert!(report.get("attestation").is_none());
}

#[tokio::test]
async fn the_allow_list_is_sent_and_enforced() {
    let (running, mut phone) = registered().await;
    let (session, options) =
        running.offer_signin(json!({ "allowList": true, "userName": NAME })).await;
    assert_eq!(
        options["allowCredentials"],
        json!([
            { "type": "public-key", "id": to_base64(&phone.credential_id), "transports": ["hybrid", "internal"] }
        ])
    );
    // With a list the user is known, so the user handle may be missing.
    phone.user_id = None;
    running.verify("signin", &session, &phone.get(&options)).await.ok();

    let mut other = running.phone();
    let (session, options) =
        running.offer_registration(json!({ "userName": "other@example.org" })).await;
    running.verify("register", &session, &other.create(&options)).await.ok();
    let (session, options) =
        running.offer_signin(json!({ "allowList": true, "userName": NAME })).await;
    let answer = running.verify("signin", &session, &other.get(&options)).await;
    assert_eq!(answer.refused(), (422, "not_allowed".to_owned()));
}

#[tokio::test]
async fn an_allow_list_needs_a_user_with_passkeys() {
    let running = start(Settings::default()).await;
    for body in [json!({ "allowList": true }), json!({ "allowList": true, "userName": " " })] {
        assert_eq!(
            running.post("/signin/options", &body).await.refused(),
            (400, "user_name".to_owned())
        );
    }
    let answer = running
        .post("/signin/options", &json!({ "allowList": true, "userName": "nobody@example.org" }))
        .await;
    assert!(answer.body.contains("nobody@example.org"), "{}", answer.body);
    assert_eq!(answer.refused(), (404, "no_passkeys".to_owned()));
}

/// Signs in with a phone that was bent after it registered.
async fn refused(switches: Value, bend: impl Fn(&mut Phone)) -> (u16, String) {
    let (running, mut phone) = registered().await;
    bend(&mut phone);
    running.signin(&mut phone, switches).await.refused()
}

#[tokio::test]
async fn each_lie_is_found() {
    let verification = |code: &str| (422, code.to_owned());
    let stranger = Phone::new("https://localhost").pkcs8;
    assert_eq!(
        refused(json!({}), |phone| phone.origin = "https://example.org".to_owned()).await,
        verification("origin")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.rp_id = "example.org".to_owned()).await,
        verification("rp_id")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.challenge = Some(to_base64(&[7; 32]))).await,
        verification("challenge")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.kind = Some("webauthn.create")).await,
        verification("client_data_type")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.flags = UV).await,
        verification("user_not_present")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.flags = UP).await,
        verification("user_not_verified")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.pkcs8 = stranger.clone()).await,
        verification("signature")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.flags = UP | UV | BE).await,
        verification("backup")
    );
    assert_eq!(refused(json!({}), |phone| phone.counter = 0).await, verification("counter"));
    assert_eq!(
        refused(json!({}), |phone| phone.credential_id = vec![9; 16]).await,
        verification("unknown_credential")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.user_id = None).await,
        verification("user_handle_missing")
    );
    assert_eq!(
        refused(json!({}), |phone| phone.user_id = Some(vec![9; 32])).await,
        verification("user_handle_mismatch")
    );
}

#[tokio::test]
async fn a_passkey_registered_with_verification_keeps_needing_it() {
    let answer =
        refused(json!({ "userVerification": "discouraged" }), |phone| phone.flags = UP).await;
    assert_eq!(answer, (422, "user_not_verified".to_owned()));
}

#[tokio::test]
async fn the_counter_never_goes_back() {
    let (running, mut phone) = registered().await;
    running.signin(&mut phone, json!({})).await.ok();
    running.signin(&mut phone, json!({})).await.ok();
    phone.counter -= 2;
    assert_eq!(running.signin(&mut phone, json!({})).await.refused(), (422, "counter".to_owned()));
    // The refused answer changed nothing.
    phone.counter = 3;
    let report = running.signin(&mut phone, json!({})).await.ok();
    assert_eq!(report["signCount"], 4);
}

#[tokio::test]
async fn an_authenticator_may_not_count_at_all() {
    let running = start(Settings::default()).await;
    let mut phone = running.phone();
    (phone.counter, phone.counts) = (0, false);
    let registered = running.register(&mut phone, json!({})).await.ok();
    assert!(fact(&registered, "Signature counter").starts_with("0: nothing counted yet"));
    for _ in 0..2 {
        let report = running.signin(&mut phone, json!({})).await.ok();
        assert_eq!(fact(&report, "Signature counter"), "0: this authenticator does not count");
    }
}

#[tokio::test]
async fn an_answer_counts_once() {
    let (running, mut phone) = registered().await;
    let (session, options) = running.offer_signin(json!({})).await;
    let credential = phone.get(&options);
    running.verify("signin", &session, &credential).await.ok();
    assert_eq!(
        running.verify("signin", &session, &credential).await.refused(),
        (410, "session".to_owned())
    );
}

#[tokio::test]
async fn one_challenge_does_not_serve_another_session() {
    let (running, mut phone) = registered().await;
    let (_, options) = running.offer_signin(json!({})).await;
    let (other_session, _) = running.offer_signin(json!({})).await;
    let answer = running.verify("signin", &other_session, &phone.get(&options)).await;
    assert_eq!(answer.refused(), (422, "challenge".to_owned()));
}
