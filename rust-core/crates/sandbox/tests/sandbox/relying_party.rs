//! The project's own authenticator and client against a relying party nobody here wrote:
//! @simplewebauthn/server, from npm. It trusts one root, and wants to see it at the end of a chain.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};
use wardkey_core::{
    authenticator::{AAGUID, AttestationFormat},
    keystore::software::TestAttestation,
    webauthn::base64url,
};

use crate::{
    core_phone::{CorePhone, now},
    packages::Packages,
};

const ORIGIN: &str = "https://ward.example.org";
const RP_ID: &str = "example.org";
const PATIENCE: Duration = Duration::from_mins(1);

/// One registration and one sign-in, with what they were asked for.
async fn ceremonies(attestation: &TestAttestation, format: AttestationFormat) -> Value {
    let attestation = TestAttestation::from_bytes(&attestation.to_bytes()).unwrap();
    let mut phone = CorePhone::with(attestation, format).await;
    let [first, second] = [[1; 32], [2; 32]].map(|challenge| base64url::encode(&challenge));
    let creation = json!({
        "challenge": first,
        "rp": { "id": RP_ID, "name": "A ward" },
        "user": { "id": base64url::encode(b"one"), "name": "clinician", "displayName": "" },
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "authenticatorSelection": { "residentKey": "required" },
        "attestation": "direct",
    });
    let (registration, _) = phone.create(ORIGIN, &creation).await;
    let request = json!({ "challenge": second, "rpId": RP_ID });
    let sign_in = phone.get(ORIGIN, &request).await;
    json!({
        "expected": {
            "origin": ORIGIN, "rpId": RP_ID,
            "registrationChallenge": first, "signInChallenge": second,
        },
        "registration": registration,
        "signIn": sign_in,
    })
}

/// What the relying party says of them when it trusts this root.
async fn judged(packages: &Packages, mut ceremonies: Value, root: &TestAttestation) -> Value {
    ceremonies["root"] = json!(root.root_pem());
    let mut process = Command::new("node")
        .arg("relying-party.mjs")
        .current_dir(packages.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node is installed");
    let mut input = process.stdin.take().unwrap();
    input.write_all(ceremonies.to_string().as_bytes()).await.unwrap();
    drop(input);
    let output = timeout(PATIENCE, process.wait_with_output()).await.expect("it ends").unwrap();
    serde_json::from_slice(&output.stdout).expect("its findings; its words are above")
}

#[tokio::test]
async fn a_relying_party_by_others_verifies_every_format() {
    let packages = Packages::installed().await;
    let attestation = TestAttestation::generate(now()).unwrap();
    for format in
        [AttestationFormat::AndroidKey, AttestationFormat::PackedSelf, AttestationFormat::None]
    {
        let found = judged(&packages, ceremonies(&attestation, format).await, &attestation).await;
        let expected = json!({
            "registered": true, "format": format.identifier(), "device": "singleDevice",
            "aaguid": uuid(AAGUID), "signedIn": true, "counter": found["counter"],
        });
        assert_eq!(found, expected);
        assert!(found["counter"].as_u64() > Some(0), "{found}");
    }
}

#[tokio::test]
async fn a_relying_party_by_others_refuses_what_another_root_vouches_for() {
    let packages = Packages::installed().await;
    let [ours, other] = [(), ()].map(|()| TestAttestation::generate(now()).unwrap());
    let made = ceremonies(&ours, AttestationFormat::AndroidKey).await;
    let found = judged(&packages, made, &other).await;
    let reason = found["refused"].as_str().unwrap();
    assert!(reason.contains("not a known root certificate"), "{reason}");
}

fn uuid(bytes: [u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
