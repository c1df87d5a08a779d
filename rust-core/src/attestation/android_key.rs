//! The `android-key` attestation statement, WebAuthn Level 3 §8.4.

use alloc::vec::Vec;

use crate::ctap::{
    cbor::{Map, Value},
    cose::ES256,
};

/// The statement `{alg, sig, x5c}`.
///
/// `signature` is by the credential key over authenticator data ‖ client data hash; `certificates` are
/// DER, the credential key's own first.
pub fn statement(signature: &[u8], certificates: &[Vec<u8>]) -> Map {
    let certificates = certificates.iter().map(|der| der.as_slice().into()).collect();
    Map::from_iter([
        ("alg", Value::from(ES256)),
        ("sig", Value::from(signature)),
        ("x5c", Value::Array(certificates)),
    ])
}
