//! The verdict on a key, as an RA or a program gets it.

use std::fs;

use serde_json::{Value, json};

use crate::{
    child::{Ended, run},
    town::{CLINICIAN, Town, private_folder},
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/attestation");
/// A phone's chain, and when it was young.
const CHAIN: &str = "caiman/sdk36/TEE_EC_RKP";
const YOUNG: &str = "2025-10-01T00:00:00Z";

async fn verify(json: bool, arguments: &[&str]) -> Ended {
    let begin: &[&str] = if json { &["--json", "verify"] } else { &["verify"] };
    run(&[begin, arguments].concat()).await
}

fn policy() -> Value {
    json!({
        "name": "Tests",
        "test": true,
        "minimumLevel": "TRUSTED_ENVIRONMENT",
        "minimumOsVersion": 140_000,
        "patchMonthsWarn": 1200,
        "patchMonthsFail": 1200,
        "revocation": "warn",
        "verifiedBoot": "require",
        "unlockedDevice": "warn",
        "applications": [],
    })
}

fn grades(verdict: &Value) -> Vec<(&str, &str)> {
    let checks = verdict["checks"].as_array().unwrap().iter();
    checks.map(|line| (line["check"].as_str().unwrap(), line["grade"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_real_chain_is_read_out_for_people_and_programs() {
    let chain = format!("{FIXTURES}/{CHAIN}.pem");
    let ended = verify(true, &["--chain", &chain, "--at", YOUNG]).await;
    // AAL3 knows no application, and a bare chain asks for no user: refused, after the verdict.
    assert_eq!(ended.code, Some(1));
    let verdict: Value = serde_json::from_str(&ended.printed[0]).unwrap();
    assert_eq!(verdict["verdict"], "refuse");
    assert_eq!(verdict["policy"], "AAL3");
    let grades = grades(&verdict);
    for expected in [("chain", "pass"), ("validity", "pass"), ("revocation", "fail")] {
        assert!(grades.contains(&expected), "{expected:?} in {grades:?}");
    }
    let published = fs::read(format!("{FIXTURES}/{CHAIN}.json")).unwrap();
    let published: Value = serde_json::from_slice(&published).unwrap();
    for name in ["attestationVersion", "keyMintSecurityLevel", "attestationChallenge"] {
        assert_eq!(verdict["keyDescription"][name], published[name], "{name}");
    }

    let people = verify(false, &["--chain", &chain, "--at", YOUNG]).await;
    let text = people.printed.join("\n");
    for word in ["pass  Certificate chain", "fail  Revocation", "Refused under the policy “AAL3”"]
    {
        assert!(text.contains(word), "“{word}” expected:\n{text}");
    }
    assert!(people.told.contains("Failed at the verdict"), "{}", people.told);
}

#[tokio::test]
async fn a_registration_is_judged_with_the_ceremony_it_belongs_to() {
    let town = Town::build().await;
    let challenge = town.challenge("register", json!({"userName": CLINICIAN})).await;
    let (phone, workstation) = town.play("create", &challenge.options, "approve").await;
    phone.succeeded();
    let path = |name: &str| town.path(name).to_str().unwrap().to_owned();
    let response = workstation.succeeded().json();
    fs::write(path("response.json"), response.to_string()).unwrap();
    let mut policy = policy();
    fs::write(path("policy.json"), policy.to_string()).unwrap();
    let file = path("response.json");
    let (policy_file, root) = (path("policy.json"), path("root.pem"));
    let asked = challenge.options["challenge"].as_str().unwrap();
    let common = ["--policy", &policy_file, "--trust", &root, "--rp-id", "localhost"];

    let arguments =
        [&[&file, "--challenge", asked, "--origin", &town.origin], &common[..]].concat();
    let ended = verify(true, &arguments).await;
    let verdict: Value = serde_json::from_str(&ended.printed[0]).unwrap();
    let failed: Vec<_> =
        grades(&verdict).into_iter().filter(|(_, grade)| *grade == "fail").collect();
    // Everything but the application, which the policy does not name yet.
    assert_eq!(failed, [("application", "fail")], "{verdict}");
    assert_eq!(verdict["test"], true);

    let id = &verdict["keyDescription"]["softwareEnforced"]["attestationApplicationId"];
    let digests: Vec<_> = id["signatures"].as_array().unwrap().iter().map(hex_of_base64).collect();
    let package = &id["packages"][0]["name"];
    policy["applications"] = json!([{"package": package, "certificates": digests}]);
    fs::write(path("policy.json"), policy.to_string()).unwrap();
    let ended = verify(true, &arguments).await;
    assert_eq!(ended.succeeded().json()["verdict"], "accept-with-warnings");
    let people = verify(false, &arguments).await;
    assert!(people.succeeded().printed.join("\n").contains("TEST POLICY"), "{people:?}");

    // The same response for another ceremony.
    let others = [
        (["--challenge", "AAAA", "--origin", town.origin.as_str()], "another challenge"),
        (["--challenge", "-AAA", "--origin", town.origin.as_str()], "another challenge"),
        (["--challenge", asked, "--origin", "https://example.org"], "made on the page"),
    ];
    for (ceremony, problem) in others {
        let ended = verify(true, &[&[file.as_str()], &ceremony[..], &common[..]].concat()).await;
        ended.refused().says("reading the registration", problem, "the options it answers");
        refused_as_none(&ended, problem);
    }

    // An empty statement is what no attestation has, and nobody else.
    for format in ["packed", "android-key"] {
        fs::write(&file, without_statement(&response, format).to_string()).unwrap();
        let ended = verify(true, &arguments).await;
        let problem = "the attestation statement is malformed";
        ended.refused().says("reading the registration", problem, "as the browser made it");
        refused_as_none(&ended, problem);
    }

    // Without attestation it is for trials alone, and worth less.
    fs::write(&file, without_statement(&response, "none").to_string()).unwrap();
    let ended = verify(true, &arguments).await;
    ended.refused().says("the verdict", "refuses the key", "each check");
    refused_as_none(&ended, "its attestation is “none”");
    policy["attestation"] = json!("warn");
    fs::write(path("policy.json"), policy.to_string()).unwrap();
    let verdict = verify(true, &arguments).await.succeeded().json();
    assert_eq!(verdict["verdict"], "accept-with-warnings", "{verdict}");
    assert_eq!(verdict["assuranceLevel"], 2, "{verdict}");
}

/// The same registration with an empty statement of this format.
fn without_statement(response: &Value, format: &str) -> Value {
    use wardkey_core::webauthn::{
        AttestationObject,
        base64url::{decode, encode},
    };
    let mut response = response.clone();
    let member = &mut response["response"]["attestationObject"];
    let object = AttestationObject::decode(&decode(member.as_str().unwrap()).unwrap()).unwrap();
    let object = AttestationObject { format: format.to_owned(), ..object.without_attestation() };
    *member = json!(encode(&object.encode()));
    response
}

/// What is no registration is judged: the verdict comes first, then where the command failed.
fn refused_as_none(ended: &Ended, problem: &str) {
    let [verdict, _] = ended.printed.as_slice() else { panic!("a verdict expected: {ended:?}") };
    let verdict: Value = serde_json::from_str(verdict).unwrap();
    assert_eq!(verdict["verdict"], "refuse", "{verdict}");
    assert_eq!(verdict["keyDescription"], Value::Null, "{verdict}");
    let line = &verdict["checks"][0];
    assert_eq!((&line["check"], &line["grade"]), (&json!("registration"), &json!("fail")));
    assert!(line["value"].as_str().unwrap().contains(problem), "{line}");
}

/// A response whose attestation object is the one given.
fn response_with(object: &[u8]) -> String {
    use wardkey_core::webauthn::base64url::encode;
    let client_data =
        br#"{"type":"webauthn.create","challenge":"AA","origin":"https://a.example"}"#;
    json!({
        "id": "AA", "rawId": "AA", "type": "public-key",
        "response": {
            "clientDataJSON": encode(client_data),
            "attestationObject": encode(object),
        },
    })
    .to_string()
}

#[tokio::test]
async fn what_is_no_registration_is_refused_with_the_reason() {
    let folder = private_folder();
    let path = folder.path().join("response.json").to_str().unwrap().to_owned();
    // {"fmt": …, "attStmt": {}, "authData": h''}, in the order of the canonical encoding.
    let object = |format: &str| {
        let length = 0x60 + u8::try_from(format.len()).unwrap();
        let text: Vec<u8> = [&b"\xa3\x63fmt"[..], &[length], format.as_bytes()].concat();
        [&text[..], b"\x67attStmt\xa0\x68authData\x40"].concat()
    };
    for (object, problem) in [
        (object("none"), "authenticator data"),
        (object("android-key"), "authenticator data"),
        (vec![0xff], "the attestation object cannot be read"),
        (vec![], "the attestation object cannot be read"),
    ] {
        fs::write(&path, response_with(&object)).unwrap();
        let ceremony =
            [&path, "--challenge", "AA", "--origin", "https://a.example", "--rp-id", "a.example"];
        let ended = verify(true, &ceremony).await;
        ended.refused().says("reading the registration", problem, "as the browser made it");
        refused_as_none(&ended, problem);
        let people = verify(false, &ceremony).await;
        assert_eq!(people.code, Some(1));
        let text = people.printed.join("\n");
        for words in ["fail  What the phone sent", problem, "Refused under the policy “AAL3”"] {
            assert!(text.contains(words), "“{words}” expected:\n{text}");
        }
    }
}

fn hex_of_base64(text: &Value) -> String {
    use std::fmt::Write;
    let text = text.as_str().unwrap();
    let url = text.replace('+', "-").replace('/', "_");
    let bytes = wardkey_core::webauthn::base64url::decode(url.trim_end_matches('=')).unwrap();
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let chain = format!("{FIXTURES}/{CHAIN}.pem");
    fs::write(path("empty"), "").unwrap();
    fs::write(path("policy"), r#"{"name": "x"}"#).unwrap();
    fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----")
        .unwrap();
    let (empty, policy, broken, missing) =
        (path("empty"), path("policy"), path("broken.pem"), path("missing"));
    let registration =
        [&empty, "--challenge", "AA", "--origin", "https://a.example", "--rp-id", "a.example"];
    let rows: [(&[&str], &str, &str); 6] = [
        (&["--chain", &missing], "reading the certificates", "No such file"),
        (&["--chain", &empty], "reading the certificates", "no certificate"),
        (&["--chain", &broken], "reading the certificates", "broken.pem"),
        (&["--chain", &chain, "--policy", &policy], "reading the policy", "missing field"),
        (&["--chain", &chain, "--revocation", &policy], "reading the revocation list", "entries"),
        (&registration, "reading the registration", "not JSON"),
    ];
    for (arguments, stage, problem) in rows {
        verify(true, arguments).await.refused().says(stage, problem, "");
    }
    for wrong in [&[][..], &[chain.as_str()], &["--chain", &chain, "--at", "yesterday"]] {
        assert_eq!(verify(false, wrong).await.code, Some(2), "{wrong:?}");
    }
}
