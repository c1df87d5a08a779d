//! Both ceremonies from JSON to JSON on an authenticator with software keys.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod agreeable;

use agreeable::{Memory, Willing, run};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::{Value, json};
use wardkey_core::{
    attestation::{android_key, key_description::KeyDescription, packed},
    authenticator::{AttestationFormat, Authenticator, Moment, Settings},
    ctap::auth_data::{AuthenticatorData, Flags},
    keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation},
    webauthn::{
        self, App, AppOrigin, AttestationObject, Caller, Error, ExpectedCeremony, RegisteredKey,
        Registration, RpId, ScopeError, WebOrigin, WitnessCode, base64url,
    },
};

/// 2026-01-31T12:00:00Z.
const NOW: u64 = 1_769_860_800;

type Phone = Authenticator<SoftwareKeys<MemoryRecords>, Memory, Willing>;

fn phone(attestation: AttestationFormat) -> Phone {
    let test_attestation = TestAttestation::generate(NOW).unwrap();
    let keys = SoftwareKeys::open(MemoryRecords::default(), test_attestation, || NOW).unwrap();
    run(Authenticator::open(keys, Memory::default(), Willing, Settings::test(attestation))).unwrap()
}

fn moment(n: u8) -> Moment {
    Moment { now: NOW, entropy: [n; 32] }
}

fn create(phone: &mut Phone, n: u8, options: &Value, caller: &Caller) -> Result<Value, Error> {
    let created = run(webauthn::create(phone, moment(n), &options.to_string(), caller))?;
    Ok(serde_json::from_str(&created.response).unwrap())
}

fn get(phone: &mut Phone, options: &Value, caller: &Caller) -> Result<Value, Error> {
    let json = run(webauthn::get(phone, moment(0xff), &options.to_string(), caller, None))?;
    Ok(serde_json::from_str(&json).unwrap())
}

fn creation() -> Value {
    json!({
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
        "challenge": "Y2hhbGxlbmdl",
        "pubKeyCredParams": [],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "direct",
    })
}

fn page() -> Caller {
    Caller::page(WebOrigin::parse("https://example.org").unwrap())
}

