//! The `packed` attestation statement, WebAuthn Level 3 §8.2, as self attestation: the credential signs
//! for itself, which proves possession of its key and nothing about where that is.

use crate::ctap::{
    cbor::{Map, Value},
    cose::ES256,
};

/// The statement `{alg, sig}`; `signature` is over authenticator data ‖ client data hash.
pub fn self_statement(signature: &[u8]) -> Map {
    Map::from_iter([("alg", Value::from(ES256)), ("sig", Value::from(signature))])
}
