//! What the statement formats have in common.

use alloc::vec::Vec;

use thiserror::Error;

use crate::ctap::{
    cbor::{FieldError, Map, Value},
    cose::ES256,
};

/// Why an attestation statement cannot be read.
///
/// ```
/// use wardkey_core::attestation::{InvalidStatement, android_key, packed::SelfStatement};
///
/// // Certificates are evidence of another kind.
/// let map = android_key::statement(b"signature", &[b"leaf".to_vec()]);
/// assert_eq!(SelfStatement::decode(map), Err(InvalidStatement::NotSelfAttestation));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidStatement {
    /// A member is missing or of the wrong type.
    #[error("the attestation statement is malformed: {0}")]
    Field(#[from] FieldError),
    /// The statement is made with another algorithm than ES256.
    #[error("the attestation statement uses algorithm {0} instead of ES256")]
    Algorithm(i64),
    /// The format carries certificates, but there is none.
    #[error("the attestation statement has no certificate")]
    NoCertificate,
    /// Self attestation carries no certificates, but there is one.
    #[error("the attestation statement has certificates, so it is not self attestation")]
    NotSelfAttestation,
}

/// `{alg, sig}`, to which a format adds its own.
pub(super) fn signed(signature: &[u8]) -> Map {
    Map::from_iter([("alg", Value::from(ES256)), ("sig", Value::from(signature))])
}

/// Takes `alg` and `sig`.
pub(super) fn take_signature(map: &mut Map) -> Result<Vec<u8>, InvalidStatement> {
    match map.required("alg")? {
        ES256 => Ok(map.required("sig")?),
        other => Err(InvalidStatement::Algorithm(other)),
    }
}
