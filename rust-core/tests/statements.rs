//! Attestation statements that are not what they should be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use wardkey_core::{
    attestation::{InvalidStatement, android_key, packed},
    ctap::cbor::{FieldError, Map, Value},
};

fn chain() -> Vec<Vec<u8>> {
    vec![b"leaf".to_vec(), b"intermediate".to_vec()]
}

fn with(mut map: Map, name: &'static str, value: impl Into<Value>) -> Map {
    map.insert(name, value);
    map
}

fn without(mut map: Map, name: &'static str) -> Map {
    map.remove(name);
    map
}

#[test]
fn what_was_written_is_read() {
    let statement = android_key::Statement::decode(android_key::statement(b"s", &chain())).unwrap();
    assert_eq!(statement.signature, b"s");
    assert_eq!(statement.certificate_chain, chain());
    let statement = packed::SelfStatement::decode(packed::self_statement(b"s")).unwrap();
    assert_eq!(statement.signature, b"s");
}

#[test]
fn other_members_are_ignored() {
    let more = with(android_key::statement(b"s", &chain()), "ver", "1");
    assert!(android_key::Statement::decode(more).is_ok());
}

#[test]
fn every_member_has_to_be_there_and_of_its_type() {
    let decode = android_key::Statement::decode;
    let statement = || android_key::statement(b"s", &chain());
    for name in ["alg", "sig", "x5c"] {
        let error = decode(without(statement(), name)).unwrap_err();
        assert_eq!(error, InvalidStatement::Field(FieldError::Missing(name.into())));
        let error = decode(with(statement(), name, true)).unwrap_err();
        assert!(matches!(error, InvalidStatement::Field(FieldError::WrongType { .. })), "{name}");
    }
    let error = decode(with(statement(), "x5c", vec![Value::from("PEM")])).unwrap_err();
    assert!(matches!(error, InvalidStatement::Field(FieldError::WrongItem { .. })));
    assert_eq!(decode(android_key::statement(b"s", &[])), Err(InvalidStatement::NoCertificate));
}

#[test]
fn only_es256_is_read() {
    let rs256 = -257_i64;
    let map = with(android_key::statement(b"s", &chain()), "alg", rs256);
    assert_eq!(android_key::Statement::decode(map), Err(InvalidStatement::Algorithm(rs256)));
    let map = with(packed::self_statement(b"s"), "alg", rs256);
    assert_eq!(packed::SelfStatement::decode(map), Err(InvalidStatement::Algorithm(rs256)));
}

#[test]
fn a_chain_is_no_self_attestation() {
    let map = android_key::statement(b"s", &chain());
    assert_eq!(packed::SelfStatement::decode(map), Err(InvalidStatement::NotSelfAttestation));
}
