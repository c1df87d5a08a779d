//! What a host kept that cannot be used.

use alloc::string::String;

use thiserror::Error;

use crate::keystore::{KeyAlias, KeyError};

/// Why a store of software keys, or its attestation, cannot be opened. What the host kept is left as it was
/// found.
///
/// ```
/// use wardkey_core::keystore::software::{OpenError, TestAttestation};
///
/// let bytes = TestAttestation::generate(1_767_225_600)?.to_bytes();
/// let error = TestAttestation::from_bytes(&bytes[1..]).unwrap_err();
/// assert!(matches!(error, OpenError::DamagedAttestation(_)));
/// # Ok::<(), wardkey_core::keystore::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The host cannot read its records.
    #[error(transparent)]
    Records(#[from] KeyError),
    /// A record holds something else.
    #[error("the record of {0:?} is not a P-256 private key")]
    NotAKey(KeyAlias),
    /// The attestation was kept by a later version of this program.
    #[error(
        "the test attestation was saved by a newer version (format {found}): update this program"
    )]
    NewerAttestation {
        /// The version it has.
        found: u64,
    },
    /// The attestation is not what was kept.
    #[error("the test attestation is damaged: {0}")]
    DamagedAttestation(String),
}
