//! Sign-ins: what is offered, what is accepted, what is refused.

use serde_json::{Value, json};
use wardkey_register::testing::Fresh;
use wardkey_sandbox::Settings;

use crate::{
    authenticator::{BE, Phone, UP, UV, to_base64},
    common::{NAME, Running, start},
    databases::{Begin, on_both},
    register::fact,
};

/// A sandbox, and a phone with a passkey of a tester there.
struct Registered {
    running: Running,
    phone: Phone,
}

impl Registered {
    async fn at(running: Running) -> Self {
        let mut phone = running.phone();
        running.register(&mut phone, json!({})).await.ok();
        Self { running, phone }
    }
}

impl Begin for Registered {
    async fn on(fresh: &Fresh) -> Self {
        Self::at(Running::on(fresh).await).await
    }
}

on_both!(
    a_discoverable_passkey_signs_in,
    the_allow_list_is_sent_and_enforced,
    an_allow_list_needs_a_user_with_passkeys,
    each_lie_is_found,
    user_verification_is_asked_for_as_the_tester_set_it,
    a_passkey_registered_with_verification_keeps_needing_it,
    a_passkey_registered_without_verification_needs_it_when_it_is_required,
    the_counter_never_goes_back,
    an_authenticator_may_not_count_at_all,
    an_answer_counts_once,
    one_challenge_does_not_serve_another_session,
);

async fn a_discoverable_passkey_signs_in(Registered { running, mut phone }: Registered) {
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

async fn the_allow_list_is_sent_and_enforced(Registered { running, mut phone }: Registered) {
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

async fn an_allow_list_needs_a_user_with_passkeys(running: Running) {
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
async fn refused(settings: &Settings, switches: Value, bend: impl Fn(&mut Phone)) -> (u16, String) {
    let Registered { running, mut phone } = Registered::at(start(settings.clone()).await).await;
    bend(&mut phone);
    running.signin(&mut phone, switches).await.refused()
}

async fn each_lie_is_found(settings: Settings) {
    let verification = |code: &str| (422, code.to_owned());
    let stranger = Phone::new("https://localhost").pkcs8;
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.origin = "https://example.org".into()).await,
        verification("origin")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.rp_id = "example.org".into()).await,
        verification("rp_id")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.challenge = Some(to_base64(&[7; 32]))).await,
        verification("challenge")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.kind = Some("webauthn.create")).await,
        verification("client_data_type")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.flags = UV).await,
        verification("user_not_present")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.flags = UP).await,
        verification("user_not_verified")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.pkcs8.clone_from(&stranger)).await,
        verification("signature")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.flags = UP | UV | BE).await,
        verification("backup")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.counter = 0).await,
        verification("counter")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.credential_id = vec![9; 16]).await,
        verification("unknown_credential")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.user_id = None).await,
        verification("user_handle_missing")
    );
    assert_eq!(
        refused(&settings, json!({}), |phone| phone.user_id = Some(vec![9; 32])).await,
        verification("user_handle_mismatch")
    );
}

async fn user_verification_is_asked_for_as_the_tester_set_it(running: Running) {
    for requirement in ["required", "preferred", "discouraged"] {
        let (_, options) = running.offer_signin(json!({ "userVerification": requirement })).await;
        assert_eq!(options["userVerification"], requirement);
    }
}

async fn a_passkey_registered_with_verification_keeps_needing_it(settings: Settings) {
    let answer =
        refused(&settings, json!({ "userVerification": "discouraged" }), |phone| phone.flags = UP)
            .await;
    assert_eq!(answer, (422, "user_not_verified".to_owned()));
}

async fn a_passkey_registered_without_verification_needs_it_when_it_is_required(running: Running) {
    let mut phone = running.phone();
    phone.flags = UP;
    running.register(&mut phone, json!({ "userVerification": "discouraged" })).await.ok();
    for requirement in ["preferred", "discouraged"] {
        let report =
            running.signin(&mut phone, json!({ "userVerification": requirement })).await.ok();
        assert_eq!(fact(&report, "User verified"), "no: nobody checked who it was");
    }
    let answer = running.signin(&mut phone, json!({ "userVerification": "required" })).await;
    assert_eq!(answer.refused(), (422, "user_not_verified".to_owned()));
}

async fn the_counter_never_goes_back(Registered { running, mut phone }: Registered) {
    running.signin(&mut phone, json!({})).await.ok();
    running.signin(&mut phone, json!({})).await.ok();
    phone.counter -= 2;
    assert_eq!(running.signin(&mut phone, json!({})).await.refused(), (422, "counter".to_owned()));
    // The refused answer changed nothing.
    phone.counter = 3;
    let report = running.signin(&mut phone, json!({})).await.ok();
    assert_eq!(report["signCount"], 4);
}

async fn an_authenticator_may_not_count_at_all(running: Running) {
    let mut phone = running.phone();
    (phone.counter, phone.counts) = (0, false);
    let registered = running.register(&mut phone, json!({})).await.ok();
    assert!(fact(&registered, "Signature counter").starts_with("0: nothing counted yet"));
    for _ in 0..2 {
        let report = running.signin(&mut phone, json!({})).await.ok();
        assert_eq!(fact(&report, "Signature counter"), "0: this authenticator does not count");
    }
}

async fn an_answer_counts_once(Registered { running, mut phone }: Registered) {
    let (session, options) = running.offer_signin(json!({})).await;
    let credential = phone.get(&options);
    running.verify("signin", &session, &credential).await.ok();
    assert_eq!(
        running.verify("signin", &session, &credential).await.refused(),
        (410, "session".to_owned())
    );
}

async fn one_challenge_does_not_serve_another_session(
    Registered { running, mut phone }: Registered,
) {
    let (_, options) = running.offer_signin(json!({})).await;
    let (other_session, _) = running.offer_signin(json!({})).await;
    let answer = running.verify("signin", &other_session, &phone.get(&options)).await;
    assert_eq!(answer.refused(), (422, "challenge".to_owned()));
}
