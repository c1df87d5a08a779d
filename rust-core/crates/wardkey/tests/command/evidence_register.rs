//! The register beside its evidence: what was changed in the one without a record in the other is found.

use std::fs;

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use wardkey_register::{
    Authenticator, AuthenticatorState, Database, End,
    testing::{NOW, each, with_passkey},
};

use crate::{
    child::{Ended, Running, run},
    registering::{AUTHORITY, Clinic, root_of},
    town::private_folder,
};

const STAGE: &str = "comparing the register with the evidence";

/// A clinic whose registration authority has registered a passkey and compared its code.
async fn registered() -> (Clinic, Database, Authenticator) {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let clinic = Clinic::open(&root_of(state.to_str().unwrap()).await).await;
    fs::rename(&state, clinic.path("phone")).unwrap();
    clinic.phone_opens(&clinic.link, "approve").await.succeeded();
    let database = clinic.database.open().await;
    let person = database.person_by_name(AUTHORITY).await.unwrap().unwrap();
    let mut all = database.authenticators_of(&person.id).await.unwrap();
    let passkey = all.remove(0);
    (clinic, database, passkey)
}

async fn compare(arguments: &[&str]) -> Ended {
    run(&[&["--json", "evidence", "verify"], arguments].concat()).await
}

/// What the only deviation is.
fn deviation(ended: &Ended) -> String {
    ended.refused().says(STAGE, "1 authenticators are not as", "ask who could write to it");
    let told: Value = serde_json::from_str(&ended.printed[0]).unwrap();
    let [deviation] = told["register"]["deviations"].as_array().unwrap().as_slice() else {
        panic!("one expected: {told}")
    };
    deviation["problem"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_registration_is_bound_to_what_was_proved() {
    let (clinic, database, passkey) = registered().await;
    let url = clinic.database.url();
    let sound = compare(&["--database", url]).await.succeeded().json();
    assert_eq!(sound["register"], json!({ "active": 1, "unbound": 0, "deviations": [] }));
    let people = run(&["evidence", "verify", "--database", url]).await;
    let text = people.succeeded().printed.join("\n");
    assert!(text.contains("1 authenticators can sign in. Each is as it was recorded."), "{text}");

    let lines = database.evidence_after(0).await.unwrap();
    let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut registered = records.filter(|record| record["event"]["kind"] == "registered");
    let binding = registered.next().unwrap()["event"]["binding"].take();
    let verdict = passkey.made.verdict.as_ref().unwrap();
    assert_eq!(binding["verdict"], hex::encode(digest(&SHA256, verdict.as_bytes())));
    let policy = fs::read_to_string(clinic.path("policy.json")).unwrap();
    let policy = wardkey_core::attestation::verdict::Policy::parse(&policy).unwrap().to_json();
    assert_eq!(binding["policy"], hex::encode(digest(&SHA256, policy.as_bytes())));
    let key = wardkey_sandbox::key_of_credential(&passkey.made.credential).unwrap();
    assert_eq!(binding["key"], key);
    assert_eq!(binding["form"], 1);
}

#[tokio::test]
async fn another_key_in_the_register_is_found() {
    let (clinic, database, passkey) = registered().await;
    let file = clinic.path("export.jsonl");
    let exported = run(&["evidence", "export", "--database", clinic.database.url()]).await;
    fs::write(&file, [&exported.succeeded().printed.join("\n"), "\n"].concat()).unwrap();

    let mut credential: Value = serde_json::from_str(&passkey.made.credential).unwrap();
    let x = &mut credential["cred"]["key"]["EC_EC2"]["x"];
    let other = x.as_str().unwrap().chars().rev().collect::<String>();
    *x = json!(other);
    let mut act = database.act().await.unwrap();
    let id = &passkey.made.credential_id;
    act.used_authenticator(id, &credential.to_string(), 1, NOW).await.unwrap();
    act.commit().await.unwrap();
    // The log alone is as it was written.
    run(&["evidence", "verify", &file]).await.succeeded();
    for arguments in
        [&["--database", clinic.database.url()][..], &[&file, "--database", clinic.database.url()]]
    {
        let found = deviation(&compare(arguments).await);
        assert!(found.contains("another public key"), "{found}");
    }
}

#[tokio::test]
async fn an_end_without_a_record_is_found() {
    let (clinic, database, passkey) = registered().await;
    let mut act = database.act().await.unwrap();
    let end = End { at: NOW, by: None, reason: "nobody knows".into() };
    let id = &passkey.made.credential_id;
    assert!(act.end_authenticator(id, AuthenticatorState::Removed, &end).await.unwrap());
    act.commit().await.unwrap();
    let found = deviation(&compare(&["--database", clinic.database.url()]).await);
    assert!(found.contains("never removed, and cannot sign in"), "{found}");
}

#[tokio::test]
async fn an_authenticator_that_nobody_registered_is_found() {
    each(|fresh| async move {
        let database = fresh.open().await;
        with_passkey(&database, "ward.one@example.org").await;
        let variables = [("DATABASE_URL", fresh.url())];
        let begin = ["--json", "evidence", "verify"];
        let found = deviation(&Running::start_with(&begin, &variables).end().await);
        assert!(found.contains("the evidence knows nothing of it"), "{found}");
    })
    .await;
}

/// The variable names the database of whoever gives no file.
#[tokio::test]
async fn a_file_is_looked_at_alone() {
    let folder = private_folder();
    let file = folder.path().join("evidence.jsonl");
    fs::write(&file, "").unwrap();
    let arguments = ["--json", "evidence", "verify", file.to_str().unwrap()];
    let variables = [("DATABASE_URL", "sqlite:/nowhere/at/all")];
    let ended = Running::start_with(&arguments, &variables).end().await;
    assert_eq!(ended.succeeded().json()["register"], Value::Null);
    let nothing = Running::start_with(&["--json", "evidence", "verify"], &[("DATABASE_URL", "")]);
    nothing.end().await.refused();
}
