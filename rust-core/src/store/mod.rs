//! Which credentials there are: everything but their private keys.
//!
//! A [`CredentialStore`] keeps the list in memory and its host keeps one snapshot of it. Each change
//! builds the new list, has the host replace the snapshot, and only then becomes visible; so memory and
//! disk agree after every failure, and a process killed at any instant finds the old or the new list.

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
pub trait SnapshotStorage: Send + Sync {
    /// The snapshot, or `None` if none was ever saved.
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError>;

    /// Replaces the snapshot atomically and durably: after a crash at any instant `load` gives the old
    /// or the new one, and after success the new one.
    fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError>;
}

/// The host could not read or write; says what failed, for people.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// Why the store could not be opened or changed.
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
        let (replaced, mut kept): (Vec<_>, Vec<_>) =
            self.credentials.iter().cloned().partition(|old| credential.replaces(old));
        kept.push(credential);
        self.save(kept)?;
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
        let (mut removed, kept): (Vec<_>, Vec<_>) =
            self.credentials.iter().cloned().partition(|credential| credential.id == id);
        let removed = removed.pop().ok_or(StoreError::NotFound)?;
        self.save(kept)?;
        Ok(removed)
    }

    fn update(
        &mut self,
        id: &[u8],
        change: impl FnOnce(&mut Credential),
    ) -> Result<(), StoreError> {
        let mut credentials = self.credentials.clone();
        let credential = credentials.iter_mut().find(|credential| credential.id == id);
        change(credential.ok_or(StoreError::NotFound)?);
        self.save(credentials)
    }

    fn save(&mut self, credentials: Vec<Credential>) -> Result<(), StoreError> {
        let snapshot = snapshot::encode(&credentials);
        // What is written must be readable again.
        if snapshot.len() > MAX_MESSAGE_BYTES {
            return Err(StoreError::Full);
        }
        self.storage.replace(&snapshot)?;
        self.credentials = credentials;
        Ok(())
    }
}
