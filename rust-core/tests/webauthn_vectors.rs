//! The test vectors of WebAuthn Level 3, rebuilt byte for byte with this crate's own encoders.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use der::{
    Decode as _, Encode as _, Tag,
    asn1::{AnyRef, BitString},
};
use p256::ecdsa::{DerSignature, SigningKey, signature::Signer};
use serde_json::Value as Json;
use wardkey_core::{
    attestation::{android_key, key_description::KeyDescription, packed},
    ctap::{
        auth_data::{AttestedCredential, AuthenticatorData, Flags, rp_id_hash},
        cbor::Map,
        cose::PublicKey,
        get_assertion, make_credential,
    },
    keystore::SecurityLevel,
    webauthn::{
        AttestationObject, Authentication, Caller, Ceremony, CollectedClientData, CrossOrigin,
        Embedded, Registration, WebOrigin, WebPage, base64url,
    },
};
use x509_cert::Certificate;

const FIXTURE: &str = include_str!("../../fixtures/webauthn/webauthn-l3.json");
const ORIGIN: &str = "https://example.org";
const TOP_ORIGIN: &str = "https://example.com";

fn sha256(bytes: &[u8]) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().try_into().unwrap()
}

/// One case of the specification.
struct Case(Json);

/// One half of a case.
struct Half<'a> {
    case: &'a Case,
    name: &'static str,
}

impl Case {
    fn all() -> Vec<Self> {
        let fixture: Json = serde_json::from_str(FIXTURE).unwrap();
        let cases = fixture["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 15);
        cases.iter().cloned().map(Self).collect()
    }

    fn named(name: &str) -> Self {
        Self::all().into_iter().find(|case| case.name() == name).unwrap()
    }

    fn name(&self) -> &str {
        self.0["case"].as_str().unwrap()
    }

    const fn registration(&self) -> Half<'_> {
        Half { case: self, name: "registration" }
    }

    const fn authentication(&self) -> Half<'_> {
        Half { case: self, name: "authentication" }
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_slice(&self.registration().bytes("credential_private_key")).unwrap()
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::from_sec1(self.key().verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    fn sign(&self, auth_data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let message = [auth_data, &sha256(client_data)].concat();
        let signature: DerSignature = self.key().sign(&message);
        signature.as_bytes().to_vec()
    }

    /// The byte of the registration decides what the credential is for both halves.
    fn is_backup_eligible(&self) -> bool {
        let byte = self.registration().byte("auth_data_UV_BE_BS");
        Flags::from_byte(byte).contains(Flags::BACKUP_ELIGIBLE)
    }

    fn flags(&self, byte: u8) -> Flags {
        let mut flags = 0x01 | byte & 0x04;
        if self.is_backup_eligible() {
            flags |= 0x08 | byte & 0x10;
        }
        Flags::from_byte(flags)
    }

    fn registration_data(&self) -> Vec<u8> {
        let half = self.registration();
        AuthenticatorData {
            rp_id_hash: rp_id_hash("example.org"),
            flags: self.flags(half.byte("auth_data_UV_BE_BS")),
            counter: 0,
            attested_credential: Some(AttestedCredential {
                aaguid: half.bytes("aaguid").try_into().unwrap(),
                id: half.bytes("credential_id"),
                public_key: self.public_key(),
            }),
            extensions: None,
        }
        .encode()
    }

    fn assertion_data(&self) -> Vec<u8> {
        AuthenticatorData {
            rp_id_hash: rp_id_hash("example.org"),
            flags: self.flags(self.authentication().byte("auth_data_UV_BS")),
            counter: 0,
            attested_credential: None,
            extensions: None,
        }
        .encode()
    }

    /// Compares both halves with what `statement` makes of authenticator data and client data.
    fn check(&self, format: &str, statement: impl FnOnce(&[u8], &[u8]) -> Map) {
        let (registration, authentication) = (self.registration(), self.authentication());
        let client_data = registration.client_data(Ceremony::Create);
        assert_eq!(client_data, registration.text("clientDataJSON"));
        let auth_data = self.registration_data();
        let object = AttestationObject {
            format: format.into(),
            statement: statement(&auth_data, client_data.as_bytes()),
            auth_data,
        };
        assert_eq!(object.encode(), registration.bytes("attestationObject"));
        assert_eq!(AttestationObject::decode(&object.encode()).unwrap(), object);

        let client_data = authentication.client_data(Ceremony::Get);
        assert_eq!(client_data, authentication.text("clientDataJSON"));
        let auth_data = self.assertion_data();
        assert_eq!(auth_data, authentication.bytes("authenticatorData"));
        let signature = self.sign(&auth_data, client_data.as_bytes());
        assert_eq!(signature, authentication.bytes("signature"));
    }
}

impl Half<'_> {
    fn bytes(&self, name: &str) -> Vec<u8> {
        hex::decode(self.case.0[self.name][name].as_str().unwrap()).unwrap()
    }

