//! `packed` with self attestation, WebAuthn Level 3 §8.2: the credential signs for itself, which proves
//! possession of its key and nothing about where that is.

use alloc::vec::Vec;

use super::statement::{InvalidStatement, signed, take_signature};
use crate::ctap::cbor::Map;

/// Attestation statement format identifier.
///
/// [`SelfStatement`] has the example of this module.
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
/// [`SelfStatement`] has an example.
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
