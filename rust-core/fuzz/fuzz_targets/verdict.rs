//! Any attestation object and any certificates are judged; what nobody vouches for is refused, with a
//! reason for every check.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardkey_core::{
    attestation::verdict::{Check, Evidence, Fault, Grade, Outcome, Policy, Roots, judge},
    ctap::auth_data::AuthenticatorData,
    webauthn::{AttestationObject, ExpectedCeremony, RegisteredKey, base64url},
};

fuzz_target!(|case: (Vec<Vec<u8>>, Vec<u8>, u64)| {
    let (certificates, object, now) = case;
    check(&certificates, &[0x5a; 32], None, now);
    if let Ok(key) = RegisteredKey::read(&response(&object), &EXPECTED) {
        check(&key.certificates, &key.client_data_hash, key.fault(), now);
    }
});

fn check(certificates: &[Vec<u8>], challenge: &[u8; 32], fault: Option<Fault<'_>>, now: u64) {
    let roots = Roots::google();
    let challenge = Some(challenge);
    let evidence =
        Evidence { certificates, challenge, fault, revocation: None, roots: &roots, now };
    let verdict = judge(&evidence, &Policy::aal3());
    assert_eq!(verdict.outcome, Outcome::Refuse);
    assert_eq!(verdict.lines.len(), Check::ALL.len());
    assert!(verdict.lines.iter().all(|line| !line.value.is_empty() && !line.reason.is_empty()));
    assert!(verdict.lines.iter().any(|line| line.grade == Grade::Fail));
    verdict.to_json();
}

const EXPECTED: ExpectedCeremony<'_> = ExpectedCeremony {
    challenge: b"challenge",
    origin: "https://example.org",
    rp_id: "example.org",
};

const CLIENT_DATA: &[u8] =
    br#"{"type":"webauthn.create","challenge":"Y2hhbGxlbmdl","origin":"https://example.org"}"#;

/// A registration response whose attestation object is the one given.
fn response(object: &[u8]) -> String {
    let id = base64url::encode(&credential_id(object).unwrap_or_default());
    let (object, client_data) = (base64url::encode(object), base64url::encode(CLIENT_DATA));
    format!(
        r#"{{"id": "{id}", "rawId": "{id}", "type": "public-key", "clientExtensionResults": {{}},
            "response": {{"clientDataJSON": "{client_data}", "attestationObject": "{object}"}}}}"#
    )
}

fn credential_id(object: &[u8]) -> Option<Vec<u8>> {
    let object = AttestationObject::decode(object).ok()?;
    let data = AuthenticatorData::decode(&object.auth_data).ok()?;
    data.attested_credential.map(|credential| credential.id)
}