    fn byte(&self, name: &str) -> u8 {
        self.bytes(name)[0]
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    fn cross_origin(&self) -> CrossOrigin {
        match self.case.name() {
            "none-es256-crossOrigin" => CrossOrigin::Yes { top_origin: None },
            "none-es256-topOrigin" => CrossOrigin::Yes { top_origin: Some(TOP_ORIGIN.into()) },
            _ => CrossOrigin::No,
        }
    }

    fn client_data(&self, ceremony: Ceremony) -> String {
        let mut data = CollectedClientData::new(ceremony, self.bytes("challenge"), ORIGIN);
        data.cross_origin = self.cross_origin();
        if self.case.0[self.name]["extraData_random"].is_string() {
            let value = format!(
                "clientDataJSON may be extended with additional fields in the future, such as this: {}",
                base64url::encode(&self.bytes("extraData_random"))
            );
            data.extra.push(("extraData".into(), value));
        }
        data.to_json()
    }
}

#[test]
fn client_data_of_every_case_is_rebuilt() {
    for case in Case::all() {
        let halves =
            [(case.registration(), Ceremony::Create), (case.authentication(), Ceremony::Get)];
        for (half, ceremony) in halves {
            assert_eq!(half.client_data(ceremony), half.text("clientDataJSON"), "{}", case.name());
        }
    }
}

#[test]
fn cases_without_attestation_are_rebuilt() {
    let names = [
        "none-es256",
        "none-es256-crossOrigin",
        "none-es256-topOrigin",
        "none-es256-long-credential-id",
    ];
    for name in names {
        Case::named(name).check("none", |_, _| Map::new());
    }
}

#[test]
fn self_attestation_is_rebuilt() {
    let case = Case::named("packed-self-es256");
    case.check(packed::FORMAT, |auth_data, client_data| {
        packed::self_statement(&case.sign(auth_data, client_data))
    });
}

#[test]
fn android_key_attestation_is_rebuilt() {
    let case = Case::named("android-key-es256");
    let object = case.registration().bytes("attestationObject");
    let published = AttestationObject::decode(&object).unwrap();
    let published = android_key::Statement::decode(published.statement).unwrap();
    let [leaf] = published.certificate_chain.as_slice() else { panic!("one certificate") };
    case.check(android_key::FORMAT, |auth_data, client_data| {
        let chain = [signed_anew(&case, leaf)];
        android_key::statement(&case.sign(auth_data, client_data), &chain)
    });
}

/// The certificate of the case's key, signed once more by the authority of the vectors.
fn signed_anew(case: &Case, leaf: &[u8]) -> Vec<u8> {
    let certificate = Certificate::from_der(leaf).unwrap();
    let contents = certificate.tbs_certificate();
    let serial = case.registration().bytes("attestation_cert_serial_number");
    assert_eq!(contents.serial_number().as_bytes(), serial);
    let key = contents.subject_public_key_info().subject_public_key.raw_bytes();
    assert_eq!(key, case.public_key().sec1());
    let contents = contents.to_der().unwrap();
    let signature: DerSignature = attestation_authority().sign(&contents);
    let signature = BitString::from_bytes(signature.as_bytes()).unwrap().to_der().unwrap();
    let algorithm = certificate.signature_algorithm().to_der().unwrap();
    let parts = [contents, algorithm, signature].concat();
    AnyRef::new(Tag::Sequence, &parts).unwrap().to_der().unwrap()
}

fn attestation_authority() -> SigningKey {
    let fixture: Json = serde_json::from_str(FIXTURE).unwrap();
    let key = hex::decode(fixture["attestation_root"]["attestation_ca_key"].as_str().unwrap());
    SigningKey::from_slice(&key.unwrap()).unwrap()
}

#[test]
fn the_android_key_description_is_rebuilt() {
    let case = Case::named("android-key-es256");
    let object = AttestationObject::decode(&case.registration().bytes("attestationObject"));
    let statement = android_key::Statement::decode(object.unwrap().statement).unwrap();
    let [leaf] = statement.certificate_chain.as_slice() else { panic!("one certificate") };
    let description = KeyDescription::from_certificate(leaf).unwrap();
    let client_data = case.registration().bytes("clientDataJSON");
    assert_eq!(description.attestation_challenge, sha256(&client_data));
    assert_eq!(description.attestation_version, 300);
    assert_eq!(description.attestation_security_level, SecurityLevel::Software);
    let bytes = description.encode().unwrap();
    assert!(leaf.windows(bytes.len()).any(|window| window == bytes));
}

#[test]
fn other_statements_are_not_taken_for_ours() {
    let statement = |name| {
        let object = Case::named(name).registration().bytes("attestationObject");
        AttestationObject::decode(&object).unwrap().statement
    };
    assert!(packed::SelfStatement::decode(statement("packed-self-es256")).is_ok());
    for name in ["none-es256", "packed-es256", "packed-eddsa", "apple-es256", "tpm-es256"] {
        assert!(packed::SelfStatement::decode(statement(name)).is_err(), "{name}");
    }
    for name in ["none-es256", "packed-self-es256", "apple-es256"] {
        assert!(android_key::Statement::decode(statement(name)).is_err(), "{name}");
    }
}

fn options(half: &Half<'_>) -> String {
    serde_json::json!({
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "AA", "name": "n", "displayName": "d"},
        "challenge": base64url::encode(&half.bytes("challenge")),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "rpId": "example.org",
        "allowCredentials": [{
            "type": "public-key",
            "id": base64url::encode(&half.case.registration().bytes("credential_id")),
        }],
    })
    .to_string()
}

