//! What a relying party refuses to take for a registration, each with its own problem.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod agreeable;

use agreeable::{Memory, Willing, run};
use serde_json::{Value, json};
use wardkey_core::{
    attestation::{InvalidStatement, verdict::Fault},
    authenticator::{AttestationFormat, Authenticator, Moment, Settings},
    ctap::cbor::{Map, Value as Cbor},
    keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation},
    webauthn::{
        self, AttestationObject, Caller, ExpectedCeremony, RegisteredKey,
        RegistrationProblem as Problem, WebOrigin, base64url,
    },
};

/// 2026-01-31T12:00:00Z.
const NOW: u64 = 1_769_860_800;

const EXPECTED: ExpectedCeremony<'_> = ExpectedCeremony {
    challenge: b"challenge",
    origin: "https://example.org",
    rp_id: "example.org",
};

/// A registration response of a new phone.
fn response(format: AttestationFormat) -> Value {
    let attestation = TestAttestation::generate(NOW).unwrap();
    let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, || NOW).unwrap();
    let opened = Authenticator::open(keys, Memory::default(), Willing, Settings::test(format));
    let mut phone = run(opened).unwrap();
    let options = json!({
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
        "challenge": base64url::encode(b"challenge"),
        "pubKeyCredParams": [],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "direct",
    });
    let page = Caller::page(WebOrigin::parse("https://example.org").unwrap());
    let moment = Moment { now: NOW, entropy: [1; 32] };
    let made = run(webauthn::create(&mut phone, moment, &options.to_string(), &page)).unwrap();
    serde_json::from_str(&made.response).unwrap()
}

fn read(response: &Value) -> Result<RegisteredKey, Problem> {
    RegisteredKey::read(&response.to_string(), &EXPECTED)
}

fn bytes(response: &Value, name: &str) -> Vec<u8> {
    base64url::decode(response["response"][name].as_str().unwrap()).unwrap()
}

/// The same response with another attestation object.
fn bent(response: &Value, bend: impl FnOnce(&mut AttestationObject)) -> Value {
    let mut object = AttestationObject::decode(&bytes(response, "attestationObject")).unwrap();
    bend(&mut object);
    let mut response = response.clone();
    response["response"]["attestationObject"] = json!(base64url::encode(&object.encode()));
    response
}

/// The same response with another member in its client data.
fn saying(response: &Value, name: &str, value: Value) -> Value {
    let mut data: Value = serde_json::from_slice(&bytes(response, "clientDataJSON")).unwrap();
    data[name] = value;
    let mut response = response.clone();
    response["response"]["clientDataJSON"] = json!(base64url::encode(data.to_string().as_bytes()));
    response
}

fn member(map: &mut Map, name: &str, change: impl FnOnce(Cbor) -> Cbor) {
    let value = map.remove(name).unwrap();
    map.insert(name, change(value));
}

fn flipped(value: Cbor) -> Cbor {
    let Cbor::Bytes(mut bytes) = value else { panic!("bytes expected: {value:?}") };
    *bytes.last_mut().unwrap() ^= 1;
    Cbor::Bytes(bytes)
}

