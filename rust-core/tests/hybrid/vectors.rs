//! Published and captured values, piece by piece.

use serde_json::Value;
use wardkey_core::hybrid::crypter::{Crypter, TransportKeys};
use wardkey_core::hybrid::digits;
use wardkey_core::hybrid::eid::{Advert, EidKey};
use wardkey_core::hybrid::keys::{Psk, QrSecret};
use wardkey_core::hybrid::noise::{Established, Initiator, Responder};
use wardkey_core::hybrid::point::PrivateKey;
use wardkey_core::hybrid::tunnel::TunnelDomain;

/// One file of `fixtures/hybrid`.
pub(crate) struct Fixture(Value);

impl Fixture {
    pub(crate) fn load(name: &str) -> Self {
        let path = format!("{}/../fixtures/hybrid/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self(serde_json::from_str(&text).unwrap())
    }

    pub(crate) fn input(&self, name: &str) -> Vec<u8> {
        bytes(&self.0["input"][name])
    }

    pub(crate) fn input_value(&self, name: &str) -> &Value {
        &self.0["input"][name]
    }

    pub(crate) fn expect(&self, name: &str) -> Vec<u8> {
        bytes(&self.0["expect"][name])
    }

    pub(crate) fn key(&self, name: &str) -> PrivateKey {
        PrivateKey::from_bytes(array(&self.input(name))).unwrap()
    }

    fn assert_established(&self, established: &Established) {
        assert_eq!(established.hash.as_slice(), self.expect("handshake_hash"));
        let TransportKeys { to_phone, to_workstation } = &established.keys;
        assert_eq!(to_phone.as_bytes().as_slice(), self.expect("client_to_phone_key"));
        assert_eq!(to_workstation.as_bytes().as_slice(), self.expect("phone_to_client_key"));
    }

    fn pairs(&self) -> Vec<(&Value, &Value)> {
        let [input, expect] = ["input", "expect"].map(|name| self.0[name].as_array().unwrap());
        assert_eq!(input.len(), expect.len());
        assert!(!input.is_empty());
        input.iter().zip(expect).collect()
    }
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a hexadecimal string")).unwrap()
}

pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}