fn bytes(response: &Value, name: &str) -> Vec<u8> {
    base64url::decode(response["response"][name].as_str().unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().try_into().unwrap()
}

/// The signature over authenticator data ‖ client data hash.
fn verify(registration: &Value, auth_data: &[u8], client_data_hash: [u8; 32], signature: &[u8]) {
    let spki = bytes(registration, "publicKey");
    let point = &spki[spki.len() - 65..];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(&[auth_data, &client_data_hash].concat(), signature)
        .unwrap();
}

#[test]
fn a_credential_is_made_attested_and_used() {
    let mut phone = phone(AttestationFormat::AndroidKey);
    let made = create(&mut phone, 1, &creation(), &page()).unwrap();
    assert_eq!(made["authenticatorAttachment"], "platform");
    let hash = sha256(&bytes(&made, "clientDataJSON"));
    let object = AttestationObject::decode(&bytes(&made, "attestationObject")).unwrap();
    assert_eq!(object.format, android_key::FORMAT);
    let statement = android_key::Statement::decode(object.statement).unwrap();
    verify(&made, &object.auth_data, hash, &statement.signature);
    let leaf = KeyDescription::from_certificate(&statement.certificate_chain[0]).unwrap();
    assert_eq!(leaf.attestation_challenge, hash);

    let used = get(&mut phone, &json!({"challenge": "AA", "rpId": "example.org"}), &page());
    let used = used.unwrap();
    assert_eq!(used["id"], made["id"]);
    assert_eq!(used["response"]["userHandle"], "aWQ");
    let auth_data = bytes(&used, "authenticatorData");
    let flags = AuthenticatorData::decode(&auth_data).unwrap().flags;
    assert_eq!(flags, Flags::USER_PRESENT | Flags::USER_VERIFIED);
    let hash = sha256(&bytes(&used, "clientDataJSON"));
    verify(&made, &auth_data, hash, &bytes(&used, "signature"));
}

#[test]
fn self_attestation_is_signed_by_the_credential() {
    let mut phone = phone(AttestationFormat::PackedSelf);
    let made = create(&mut phone, 1, &creation(), &page()).unwrap();
    let object = AttestationObject::decode(&bytes(&made, "attestationObject")).unwrap();
    assert_eq!(object.format, packed::FORMAT);
    let statement = packed::SelfStatement::decode(object.statement).unwrap();
    let hash = sha256(&bytes(&made, "clientDataJSON"));
    verify(&made, &object.auth_data, hash, &statement.signature);
}

#[test]
fn an_excluded_credential_is_an_invalid_state() {
    let mut phone = phone(AttestationFormat::None);
    let made = create(&mut phone, 1, &creation(), &page()).unwrap();
    let mut options = creation();
    options["excludeCredentials"] = json!([{"type": "public-key", "id": made["id"]}]);
    let error = create(&mut phone, 2, &options, &page()).unwrap_err();
    assert_eq!(error.dom_exception().name(), "InvalidStateError");
    assert_eq!(phone.credentials().len(), 1);
}

#[test]
fn a_privileged_caller_keeps_its_client_data() {
    let mut phone = phone(AttestationFormat::PackedSelf);
    let origin = WebOrigin::parse("https://example.org").unwrap();
    let client_data_hash = [0x5a; 32];
    let caller = Caller::Client { origin, client_data_hash };
    let mut options = creation();
    options["rp"].as_object_mut().unwrap().remove("id");
    // What a request that came from a workstation looks like.
    options["authenticatorSelection"]["authenticatorAttachment"] = json!("cross-platform");
    let made = create(&mut phone, 1, &options, &caller).unwrap();
    assert_eq!(bytes(&made, "clientDataJSON"), b"{}");
    let object = AttestationObject::decode(&bytes(&made, "attestationObject")).unwrap();
    let statement = packed::SelfStatement::decode(object.statement).unwrap();
    verify(&made, &object.auth_data, client_data_hash, &statement.signature);
    assert_eq!(phone.credentials()[0].rp.id, "example.org");

    let used = get(&mut phone, &json!({"challenge": "AA", "rpId": "example.org"}), &caller);
    let used = used.unwrap();
    assert_eq!(bytes(&used, "clientDataJSON"), b"{}");
    let auth_data = bytes(&used, "authenticatorData");
    verify(&made, &auth_data, client_data_hash, &bytes(&used, "signature"));
}

#[test]
fn an_application_speaks_for_the_party_it_is_linked_to() {
    let mut phone = phone(AttestationFormat::None);
    let app = Caller::App(App {
        origin: AppOrigin::new(&[1; 32]),
        package: "org.example.app".into(),
        linked_rp_id: RpId::parse("example.org").unwrap(),
    });
    let made = create(&mut phone, 1, &creation(), &app).unwrap();
    let client_data: Value = serde_json::from_slice(&bytes(&made, "clientDataJSON")).unwrap();
    assert_eq!(client_data["origin"], AppOrigin::new(&[1; 32]).as_str());
    assert_eq!(client_data["androidPackageName"], "org.example.app");

    let other = json!({"challenge": "AA", "rpId": "login.example.org"});
    let error = get(&mut phone, &other, &app).unwrap_err();
    assert!(matches!(error, Error::Scope(ScopeError::OutOfScope { .. })));
    let error = get(&mut phone, &json!({"challenge": "AA"}), &app).unwrap_err();
    assert_eq!(error, Error::Scope(ScopeError::NoRpId));
}

#[test]
fn names_are_cut_as_they_would_be_on_the_wire() {
    let mut phone = phone(AttestationFormat::None);
    let mut options = creation();
    options["user"]["displayName"] = json!("ü".repeat(10_000));
    create(&mut phone, 1, &options, &page()).unwrap();
    let name = phone.credentials()[0].user.display_name.as_ref().unwrap();
    assert!(name.len() <= 256);
}

/// Signs in with the passkey that the user chose in the platform's own list.
fn get_selected(phone: &mut Phone, options: &Value, selected: &[u8]) -> Result<Value, Error> {
    let options = options.to_string();
    let json = run(webauthn::get(phone, moment(0xff), &options, &page(), Some(selected)))?;
    Ok(serde_json::from_str(&json).unwrap())
}

#[test]
fn the_selected_passkey_answers_and_no_other() {
    let mut phone = phone(AttestationFormat::None);
    let mut second = creation();
    second["user"]["id"] = json!("aWQy");
    for (n, options) in [(1, creation()), (2, second)] {
        create(&mut phone, n, &options, &page()).unwrap();
    }
    let open = json!({"challenge": "AA", "rpId": "example.org"});
    for n in [1, 2] {
        let used = get_selected(&mut phone, &open, &[n; 32]).unwrap();
        assert_eq!(used["id"], base64url::encode(&[n; 32]));
    }
    let id = base64url::encode(&[1; 32]);
    let allowed = [json!({"type": "public-key", "id": id})];
    let only_first = json!({"challenge": "AA", "rpId": "example.org", "allowCredentials": allowed});
    assert_eq!(get_selected(&mut phone, &only_first, &[1; 32]).unwrap()["id"], id);
    for selected in [[2; 32], [9; 32]] {
        let error = get_selected(&mut phone, &only_first, &selected).unwrap_err();
        assert_eq!(error, Error::Authenticator(wardkey_core::authenticator::Error::NoCredentials));
    }
    assert!(get_selected(&mut phone, &open, &[9; 32]).is_err());
}

/// What the relying party makes of a registration on the page of [`creation`].
fn registered(response: &str) -> RegisteredKey {
    let expected = ExpectedCeremony {
        challenge: b"challenge",
        origin: "https://example.org",
        rp_id: "example.org",
    };
    RegisteredKey::read(response, &expected).unwrap()
}

#[test]
fn phone_and_relying_party_show_the_same_code() {
    let mut phone = phone(AttestationFormat::AndroidKey);
    let options = creation().to_string();
    let first = run(webauthn::create(&mut phone, moment(1), &options, &page())).unwrap();
    assert_eq!(registered(&first.response).witness(), first.witness);
    assert_eq!(phone.credentials()[0].witness, Some(first.witness));
    // Another key for the same account, another code.
    let second = run(webauthn::create(&mut phone, moment(2), &options, &page())).unwrap();
    assert_eq!(registered(&second.response).witness(), second.witness);
    assert_ne!(first.witness, second.witness);
}

#[test]
fn a_workstation_registers_with_the_same_code() {
    let mut phone = phone(AttestationFormat::AndroidKey);
    let registration = Registration::new(&creation().to_string(), &page()).unwrap();
    let answer = run(phone.answer(moment(1), &registration.command()));
    let response = registration.finish(&answer.message).unwrap();
    assert_eq!(Some(registered(&response).witness()), answer.witness);

    let get_info = run(phone.answer(moment(2), &[0x04]));
    assert_eq!((get_info.failure, get_info.witness), (None, None));
    let unreadable = run(phone.answer(moment(3), &[0x01]));
    assert_eq!(unreadable.witness, None);
}

#[test]
fn a_relying_party_without_the_certificate_can_compute_the_code() {
    for format in [AttestationFormat::PackedSelf, AttestationFormat::None] {
        let mut phone = phone(format);
        let options = creation().to_string();
        let made = run(webauthn::create(&mut phone, moment(1), &options, &page())).unwrap();
        let json: Value = serde_json::from_str(&made.response).unwrap();
        let hash = sha256(&bytes(&json, "clientDataJSON"));
        let key = &phone.credentials()[0].public_key;
        assert_eq!(WitnessCode::derive(&[1; 32], key, &hash, None), made.witness);
    }
}
