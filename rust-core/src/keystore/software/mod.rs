//! Keys in memory and files, for hosts and tests: no hardware protects them.
//!
//! A [`SoftwareKeys`] store says so in [`GeneratedKey::security_level`], and the release policy refuses
//! its keys. So that the `android-key` format can be exercised from end to end all the same, it makes
//! certificates as Android would, under a root of its own that nobody trusts unasked:
//! [`TestAttestation`].
//!
//! ```
//! use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
//!
//! let now = 1_767_225_600; // 2026-01-01
//! let attestation = TestAttestation::generate(now)?;
//! assert!(attestation.root_pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attestation;
mod claim;
mod error;
mod key;
mod key_pair;
mod leaf;
mod records;

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, SecurityLevel, Verification,
    VerificationBinding,
};
use key::SoftwareKey;

pub use attestation::TestAttestation;
pub use claim::Claim;
pub use error::OpenError;
pub use records::{KeyRecord, KeyRecords, MemoryRecords};

/// A key store without hardware.
///
/// ```
/// use wardkey_core::keystore::{
///     KeyStore, VerificationBinding,
///     software::{MemoryRecords, SoftwareKeys, TestAttestation},
/// };
///
/// let now = 1_767_225_600;
/// let attestation = TestAttestation::generate(now)?;
/// let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// assert_eq!(keys.verification(), VerificationBinding::UserInterface);
/// assert!(keys.aliases()?.is_empty());
/// println!("trust this root: {}", keys.attestation().root_pem());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SoftwareKeys<R> {
    records: R,
    attestation: TestAttestation,
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
    keys: Mutex<BTreeMap<KeyAlias, SoftwareKey>>,
}

impl<R: KeyRecords> SoftwareKeys<R> {
    /// Reads every key the host has. `clock` gives seconds since 1970, for the certificates.
    ///
    /// Fails, and leaves everything as it is, if one of the records is not a key.
    pub fn open(
        records: R,
        attestation: TestAttestation,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let mut keys = BTreeMap::new();
        for KeyRecord { alias, private_key } in records.load()? {
            let Some(key) = SoftwareKey::from_pkcs8(private_key) else {
                return Err(OpenError::NotAKey(alias));
            };
            keys.insert(alias, key);
        }
        Ok(Self { records, attestation, clock: Box::new(clock), keys: Mutex::new(keys) })
    }

    /// The attestation root and intermediate this store certifies its keys with.
    pub const fn attestation(&self) -> &TestAttestation {
        &self.attestation
    }

    /// A thread that panicked cannot have left the map half changed, so its poison is ignored.
    fn keys(&self) -> MutexGuard<'_, BTreeMap<KeyAlias, SoftwareKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, request: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
        let key = SoftwareKey::generate()?;
        let certificate_chain = match request.attestation_challenge {
            Some(challenge) => self.attestation.certify(&key, challenge, (self.clock)())?,
            None => Vec::new(),
        };
        let generated = GeneratedKey {
            public_key: key.public_key().clone(),
            // The chain claims a trusted execution environment; this is the truth.
            security_level: SecurityLevel::Software,
            certificate_chain,
        };
        self.records.save(request.alias, key.pkcs8())?;
        self.keys().insert(request.alias.clone(), key);
        Ok(generated)
    }
}

impl<R: KeyRecords> KeyStore for SoftwareKeys<R> {
    fn verification(&self) -> VerificationBinding {
        VerificationBinding::UserInterface
    }

    async fn generate(&self, request: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
        self.make(request)
    }

    async fn sign(
        &self,
        alias: &KeyAlias,
        message: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        match verification {
            // Nothing here could show a prompt, let alone tie it to a signature.
            Verification::PerUse(_) => Err(KeyError::NotAuthenticated),
            Verification::Performed(_) => {
                self.keys().get(alias).ok_or(KeyError::NotFound)?.sign(message)
            }
        }
    }

    fn delete(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        self.records.remove(alias)?;
        self.keys().remove(alias);
        Ok(())
    }

    fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError> {
        Ok(self.keys().keys().cloned().collect())
    }
}

impl<R> fmt::Debug for SoftwareKeys<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareKeys").finish_non_exhaustive()
    }
}
