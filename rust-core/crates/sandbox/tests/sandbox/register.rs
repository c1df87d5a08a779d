//! Registrations: what is offered, what is accepted, what is refused.

use std::time::Duration;

use serde_json::{Value, json};
use wardkey_sandbox::Settings;

use crate::{
    authenticator::{BE, BS, Phone, UP, UV, from_base64, to_base64},
    common::{NAME, Running, start},
    databases::on_both,
};

on_both!(
    the_switches_are_sent_as_the_tester_set_them,
    the_options_have_the_shape_browsers_parse,
    a_passkey_is_registered_and_its_facts_are_told,
    the_clients_word_on_discoverability_is_told,
    a_synced_passkey_is_named_as_one,
    each_lie_is_found,
    user_verification_may_be_missing_when_it_is_not_required,
    an_answer_counts_once,
    a_refused_answer_uses_its_challenge_up,
    a_challenge_expires,
    a_session_is_for_its_own_ceremony,
    the_exclude_list_is_sent_and_enforced,
    a_credential_id_is_registered_once,
    the_envelope_must_agree_with_what_is_inside,
    a_user_name_is_checked,
);

async fn the_switches_are_sent_as_the_tester_set_them(running: Running) {
    for (user_verification, resident_key, attestation) in [
        ("required", "preferred", "none"),
        ("preferred", "discouraged", "indirect"),
        ("discouraged", "required", "direct"),
        ("required", "required", "enterprise"),
    ] {
        let (_, options) = running
            .offer_registration(json!({
                "userVerification": user_verification, "residentKey": resident_key, "attestation": attestation,
            }))
            .await;
        assert_eq!(
            options["authenticatorSelection"],
            json!({
                "userVerification": user_verification,
                "residentKey": resident_key,
                "requireResidentKey": resident_key == "required",
            })
        );
        assert_eq!(options["attestation"], attestation);
        assert!(options.get("hints").is_none(), "{options}");
        assert_eq!(options["excludeCredentials"], json!([]));
    }
    let (_, hinted) = running.offer_registration(json!({ "hybrid": true })).await;
    assert_eq!(hinted["hints"], json!(["hybrid"]));
}

async fn the_options_have_the_shape_browsers_parse(running: Running) {
    let (session, options) =
        running.offer_registration(json!({ "displayName": "Test clinician" })).await;
    assert!(session.as_str().unwrap().len() >= 22);
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], NAME);
    assert_eq!(options["user"]["displayName"], "Test clinician");
    assert_eq!(from_base64(options["user"]["id"].as_str().unwrap()).len(), 32);
    assert!(from_base64(options["challenge"].as_str().unwrap()).len() >= 16);
    assert_eq!(options["pubKeyCredParams"][0], json!({ "type": "public-key", "alg": -7 }));
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["extensions"], json!({ "credProps": true }));
    let (_, again) = running.offer_registration(json!({})).await;
    assert_ne!(options["challenge"], again["challenge"]);
}

async fn a_passkey_is_registered_and_its_facts_are_told(running: Running) {
    let mut phone = running.phone();
    let report = running.register(&mut phone, json!({ "attestation": "none" })).await.ok();
    assert_eq!(report["ceremony"], "registration");
    assert_eq!(report["user"]["name"], NAME);
    assert_eq!(report["credentialId"], to_base64(&phone.credential_id));
    assert_eq!(
        report["flags"],
        json!({
            "userPresent": true, "userVerified": true, "backupEligible": false, "backupState": false,
        })
    );
    assert_eq!(report["signCount"], 1);
    assert_eq!(report["aaguid"], "77617264-6b65-792d-7465-73742d616167");
    assert_eq!(
        report["transports"],
        json!(["hybrid", "internal"]),
        "what the future adds is left out"
    );
    assert_eq!(report["attestation"]["format"], "none");
    assert_eq!(report["attestation"]["verified"], false);
    assert_eq!(fact(&report, "Backup state"), "no: this passkey stays on one device");
    assert_eq!(
        fact(&report, "User verified"),
        "yes: the authenticator checked a fingerprint, a face or a PIN"
    );
}

pub(crate) fn fact(report: &Value, label: &str) -> String {
    let facts = report["facts"].as_array().unwrap();
    let found = facts.iter().find(|fact| fact["label"] == label).unwrap();
    format!("{}: {}", found["value"].as_str().unwrap(), found["meaning"].as_str().unwrap())
}

async fn the_clients_word_on_discoverability_is_told(running: Running) {
    for (properties, told) in [
        (json!({ "credProps": { "rk": true } }), "yes: "),
        (json!({ "credProps": { "rk": false } }), "no: "),
        (json!({}), "not stated: "),
    ] {
        let (session, options) = running.offer_registration(json!({})).await;
        let mut credential = running.phone().create(&options);
        credential["clientExtensionResults"] = properties;
        let report = running.verify("register", &session, &credential).await.ok();
        assert!(fact(&report, "Discoverable").starts_with(told), "{report}");
    }
}

async fn a_synced_passkey_is_named_as_one(running: Running) {
    let mut phone = running.phone();
    phone.flags = UP | UV | BE | BS;
    let report = running.register(&mut phone, json!({})).await.ok();
    assert!(fact(&report, "Backup state").contains("copied to other devices"));

    let mut contradiction = running.phone();
    contradiction.flags = UP | UV | BS;
    assert_eq!(
        running.register(&mut contradiction, json!({})).await.refused(),
        (422, "backup".to_owned())
    );
}

