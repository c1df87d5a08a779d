//! Options and responses of ceremonies, as they should be.

use serde_json::{Value, json};
use wardkey_core::{
    ctap::{
        auth_data::{AttestedCredential, AuthenticatorData, Flags, rp_id_hash},
        cbor::{Map, Value as Cbor},
        cose::{ES256, PublicKey},
        get_assertion, make_credential,
    },
    webauthn::{
        AttestationObject, Authentication, Caller, Error, Registration, WebOrigin, base64url,
    },
};

pub(crate) fn caller() -> Caller {
    Caller::page(WebOrigin::parse("https://login.example.org").unwrap())
}

pub(crate) fn creation() -> Value {
    json!({
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
        "challenge": "Y2hhbGxlbmdl",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "excludeCredentials": [{"type": "public-key", "id": "AQ", "transports": ["hybrid"]}],
        "timeout": 60_000,
    })
}

pub(crate) fn register(options: &Value) -> Result<Registration, Error> {
    Registration::new(&options.to_string(), &caller())
}

pub(crate) fn sign_in(options: &Value) -> Result<Authentication, Error> {
    Authentication::new(&options.to_string(), &caller())
}

pub(crate) fn public_key() -> PublicKey {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    PublicKey::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

pub(crate) fn auth_data(
    rp_id: &str,
    flags: Flags,
    registration: bool,
    aaguid: [u8; 16],
) -> Vec<u8> {
    let credential = AttestedCredential { aaguid, id: vec![9; 32], public_key: public_key() };
    AuthenticatorData {
        rp_id_hash: rp_id_hash(rp_id),
        flags,
        counter: 1,
        attested_credential: registration.then_some(credential),
        extensions: None,
    }
    .encode()
}

pub(crate) const PRESENT: Flags = Flags::USER_PRESENT;
pub(crate) const AAGUID: [u8; 16] = [0xaa; 16];

pub(crate) fn verified() -> Flags {
    Flags::USER_PRESENT | Flags::USER_VERIFIED
}

pub(crate) fn ok(map: &[u8]) -> Vec<u8> {
    [&[0x00], map].concat()
}

pub(crate) fn self_statement() -> Map {
    Map::from_iter([("alg", Cbor::from(ES256)), ("sig", Cbor::from(vec![1, 2]))])
}

pub(crate) fn attested_response(auth_data: Vec<u8>, format: &str, statement: Map) -> Vec<u8> {
    ok(&make_credential::Response { format: format.into(), auth_data, statement }.encode())
}

pub(crate) fn registration_response(auth_data: Vec<u8>) -> Vec<u8> {
    attested_response(auth_data, "packed", self_statement())
}

pub(crate) fn assertion_response(auth_data: Vec<u8>) -> get_assertion::Response {
    get_assertion::Response {
        credential_id: vec![9; 32],
        auth_data,
        signature: vec![3, 4],
        user_handle: Some(b"id".to_vec()),
        user_selected: false,
    }
}

pub(crate) fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn object(response: &Value) -> AttestationObject {
    let text = response["response"]["attestationObject"].as_str().unwrap();
    AttestationObject::decode(&base64url::decode(text).unwrap()).unwrap()
}
