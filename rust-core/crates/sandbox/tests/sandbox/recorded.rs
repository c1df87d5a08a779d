//! Who did what, and what was proved, in the records of what the desk does.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::{
    databases::on_both,
    enrolment::{A, B, CLINICIAN, Visitor, World},
};

on_both!(
    the_recorded_key_is_the_one_the_phone_sent,
    each_end_is_recorded_with_who,
    a_registration_is_recorded_with_who_and_what,
);

/// What the evidence says, without sign-ins.
async fn events(world: &World) -> Vec<Value> {
    let lines = world.database.evidence_after(0).await.unwrap();
    let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = records.map(|mut record| record["event"].take());
    events.filter(|event| event["kind"] != "signed-in").collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

async fn a_registration_is_recorded_with_who_and_what(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    desk.say(&id, "confirm").await;
    let (person, authority) = (world.person_id(CLINICIAN).await, world.person_id(A).await);
    let passkey = world.authenticators_of(CLINICIAN).await.remove(0).made;
    let credential = Base64UrlUnpadded::encode_string(&passkey.credential_id);

    let told = events(&world).await;
    let [issued, opened, registered, confirmed] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        issued,
        &json!({ "kind": "link-issued", "registration": id, "person": person,
                     "authority": authority })
    );
    assert_eq!(opened, &json!({ "kind": "link-opened", "registration": id }));
    assert_eq!(
        confirmed,
        &json!({ "kind": "confirmed", "registration": id, "credential": credential,
                     "authority": authority })
    );
    let verdict = passkey.verdict.unwrap();
    let key = wardkey_sandbox::key_of_credential(&passkey.credential).unwrap();
    let certificate = registered["certificate"].as_str().unwrap();
    assert_eq!(certificate.len(), 64, "{registered}");
    assert_eq!(
        registered,
        &json!({
            "kind": "registered", "registration": id, "person": person,
            "credential": credential, "verdict": "accept-with-warnings",
            "policy": "Phones of software", "key_level": "TRUSTED_ENVIRONMENT",
            "certificate": certificate, "assurance": 3,
            "binding": {
                "form": 1,
                "verdict": sha256(verdict.as_bytes()),
                "policy": sha256(world.settings.policy.to_json().as_bytes()),
                "key": key,
            },
        })
    );
}

/// The digest of a key is of what the phone itself sent, as CTAP2 has it encoded.
async fn the_recorded_key_is_the_one_the_phone_sent(mut world: World) {
    use wardkey_core::{ctap::auth_data::AuthenticatorData, webauthn::AttestationObject};
    let mut phone = world.phone.take().unwrap();
    let (link, _) = world.authority(A).await.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.prepare().await;
    let (answer, _) = visitor.make(&mut phone).await;
    visitor.post("verify", &answer).await.ok();
    let object = answer["credential"]["response"]["attestationObject"].as_str().unwrap();
    let object = Base64UrlUnpadded::decode_vec(object).unwrap();
    let data = AttestationObject::decode(&object).unwrap().auth_data;
    let key = AuthenticatorData::decode(&data).unwrap().attested_credential.unwrap().public_key;
    let told = events(&world).await;
    assert_eq!(told[2]["binding"]["key"], sha256(key.cose()), "{told:?}");
}

async fn each_end_is_recorded_with_who(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let mut other = world.authority(B).await;
    let (a, b) = (world.person_id(A).await, world.person_id(B).await);

    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    other.say(&id, "differ").await;
    let last = events(&world).await.pop().unwrap();
    assert_eq!((&last["kind"], &last["authority"]), (&json!("codes-differed"), &json!(b)));
    assert_eq!(last["registration"], json!(id));

    let (_, id) = desk.issue(CLINICIAN).await;
    other.say(&id, "revoke").await;
    let last = events(&world).await.pop().unwrap();
    let revoked = json!({ "kind": "link-revoked", "registration": id, "authority": b });
    assert_eq!(last, revoked);

    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    desk.say(&id, "confirm").await;
    let person = world.person_id(CLINICIAN).await;
    let passkeys = world.authenticators_of(CLINICIAN).await;
    let active = passkeys.iter().find(|one| one.is_active()).unwrap();
    let credential = Base64UrlUnpadded::encode_string(&active.made.credential_id);
    let path = format!("/desk/people/{person}/authenticators/{credential}/remove");
    let csrf = crate::browser::field(&desk.browser.get(&path).await.body, "csrf");
    desk.browser.form(&path, &[("csrf", &csrf), ("reason", "phone lost")]).await;
    let removed = json!({ "kind": "removed", "person": person, "credential": credential,
                          "authority": a, "reason": "phone lost" });
    assert_eq!(events(&world).await.pop().unwrap(), removed);
}
