//! Which credentials there are: everything but their private keys.
//!
//! A [`CredentialStore`] keeps the list in memory and its host keeps one snapshot of it. Each change
//! has the host replace the snapshot and only then becomes visible; so memory and disk agree after every
//! failure, and a process killed at any instant finds the old or the new list.
//!
//! ```
//! use std::sync::{Mutex, PoisonError};
//! use wardkey_core::store::{
//!     Credential, CredentialStore, KeyState, SnapshotStorage, StorageError, StoreError,
//! };
//! # use wardkey_core::{
//! #     ctap::{cose::PublicKey, request::{RelyingParty, User}},
//! #     hybrid::point::PrivateKey,
//! #     keystore::SecurityLevel,
//! # };
//!
//! /// Lost with the process. A host would write a new file, sync it, and rename it over the old one.
//! #[derive(Default)]
//! struct Memory(Mutex<Option<Vec<u8>>>);
//!
//! impl SnapshotStorage for Memory {
//!     fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
//!         Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
//!     }
//!
//!     fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
//!         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.to_vec());
//!         Ok(())
//!     }
//! }
//!
//! # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
//! # let public_key = PublicKey::from_sec1(&point)?;
//! let credential = Credential {
//!     id: b"credential id".to_vec(),
//!     rp: RelyingParty { id: "example.org".into(), name: None },
//!     user: User { id: vec![1], name: None, display_name: Some("Test clinician".into()) },
//!     public_key,
//!     security_level: SecurityLevel::StrongBox,
//!     counter: 0,
//!     discoverable: true,
//!     state: KeyState::Usable,
//!     created: 1_767_225_600,
//!     last_used: None,
//!     witness: None,
//! };
//! let mut store = CredentialStore::open(Memory::default())?;
//! store.add(credential.clone())?;
//! assert_eq!(store.record_use(b"credential id", 1_767_225_700), Ok(1));
//!
//! // Another passkey for the same account takes the place of the first.
//! let replaced = store.add(Credential { id: b"newer id".to_vec(), ..credential })?;
//! assert_eq!(replaced[0].id, b"credential id");
//! assert_eq!(store.credentials().len(), 1);
//! assert_eq!(store.record_use(b"credential id", 0), Err(StoreError::NotFound));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod credential;
mod snapshot;

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::ctap::cbor::MAX_MESSAGE_BYTES;

pub use credential::{Credential, KeyState};
pub use snapshot::{SnapshotError, VERSION};

/// Where the host keeps the snapshot.
///
/// Synchronous on purpose: a future that is dropped while it waits for a write would leave nobody who
/// knows whether the write happened.
///
/// The [module's example](self) has one in memory.
pub trait SnapshotStorage: Send + Sync {
    /// The snapshot, or `None` if none was ever saved.
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError>;

    /// Replaces the snapshot atomically and durably: after a crash at any instant `load` gives the old
    /// or the new one, and after success the new one.
    fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError>;
}

/// The host could not read or write; says what failed, for people.
///
/// ```
/// use wardkey_core::store::{CredentialStore, SnapshotStorage, StorageError, StoreError};
///
/// #[derive(Debug)]
/// struct Unreadable;
///
/// impl SnapshotStorage for Unreadable {
///     fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
///         Err(StorageError("credentials.cbor: permission denied".into()))
///     }
///
///     fn replace(&self, _: &[u8]) -> Result<(), StorageError> {
///         self.load().map(drop)
///     }
/// }
///
/// let error = CredentialStore::open(Unreadable).unwrap_err();
/// assert!(matches!(error, StoreError::Storage(_)));
/// assert!(error.to_string().ends_with("credentials.cbor: permission denied"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// Why the store could not be opened or changed.
///
/// See the examples of [`StorageError`], [`SnapshotError`] and the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The host failed.
    #[error("the saved credentials cannot be reached: {0}")]
    Storage(#[from] StorageError),
    /// What the host has is not a snapshot this program can read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// There is no room for another credential.
    #[error("there is no room for another passkey: remove one that is no longer needed")]
    Full,
    /// No credential has this id.
    #[error("there is no such passkey on this device")]
    NotFound,
    /// The signature counter has reached its end.
    #[error("this passkey has signed as often as it can: register a new one")]
    CounterExhausted,
}