#[test]
fn every_fixture_states_its_claim_and_source() {
    let folder = format!("{}/../fixtures/hybrid", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    // Each has a test; a new file must get one.
    assert_eq!(
        names,
        [
            "chromium-create",
            "chromium-get",
            "chromium-get-again",
            "firefox-advert",
            "iphone-get",
            "link-signature",
            "noise-knpsk0",
            "noise-nkpsk0",
            "qr-digits",
            "tunnel-domains",
        ]
    );
    for name in names {
        let Fixture(fixture) = Fixture::load(&name);
        for member in ["comment", "source", "spec"] {
            assert!(fixture[member].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
    }
}

#[test]
fn digits_of_known_bytes() {
    for (input, expect) in Fixture::load("qr-digits").pairs() {
        assert_eq!(digits::encode(&bytes(input)), expect.as_str().unwrap());
        assert_eq!(digits::decode(expect.as_str().unwrap()).unwrap(), bytes(input));
    }
}

#[test]
fn names_of_known_domains() {
    for (input, expect) in Fixture::load("tunnel-domains").pairs() {
        let id = input.as_u64().unwrap().try_into().unwrap();
        assert_eq!(TunnelDomain::new(id).unwrap().name(), expect.as_str().unwrap());
    }
    assert_eq!(TunnelDomain::new(0).unwrap().name(), "cable.ua5v.com");
    assert_eq!(TunnelDomain::new(1).unwrap().name(), "cable.auth.com");
    assert!((2..=255).all(|id| TunnelDomain::new(id).is_none()));
    assert!((256..=u16::MAX).all(|id| TunnelDomain::new(id).is_some()));
}

#[test]
fn advert_of_firefox() {
    let fixture = Fixture::load("firefox-advert");
    let secret = QrSecret::new(array(&fixture.input("secret")));
    assert_eq!(secret.tunnel_id().0.as_slice(), fixture.expect("tunnel_id"));
    let advert = Advert::from_service_data(&fixture.input("advert")).unwrap();
    let eid = secret.eid_key().decrypt(&advert).unwrap();
    assert_eq!(eid.to_bytes().as_slice(), fixture.expect("eid_plaintext"));
    assert_eq!(secret.eid_key().encrypt(&eid), advert);
}

#[test]
fn handshake_after_a_code() {
    let fixture = Fixture::load("noise-knpsk0");
    let psk = Psk::new(array(&fixture.input("psk")));
    let identity = fixture.key("client_identity_private");
    let responder =
        Responder::for_qr(&psk, &identity.public_key(), fixture.key("phone_ephemeral_private"));
    let (initiator, message1) =
        Initiator::from_qr(&psk, identity, fixture.key("client_ephemeral_private"));
    assert_eq!(message1, fixture.expect("message1"));
    let (phone, message2) = responder.respond(&message1).unwrap();
    assert_eq!(message2, fixture.expect("message2"));
    fixture.assert_established(&phone);
    fixture.assert_established(&initiator.finish(&message2).unwrap());
    // What the published test sends over the established keys.
    let mut crypter = Crypter::phone(phone.keys);
    crypter.open(fixture.input("to_phone_message")).unwrap();
}

#[test]
fn handshake_of_a_linked_pair() {
    let fixture = Fixture::load("noise-nkpsk0");
    let psk = Psk::new(array(&fixture.input("psk")));
    let identity = fixture.key("phone_identity_private");
    let (initiator, message1) =
        Initiator::linked(&psk, &identity.public_key(), fixture.key("client_ephemeral_private"));
    assert_eq!(message1, fixture.expect("message1"));
    let responder = Responder::linked(&psk, identity, fixture.key("phone_ephemeral_private"));
    let (phone, message2) = responder.respond(&message1).unwrap();
    assert_eq!(message2, fixture.expect("message2"));
    fixture.assert_established(&phone);
    fixture.assert_established(&initiator.finish(&message2).unwrap());
}

#[test]
fn signature_of_a_link() {
    let fixture = Fixture::load("link-signature");
    // The handshake that has this hash.
    let linked = Fixture::load("noise-nkpsk0");
    let psk = Psk::new(array(&linked.input("psk")));
    let ephemeral = linked.key("client_ephemeral_private");
    let phone = linked.key("phone_identity_private");
    let (_, message1) = Initiator::linked(&psk, &phone.public_key(), ephemeral);
    let responder = Responder::linked(&psk, phone, linked.key("phone_ephemeral_private"));
    let (established, _) = responder.respond(&message1).unwrap();
    assert_eq!(established.hash.as_slice(), fixture.input("handshake_hash"));

    let [identity, code] =
        ["phone_identity_private", "client_qr_private"].map(|name| fixture.key(name));
    let signature = established.link_signature(&identity, &code.public_key());
    assert_eq!(signature.as_slice(), fixture.expect("signature"));
    assert!(established.proves_link(&code, &identity.public_key(), &signature));
    for bit in 0..256 {
        let mut other = signature;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!established.proves_link(&code, &identity.public_key(), &other));
    }
    assert!(!established.proves_link(&code, &identity.public_key(), &signature[..31]));
}

#[test]
fn keys_and_messages_of_an_iphone() {
    let fixture = Fixture::load("iphone-get");
    let secret = QrSecret::new(array(&fixture.input("qr_secret")));
    assert_eq!(secret.tunnel_id().0.as_slice(), fixture.expect("tunnel_id"));
    let advert = Advert::from_service_data(&fixture.input("advert")).unwrap();
    let eid = secret.eid_key().decrypt(&advert).unwrap();
    assert_eq!(eid.to_bytes().as_slice(), fixture.expect("eid_plaintext"));
    let key = EidKey::new(&array(&fixture.expect("eid_key")));
    assert_eq!(key.encrypt(&eid), advert);
    assert_eq!(secret.eid_key().encrypt(&eid), advert);
    let psk = secret.psk(&eid);
    assert_eq!(psk.as_bytes().as_slice(), fixture.expect("psk"));

    let (initiator, message1) = Initiator::from_qr(
        &psk,
        fixture.key("client_identity_private"),
        fixture.key("client_ephemeral_private"),
    );
    assert_eq!(message1, fixture.expect("message1"));
    let established = initiator.finish(&fixture.input("message2")).unwrap();
    fixture.assert_established(&established);

    let padded = fixture.expect("request_padded");
    let length = padded.len() - 1 - usize::from(*padded.last().unwrap());
    let mut crypter = Crypter::workstation(established.keys);
    let request = crypter.seal(&padded[..length]).unwrap();
    assert_eq!(request, fixture.expect("request_ciphertext"));
}
