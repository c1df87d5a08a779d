//! An authenticator and its client, made of software. Its fields are what a test bends.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ciborium::Value as Cbor;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use crate::common::Running;

pub(crate) const UP: u8 = 0x01;
pub(crate) const UV: u8 = 0x04;
pub(crate) const BE: u8 = 0x08;
pub(crate) const BS: u8 = 0x10;
const AT: u8 = 0x40;

const AAGUID: [u8; 16] = *b"wardkey-test-aag";

/// Makes `attStmt` from what is to be signed: authenticator data and client data hash.
pub(crate) type Statement = Box<dyn Fn(&Phone, &[u8], &[u8]) -> Cbor + Send>;

pub(crate) struct Phone {
    pub(crate) pkcs8: Vec<u8>,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) user_id: Option<Vec<u8>>,
    pub(crate) counter: u32,
    pub(crate) counts: bool,
    pub(crate) flags: u8,
    pub(crate) rp_id: String,
    pub(crate) origin: String,
    pub(crate) kind: Option<&'static str>,
    pub(crate) challenge: Option<String>,
    pub(crate) cross_origin: bool,
    pub(crate) format: &'static str,
    pub(crate) statement: Statement,
}

impl Phone {
    pub(crate) fn new(origin: &str) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .unwrap();
        let credential_id = digest(&SHA256, pkcs8.as_ref()).as_ref()[..16].to_vec();
        Self {
            pkcs8: pkcs8.as_ref().to_vec(),
            credential_id,
            user_id: None,
            counter: 1,
            counts: true,
            flags: UP | UV,
            rp_id: "localhost".to_owned(),
            origin: origin.to_owned(),
            kind: None,
            challenge: None,
            cross_origin: false,
            format: "none",
            statement: Box::new(|_, _, _| Cbor::Map(Vec::new())),
        }
    }

    /// The same phone, with its browser at this sandbox.
    pub(crate) fn at(mut self, running: &Running) -> Self {
        self.origin.clone_from(&running.origin);
        self
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, &random)
            .unwrap();
        key.sign(&random, bytes).unwrap().as_ref().to_vec()
    }

    fn public_key(&self) -> Vec<u8> {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, &random)
            .unwrap();
        key.public_key().as_ref().to_vec()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": self.challenge.as_deref().unwrap_or_else(|| options["challenge"].as_str().unwrap()),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, extra_flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(self.flags | extra_flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn attested_data(&self) -> Vec<u8> {
        let point = self.public_key();
        let cose = Cbor::Map(vec![
            (1.into(), 2.into()),
            (3.into(), (-7).into()),
            ((-1).into(), 1.into()),
            ((-2).into(), Cbor::Bytes(point[1..33].to_vec())),
            ((-3).into(), Cbor::Bytes(point[33..].to_vec())),
        ]);
        let length = u16::try_from(self.credential_id.len()).unwrap();
        [
            &self.authenticator_data(AT),
            &AAGUID[..],
            &length.to_be_bytes(),
            &self.credential_id,
            &encode(&cose),
        ]
        .concat()
    }

    /// `RegistrationResponseJSON` for `PublicKeyCredentialCreationOptionsJSON`.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.user_id = Some(from_base64(options["user"]["id"].as_str().unwrap()));
        let client_data = self.client_data("webauthn.create", options);
        let data = self.attested_data();
        let statement = (self.statement)(self, &data, digest(&SHA256, &client_data).as_ref());
        let object = encode(&Cbor::Map(vec![
            ("fmt".into(), self.format.into()),
            ("attStmt".into(), statement),
            ("authData".into(), Cbor::Bytes(data)),
        ]));
        let id = to_base64(&self.credential_id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": to_base64(&client_data),
                "attestationObject": to_base64(&object),
                "transports": ["hybrid", "internal", "from-the-future"],
            },
        })
    }

    /// `AuthenticationResponseJSON` for `PublicKeyCredentialRequestOptionsJSON`.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        self.counter += u32::from(self.counts);
        let data = self.authenticator_data(0);
        let signature = self.sign(&[&data, digest(&SHA256, &client_data).as_ref()].concat());
        let id = to_base64(&self.credential_id);
        let mut credential = json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": to_base64(&client_data),
                "authenticatorData": to_base64(&data),
                "signature": to_base64(&signature),
            },
        });
        if let Some(user_id) = &self.user_id {
            credential["response"]["userHandle"] = to_base64(user_id).into();
        }
        credential
    }
}

pub(crate) fn encode(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}