#[test]
fn a_sound_one_is_read() {
    let response = response(AttestationFormat::AndroidKey);
    let key = read(&response).unwrap();
    assert_eq!(json!(base64url::encode(&key.credential_id)), response["id"]);
    assert!(!key.certificates.is_empty());
    // Neither whose it is nor what it answers.
    let shown = format!("{key:?}");
    assert_eq!(shown, "RegisteredKey { format: AndroidKey, certificates: 3, .. }");
    let origin = "https://example.org";
    let expected = ExpectedCeremony { challenge: &[1; 32], origin, rp_id: "example.org" };
    assert_eq!(format!("{expected:?}"), r#"ExpectedCeremony { rp_id: "example.org", .. }"#);
}

#[test]
fn a_ceremony_of_somebody_else_is_refused() {
    let sound = response(AttestationFormat::AndroidKey);
    let elsewhere = "https://example.com";
    for (response, problem) in [
        (saying(&sound, "type", json!("webauthn.get")), Problem::Ceremony),
        (saying(&sound, "challenge", json!("AAAA")), Problem::Challenge),
        (saying(&sound, "origin", json!(elsewhere)), Problem::Origin(elsewhere.to_owned())),
        (saying(&sound, "crossOrigin", json!(true)), Problem::CrossOrigin),
    ] {
        assert_eq!(read(&response), Err(problem));
    }
    let expected = ExpectedCeremony { rp_id: "login.example.org", ..EXPECTED };
    let other = RegisteredKey::read(&sound.to_string(), &expected);
    assert_eq!(other, Err(Problem::RelyingParty));
}

#[test]
fn what_no_phone_proved_is_refused() {
    const FLAGS: usize = 32;
    let sound = response(AttestationFormat::AndroidKey);
    let other = response(AttestationFormat::AndroidKey);
    let other = AttestationObject::decode(&bytes(&other, "attestationObject")).unwrap();
    let unverified = bent(&sound, |object| object.auth_data[FLAGS] &= !0x04);
    let absent = bent(&sound, |object| object.auth_data[FLAGS] &= !0x01);
    let another_key = bent(&sound, |object| {
        let certificates = other.statement.get("x5c").unwrap().clone();
        member(&mut object.statement, "x5c", |_| certificates);
    });
    let no_certificate = bent(&sound, |object| {
        member(&mut object.statement, "x5c", |_| Cbor::Array(vec![]));
    });
    let garbage = bent(&sound, |object| {
        member(&mut object.statement, "x5c", |_| Cbor::Array(vec![Cbor::Bytes(vec![0x30])]));
    });
    let forged = bent(&sound, |object| member(&mut object.statement, "sig", flipped));
    // The counter is signed as well.
    let changed = bent(&sound, |object| object.auth_data[FLAGS + 4] ^= 1);
    for (what, response, problem) in [
        ("unverified", unverified, Problem::UserNotVerified),
        ("absent", absent, Problem::UserNotVerified),
        ("another key", another_key, Problem::AnotherKey),
        ("no certificate", no_certificate, InvalidStatement::NoCertificate.into()),
        ("garbage", garbage, Problem::AnotherKey),
        ("forged", forged, Problem::Signature),
        ("changed", changed, Problem::Signature),
    ] {
        assert_eq!(read(&response), Err(problem), "{what}");
    }
    let unknown = bent(&sound, |object| object.format = "tpm".to_owned());
    assert_eq!(read(&unknown), Err(Problem::Format("tpm".to_owned())));
}

#[test]
fn what_no_hardware_vouches_for_is_read_and_says_so() {
    for format in [AttestationFormat::PackedSelf, AttestationFormat::None] {
        let key = read(&response(format)).unwrap();
        assert_eq!((key.format, key.certificates.len()), (format, 0));
        let Some(Fault::NoHardware(kind)) = key.fault() else { panic!("{format:?} is a fault") };
        assert!(kind.contains(format.identifier()), "{kind}");
    }
    assert_eq!(read(&response(AttestationFormat::AndroidKey)).unwrap().fault(), None);
}

#[test]
fn what_is_said_without_hardware_has_to_hold_too() {
    let own = response(AttestationFormat::PackedSelf);
    let forged = bent(&own, |object| member(&mut object.statement, "sig", flipped));
    assert_eq!(read(&forged), Err(Problem::Signature));
    let certified = bent(&own, |object| {
        object.statement.insert("x5c", Cbor::Array(vec![Cbor::Bytes(vec![0x30])]));
    });
    assert_eq!(read(&certified), Err(InvalidStatement::NotSelfAttestation.into()));
    // A statement cannot be taken off to make what was signed pass for what never was, or put on.
    let nameless = bent(&own, |object| object.format = "none".to_owned());
    assert_eq!(read(&nameless), Err(Problem::StatementOfNobody));
    let pretended = bent(&response(AttestationFormat::None), |object| {
        object.format = "packed".to_owned();
    });
    assert!(matches!(read(&pretended), Err(Problem::Statement(_))));
}

#[test]
fn the_credential_is_named_alike_everywhere() {
    let sound = response(AttestationFormat::AndroidKey);
    for name in ["id", "rawId"] {
        let mut response = sound.clone();
        response[name] = json!("AAAA");
        assert_eq!(read(&response), Err(Problem::CredentialId), "{name}");
        response.as_object_mut().unwrap().remove(name);
        assert!(matches!(read(&response), Err(Problem::Json(_))), "{name}");
    }
}