/// The credentials on this authenticator.
///
/// The [module's example](self) fills one.
#[derive(Debug)]
pub struct CredentialStore<S> {
    storage: S,
    credentials: Vec<Credential>,
}

impl<S: SnapshotStorage> CredentialStore<S> {
    /// Reads the snapshot. One that is damaged or too new is an error and stays where it is.
    pub fn open(storage: S) -> Result<Self, StoreError> {
        let credentials = match storage.load()? {
            Some(bytes) => snapshot::decode(&bytes)?,
            None => Vec::new(),
        };
        Ok(Self { storage, credentials })
    }

    /// All credentials, oldest first.
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }

    /// The credential with this id.
    pub fn get(&self, id: &[u8]) -> Option<&Credential> {
        self.credentials.iter().find(|credential| credential.id == id)
    }

    /// Adds a credential in place of those it [replaces](Credential::replaces), and returns these.
    pub fn add(&mut self, credential: Credential) -> Result<Vec<Credential>, StoreError> {
        let kept = self.credentials.iter().filter(|old| !credential.replaces(old));
        self.save(kept.chain([&credential]))?;
        let replaced = self.credentials.extract_if(.., |old| credential.replaces(old)).collect();
        self.credentials.push(credential);
        Ok(replaced)
    }

    /// Counts an assertion at `now` (seconds since 1970) and returns the new counter.
    pub fn record_use(&mut self, id: &[u8], now: u64) -> Result<u32, StoreError> {
        let counter = self.get(id).ok_or(StoreError::NotFound)?.counter;
        let counter = counter.checked_add(1).ok_or(StoreError::CounterExhausted)?;
        self.update(id, |credential| {
            credential.counter = counter;
            credential.last_used = Some(now);
        })?;
        Ok(counter)
    }

    /// Remembers that the hardware destroyed the key.
    pub fn mark_invalidated(&mut self, id: &[u8]) -> Result<(), StoreError> {
        self.update(id, |credential| credential.state = KeyState::Invalidated)
    }

    /// Forgets a credential and returns it. Its key is the caller's to delete, afterwards.
    pub fn remove(&mut self, id: &[u8]) -> Result<Credential, StoreError> {
        self.get(id).ok_or(StoreError::NotFound)?;
        self.save(self.credentials.iter().filter(|credential| credential.id != id))?;
        let removed = self.credentials.extract_if(.., |credential| credential.id == id).last();
        removed.ok_or(StoreError::NotFound)
    }

    fn update(
        &mut self,
        id: &[u8],
        change: impl FnOnce(&mut Credential),
    ) -> Result<(), StoreError> {
        let current = self.get(id).ok_or(StoreError::NotFound)?;
        let mut changed = current.clone();
        change(&mut changed);
        let is_current = |old| core::ptr::eq(old, current);
        let credentials = self.credentials.iter();
        self.save(credentials.map(|old| if is_current(old) { &changed } else { old }))?;
        if let Some(credential) = self.credentials.iter_mut().find(|old| old.id == id) {
            *credential = changed;
        }
        Ok(())
    }

    /// Has the host keep these credentials; for the caller to make them the list, if that succeeds.
    fn save<'a>(
        &self,
        credentials: impl Iterator<Item = &'a Credential>,
    ) -> Result<(), StoreError> {
        let snapshot = snapshot::encode(credentials);
        // What is written must be readable again.
        if snapshot.len() > MAX_MESSAGE_BYTES {
            return Err(StoreError::Full);
        }
        match self.storage.replace(&snapshot) {
            // A host may fail after the snapshot stands, when it flushes the folder. Then the change has
            // happened, and to treat it as undone would delete the key of a credential that is saved.
            Err(error) if self.storage.load().as_ref() != Ok(&Some(snapshot)) => Err(error.into()),
            _ => Ok(()),
        }
    }
}