fn member(json: &str, name: &str) -> Vec<u8> {
    let json: Json = serde_json::from_str(json).unwrap();
    base64url::decode(json["response"][name].as_str().unwrap()).unwrap()
}

fn ok(map: &[u8]) -> Vec<u8> {
    [&[0x00], map].concat()
}

/// From options to response JSON, for the halves whose client data has no extra members.
#[test]
fn a_client_gives_relying_parties_the_published_bytes() {
    let origin = WebOrigin::parse(ORIGIN).unwrap();
    let embedded = Embedded::In(WebOrigin::parse(TOP_ORIGIN).unwrap());
    let callers = [
        ("none-es256-long-credential-id", Caller::page(origin.clone())),
        ("none-es256-topOrigin", Caller::Web(WebPage { origin, embedded })),
    ];
    for (name, caller) in callers {
        let case = Case::named(name);
        let half = case.registration();
        let registration = Registration::new(&options(&half), &caller).unwrap();
        let response = make_credential::Response {
            format: "none".into(),
            auth_data: case.registration_data(),
            statement: Map::new(),
        };
        let json = registration.finish(&ok(&response.encode())).unwrap();
        assert_eq!(member(&json, "clientDataJSON"), half.bytes("clientDataJSON"));
        assert_eq!(member(&json, "attestationObject"), half.bytes("attestationObject"));
    }
    let case = Case::named("none-es256-long-credential-id");
    let half = case.authentication();
    let caller = Caller::page(WebOrigin::parse(ORIGIN).unwrap());
    let response = get_assertion::Response {
        credential_id: case.registration().bytes("credential_id"),
        auth_data: half.bytes("authenticatorData"),
        signature: half.bytes("signature"),
        user_handle: None,
        user_selected: false,
    };
    let authentication = Authentication::new(&options(&half), &caller).unwrap();
    let json = authentication.finish(&ok(&response.encode())).unwrap();
    for name in ["clientDataJSON", "authenticatorData", "signature"] {
        assert_eq!(member(&json, name), half.bytes(name));
    }
}
