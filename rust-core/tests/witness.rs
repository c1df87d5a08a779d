//! The witness code: vectors computed elsewhere, and that every bit of every part counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "nobody has to agree to anything here")]
mod agreeable;

use agreeable::{Memory, run};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;
use wardkey_core::{
    ctap::{
        cbor::{self, Map, Value as Cbor},
        cose::PublicKey,
        request::{RelyingParty, User},
    },
    hybrid::point::PrivateKey,
    keystore::SecurityLevel,
    store::{Credential, CredentialStore, KeyState, SnapshotStorage, StoreError},
    webauthn::WitnessCode,
};

const FIXTURE: &str = include_str!("../../fixtures/webauthn/witness.json");

fn unhex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn codes_are_those_computed_elsewhere() {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let certificate = &case["attestation_certificate"];
        let certificate = (!certificate.is_null()).then(|| unhex(certificate));
        let code = WitnessCode::derive(
            &unhex(&case["credential_id"]),
            &PublicKey::from_cose(&unhex(&case["public_key"])).unwrap(),
            &unhex(&case["client_data_hash"]).try_into().unwrap(),
            certificate.as_deref(),
        );
        assert_eq!(code.to_string(), case["code"].as_str().unwrap(), "{}", case["comment"]);
    }
}

/// The parts of one code.
#[derive(Clone, Debug)]
struct Parts {
    id: Vec<u8>,
    key: u64,
    hash: [u8; 32],
    certificate: Vec<u8>,
}

impl Parts {
    fn any() -> impl Strategy<Value = Self> {
        let bytes = || vec(any::<u8>(), 1..64);
        (bytes(), 1..u64::MAX, any::<[u8; 32]>(), bytes())
            .prop_map(|(id, key, hash, certificate)| Self { id, key, hash, certificate })
    }

    fn code(&self) -> WitnessCode {
        let mut scalar = [0; 32];
        scalar[24..].copy_from_slice(&self.key.to_be_bytes());
        let point = PrivateKey::from_bytes(scalar).unwrap().public_key().to_uncompressed();
        let key = PublicKey::from_sec1(&point).unwrap();
        WitnessCode::derive(&self.id, &key, &self.hash, Some(&self.certificate))
    }
}

fn flip(bytes: &mut [u8], bit: Index) {
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Two codes agree by accident once in 10¹² times; a test that fails for that has been lucky.
    #[test]
    fn any_changed_bit_changes_the_code(parts in Parts::any(), which in 0..4, bit: Index) {
        let mut other = parts.clone();
        match which {
            0 => flip(&mut other.id, bit),
            1 => other.key = other.key % (u64::MAX - 1) + 1,
            2 => flip(&mut other.hash, bit),
            _ => flip(&mut other.certificate, bit),
        }
        prop_assert_ne!(parts.code(), other.code());
    }

    #[test]
    fn a_byte_cannot_move_to_the_next_part(mut parts in Parts::any()) {
        let code = parts.code();
        let byte = parts.id.pop().unwrap();
        parts.certificate.insert(0, byte);
        prop_assert_ne!(parts.code(), code);
    }

    #[test]
    fn it_is_twelve_digits_and_comes_back_from_storage(parts in Parts::any()) {
        let code = parts.code();
        let text = code.to_string();
        let groups: Vec<_> = text.split(' ').collect();
        prop_assert_eq!(groups.len(), 3);
        let digits = |group: &&str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_digit());
        prop_assert!(groups.iter().all(digits), "{}", text);
        prop_assert_eq!(WitnessCode::from_number(code.number()), Some(code));
        prop_assert_eq!(text.replace(' ', "").parse::<u64>().unwrap(), code.number());
    }
}

#[test]
fn no_certificate_is_not_any_certificate() {
    let point = PrivateKey::from_bytes([1; 32]).unwrap().public_key().to_uncompressed();
    let key = PublicKey::from_sec1(&point).unwrap();
    let without = WitnessCode::derive(b"id", &key, &[0; 32], None);
    assert_ne!(without, WitnessCode::derive(b"id", &key, &[0; 32], Some(&[0])));
}

#[test]
fn thirteen_digits_are_no_code() {
    assert_eq!(WitnessCode::from_number(999_999_999_999).unwrap().to_string(), "9999 9999 9999");
    assert_eq!(WitnessCode::from_number(1_000_000_000_000), None);
    assert_eq!(WitnessCode::from_number(u64::MAX), None);
}

/// Changes the one credential in the snapshot, checksum and all.
fn edit(memory: &Memory, change: impl FnOnce(&mut Map)) {
    let snapshot = run(memory.load()).unwrap().unwrap();
    let mut map: Map = cbor::decode(&snapshot).unwrap().into_type().unwrap();
    let credentials: Vec<u8> = map.required(2).unwrap();
    let list: Vec<Cbor> = cbor::decode(&credentials).unwrap().into_type().unwrap();
    let mut credential: Map = list[0].clone().into_type().unwrap();
    change(&mut credential);
    let credentials = Cbor::Array(vec![credential.into()]).encode();
    let checksum = ring::digest::digest(&ring::digest::SHA256, &credentials);
    map.insert(2, Cbor::from(credentials));
    map.insert(3, Cbor::from(checksum.as_ref()));
    run(memory.replace(&Cbor::from(map).encode())).unwrap();
}

fn credential(witness: Option<WitnessCode>) -> Credential {
    let point = PrivateKey::from_bytes([1; 32]).unwrap().public_key().to_uncompressed();
    Credential {
        id: b"credential id".to_vec(),
        rp: RelyingParty { id: "example.org".into(), name: None },
        user: User {
            id: b"user handle".to_vec(),
            name: Some("user name".into()),
            display_name: None,
        },
        public_key: PublicKey::from_sec1(&point).unwrap(),
        security_level: SecurityLevel::StrongBox,
        counter: 0,
        discoverable: true,
        state: KeyState::Usable,
        created: 0,
        last_used: None,
        witness,
    }
}

fn stored(witness: Option<WitnessCode>) -> Memory {
    let memory = Memory::default();
    let mut store = run(CredentialStore::open(memory.clone())).unwrap();
    run(store.add(credential(witness))).unwrap();
    memory
}

fn reopened(memory: &Memory) -> Result<Option<WitnessCode>, StoreError> {
    Ok(run(CredentialStore::open(memory.clone()))?.credentials()[0].witness)
}

#[test]
fn debug_of_a_credential_shows_no_user_and_no_code() {
    let shown = format!("{:?}", credential(WitnessCode::from_number(123_456_789_012)));
    assert_eq!(
        shown,
        r#"Credential { rp_id: "example.org", security_level: StrongBox, counter: 0, state: Usable, .. }"#
    );
}

#[test]
fn a_saved_credential_keeps_its_code() {
    let code = WitnessCode::from_number(123_456_789_012);
    let memory = stored(code);
    assert_eq!(reopened(&memory), Ok(code));
    // As a version without codes saved it.
    edit(&memory, |credential| assert!(credential.remove(11).is_some()));
    assert_eq!(reopened(&memory), Ok(None));
    assert_eq!(reopened(&stored(None)), Ok(None));
}

#[test]
fn a_saved_number_that_is_no_code_is_damage() {
    let memory = stored(None);
    edit(&memory, |credential| {
        credential.insert(11, 1_000_000_000_000_u64);
    });
    assert!(matches!(reopened(&memory), Err(StoreError::Snapshot(_))));
}
