//! `packed` with self attestation, WebAuthn Level 3 §8.2: the credential signs for itself, which proves
//! possession of its key and nothing about where that is.

use alloc::vec::Vec;

use super::statement::{InvalidStatement, signed, take_signature};
use crate::ctap::cbor::Map;

/// Attestation statement format identifier.
///
/// ```
/// use wardkey_core::{attestation::packed, authenticator::AttestationFormat};
///
/// assert_eq!(AttestationFormat::PackedSelf.identifier(), packed::FORMAT);
/// ```
pub const FORMAT: &str = "packed";

/// What a statement says.
///
/// ```
/// use wardkey_core::attestation::packed::{SelfStatement, self_statement};
///
/// assert_eq!(SelfStatement::decode(self_statement(b"signature"))?.signature, b"signature");
/// # Ok::<(), wardkey_core::attestation::InvalidStatement>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfStatement {
    /// DER `ECDSA-Sig-Value` by the credential key over authenticator data ‖ client data hash.
    pub signature: Vec<u8>,
}

/// The statement `{alg, sig}`; `signature` is over authenticator data ‖ client data hash.
///
/// ```
/// use wardkey_core::{attestation::packed::self_statement, ctap::{cbor::Value, cose::ES256}};
///
/// let map = self_statement(b"signature");
/// assert_eq!(map.get("alg"), Some(&Value::from(ES256)));
/// assert_eq!(map.get("x5c"), None, "nobody else vouches");
/// ```
pub fn self_statement(signature: &[u8]) -> Map {
    signed(signature)
}

impl SelfStatement {
    /// Reads `{alg, sig}`. A statement with certificates is another kind of evidence, and refused.
    pub fn decode(mut map: Map) -> Result<Self, InvalidStatement> {
        if map.get("x5c").is_some() {
            return Err(InvalidStatement::NotSelfAttestation);
        }
        Ok(Self { signature: take_signature(&mut map)? })
    }
}