/// Registers with a phone that was bent.
async fn refused(running: &Running, switches: Value, bend: impl Fn(&mut Phone)) -> (u16, String) {
    let mut phone = running.phone();
    bend(&mut phone);
    running.register(&mut phone, switches).await.refused()
}

async fn each_lie_is_found(running: Running) {
    let verification = |code: &str| (422, code.to_owned());
    let required = || json!({ "userVerification": "required" });
    assert_eq!(
        refused(&running, required(), |phone| phone.origin = "https://example.org".into()).await,
        verification("origin")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.origin = "https://localhost".into()).await,
        verification("origin")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.rp_id = "example.org".into()).await,
        verification("rp_id")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.challenge = Some(to_base64(&[7; 32]))).await,
        verification("challenge")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.kind = Some("webauthn.get")).await,
        verification("client_data_type")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.cross_origin = true).await,
        verification("cross_origin")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.flags = UV).await,
        verification("user_not_present")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.flags = UP).await,
        verification("user_not_verified")
    );
    assert_eq!(
        refused(&running, required(), |phone| phone.format = "invented").await,
        verification("attestation_format")
    );
}

async fn user_verification_may_be_missing_when_it_is_not_required(running: Running) {
    for requirement in ["preferred", "discouraged"] {
        let mut phone = running.phone();
        phone.flags = UP;
        let report =
            running.register(&mut phone, json!({ "userVerification": requirement })).await.ok();
        assert_eq!(fact(&report, "User verified"), "no: nobody checked who it was");
    }
}

async fn an_answer_counts_once(running: Running) {
    let (session, options) = running.offer_registration(json!({})).await;
    let credential = running.phone().create(&options);
    running.verify("register", &session, &credential).await.ok();
    let replayed = running.verify("register", &session, &credential).await;
    assert_eq!(replayed.refused(), (410, "session".to_owned()));
}

async fn a_refused_answer_uses_its_challenge_up(running: Running) {
    let (session, options) = running.offer_registration(json!({})).await;
    let mut phone = running.phone();
    let good = phone.create(&options);
    phone.rp_id = "example.org".into();
    running.verify("register", &session, &phone.create(&options)).await.refused();
    assert_eq!(
        running.verify("register", &session, &good).await.refused(),
        (410, "session".to_owned())
    );
}

async fn a_challenge_expires(settings: Settings) {
    let running = start(Settings { challenge_life: Duration::ZERO, ..settings }).await;
    let answer = running.register(&mut running.phone(), json!({})).await;
    assert_eq!(answer.refused(), (410, "session".to_owned()));
}

async fn a_session_is_for_its_own_ceremony(running: Running) {
    let mut phone = running.phone();
    running.register(&mut phone, json!({})).await.ok();
    let (session, options) = running.offer_signin(json!({})).await;
    let created = running
        .phone()
        .create(&json!({ "challenge": options["challenge"], "user": { "id": "AAAA" } }));
    assert_eq!(
        running.verify("register", &session, &created).await.refused(),
        (409, "wrong_ceremony".to_owned())
    );

    let (session, options) = running.offer_registration(json!({})).await;
    assert_eq!(
        running.verify("signin", &session, &phone.get(&options)).await.refused(),
        (409, "wrong_ceremony".to_owned())
    );
}

async fn the_exclude_list_is_sent_and_enforced(running: Running) {
    let mut phone = running.phone();
    running.register(&mut phone, json!({})).await.ok();

    let (session, options) = running.offer_registration(json!({ "exclude": true })).await;
    assert_eq!(options["excludeCredentials"][0]["id"], to_base64(&phone.credential_id));
    assert_eq!(
        options["user"]["id"],
        to_base64(phone.user_id.as_deref().unwrap()),
        "the account keeps its id"
    );
    let answer = running.verify("register", &session, &phone.create(&options)).await;
    assert_eq!(answer.refused(), (422, "excluded".to_owned()));
}

async fn a_credential_id_is_registered_once(running: Running) {
    let mut phone = running.phone();
    running.register(&mut phone, json!({})).await.ok();
    assert_eq!(
        running.register(&mut phone, json!({})).await.refused(),
        (409, "duplicate".to_owned())
    );
}

async fn the_envelope_must_agree_with_what_is_inside(running: Running) {
    let other = to_base64(b"another credential");
    for (member, value, code) in [
        ("type", "password", "type"),
        ("id", &*other, "credential_id"),
        ("rawId", &*other, "credential_id"),
    ] {
        let (session, options) = running.offer_registration(json!({})).await;
        let mut credential = running.phone().create(&options);
        credential[member] = value.into();
        assert_eq!(
            running.verify("register", &session, &credential).await.refused(),
            (422, code.to_owned()),
            "{member}"
        );
    }
    // Both changed alike: only the signed bytes tell.
    let (session, options) = running.offer_registration(json!({})).await;
    let mut credential = running.phone().create(&options);
    credential["id"] = other.clone().into();
    credential["rawId"] = other.into();
    assert_eq!(
        running.verify("register", &session, &credential).await.refused(),
        (422, "credential_id".to_owned())
    );
}

async fn a_user_name_is_checked(running: Running) {
    for name in ["", "   ", &"x".repeat(65), "bell\u{7}"] {
        let answer = running.post("/register/options", &json!({ "userName": name })).await;
        assert_eq!(answer.refused(), (400, "user_name".to_owned()), "{name:?}");
    }
    let longest = "ä".repeat(64);
    running.post("/register/options", &json!({ "userName": longest })).await.ok();
}
