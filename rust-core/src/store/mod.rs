//! Which credentials there are: everything but their private keys.
//!
//! A [`CredentialStore`] keeps the list in memory and its host keeps one snapshot of it. Each change
//! has the host replace the snapshot and only then becomes visible; so memory and disk agree after every
//! failure, and a process killed at any instant finds the old or the new list. Where nobody could say whether
//! a change was made, because its future was dropped or the host does not answer, the store is
//! [in doubt](CredentialStore::is_in_doubt), and reads the snapshot again before it does anything else.
//!
//! ```
//! # use std::{pin::pin, task::{Context, Poll, Waker}};
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
//!     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
//!         Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
//!     }
//!
//!     async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
//!         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.to_vec());
//!         Ok(())
//!     }
//! }
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
//! #         Poll::Ready(output) => output,
//! #         Poll::Pending => unreachable!(),
//! #     }
//! # }
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
//! # block_on(async {
//! let mut store = CredentialStore::open(Memory::default()).await?;
//! store.add(credential.clone()).await?;
//! assert_eq!(store.record_use(b"credential id", 1_767_225_700).await, Ok(1));
//!
//! // Another passkey for the same account takes the place of the first.
//! let replaced = store.add(Credential { id: b"newer id".to_vec(), ..credential }).await?;
//! assert_eq!(replaced[0].id, b"credential id");
//! assert_eq!(store.credentials().len(), 1);
//! assert_eq!(store.record_use(b"credential id", 0).await, Err(StoreError::NotFound));
//! # Ok::<(), StoreError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod credential;
mod snapshot;
mod storage;

use alloc::vec::Vec;

use thiserror::Error;

use crate::ctap::cbor::MAX_MESSAGE_BYTES;

pub use credential::{Credential, KeyState};
pub use snapshot::{SnapshotError, VERSION};
pub use storage::{SnapshotStorage, StorageError};

/// Why the store could not be opened or changed.
///
/// ```
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::{Memory, run};
/// use wardkey_core::store::{CredentialStore, SnapshotStorage, StoreError};
///
/// let memory = Memory::default();
/// let mut store = run(CredentialStore::open(memory.clone()))?;
/// let unknown = run(store.remove(b"no such id")).err();
/// assert_eq!(unknown, Some(StoreError::NotFound));
///
/// // What is no snapshot is not taken for an empty one.
/// run(memory.replace(b"something else"))?;
/// assert!(matches!(run(CredentialStore::open(memory)), Err(StoreError::Snapshot(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// Bytes that new credentials leave free: those that are there grow when they are used, and must not be kept
/// from it by one that filled the store.
const ROOM_FOR_USE: usize = 128 << 10;

/// The credentials on this authenticator.
///
/// ```
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::{Memory, run};
/// # use wardkey_core::{
/// #     ctap::{cose::PublicKey, request::{RelyingParty, User}},
/// #     hybrid::point::PrivateKey,
/// #     keystore::SecurityLevel,
/// #     store::KeyState,
/// # };
/// use wardkey_core::store::{Credential, CredentialStore};
///
/// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
/// # let credential = Credential {
/// #     id: b"credential id".to_vec(),
/// #     rp: RelyingParty { id: "example.org".into(), name: None },
/// #     user: User { id: vec![1], name: None, display_name: None },
/// #     public_key: PublicKey::from_sec1(&point)?,
/// #     security_level: SecurityLevel::StrongBox,
/// #     counter: 0,
/// #     discoverable: true,
/// #     state: KeyState::Usable,
/// #     created: 1_767_225_600,
/// #     last_used: None,
/// #     witness: None,
/// # };
/// let memory = Memory::default();
/// let mut store = run(CredentialStore::open(memory.clone()))?;
/// run(store.add(credential))?;
/// run(store.record_use(b"credential id", 1_767_225_700))?;
/// drop(store);
///
/// // After the process has ended and begun again.
/// let mut store = run(CredentialStore::open(memory))?;
/// let credential: Option<&Credential> = store.get(b"credential id");
/// assert_eq!(credential.map(|it| (it.counter, it.last_used)), Some((1, Some(1_767_225_700))));
///
/// // The owner has enrolled another finger.
/// run(store.mark_invalidated(b"credential id"))?;
/// assert_eq!(store.credentials()[0].state, KeyState::Invalidated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CredentialStore<S> {
    storage: S,
    credentials: Vec<Credential>,
    is_saved: bool,
    in_doubt: bool,
}

impl<S: SnapshotStorage> CredentialStore<S> {
    /// Reads the snapshot. One that is damaged or too new is an error and stays where it is.
    ///
    /// Without a snapshot the store is empty. Whether it is new or was lost, only the keys can tell: see
    /// [`Authenticator::open`](crate::authenticator::Authenticator::open).
    pub async fn open(storage: S) -> Result<Self, StoreError> {
        let found = read(&storage).await?;
        let is_saved = found.is_some();
        Ok(Self { storage, credentials: found.unwrap_or_default(), is_saved, in_doubt: false })
    }

    /// Sees to it that there is a snapshot, before the first key is made: `has_keys`, asked if there is
    /// none, says whether the key store has any already. Keys without a snapshot are those of a list that
    /// was lost, which is [an error](SnapshotError::Missing) that changes nothing; without keys the list is
    /// new, and an empty one is saved.
    pub(crate) async fn begin<E: From<StoreError>>(
        &mut self,
        has_keys: impl FnOnce() -> Result<bool, E>,
    ) -> Result<(), E> {
        if self.is_saved {
            return Ok(());
        }
        if has_keys()? {
            return Err(StoreError::from(SnapshotError::Missing).into());
        }
        Ok(self.save(snapshot::encode(core::iter::empty())).await?)
    }

    /// Whether there is a snapshot.
    pub(crate) const fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// All credentials, oldest first.
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }

    /// The credential with this id.
    pub fn get(&self, id: &[u8]) -> Option<&Credential> {
        self.credentials.iter().find(|credential| credential.id == id)
    }

    /// Whether the last change may have been made or not: its future was dropped, or the host failed to
    /// write and then to read. The keys of both lists are needed until [`settle`](Self::settle) knows.
    pub const fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Reads the snapshot again if the store is in doubt, and says whether it was. Every change does this
    /// first.
    ///
    /// ```
    /// # use std::{pin::pin, sync::atomic::{AtomicBool, Ordering}, task::{Context, Poll, Waker}};
    /// # use wardkey_core::{
    /// #     ctap::{cose::PublicKey, request::{RelyingParty, User}},
    /// #     hybrid::point::PrivateKey, keystore::SecurityLevel, store::{Credential, KeyState},
    /// # };
    /// use wardkey_core::store::{CredentialStore, SnapshotStorage, StorageError};
    ///
    /// /// Fails while it is full.
    /// #[derive(Default)]
    /// struct Disk { is_full: AtomicBool }
    ///
    /// impl SnapshotStorage for &Disk {
    ///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
    ///         if self.is_full.load(Ordering::Relaxed) { Err(StorageError("full".into())) } else { Ok(None) }
    ///     }
    ///
    ///     async fn replace(&self, _: &[u8]) -> Result<(), StorageError> {
    ///         self.load().await.map(drop)
    ///     }
    /// }
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
    /// #         Poll::Ready(output) => output,
    /// #         Poll::Pending => unreachable!(),
    /// #     }
    /// # }
    /// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
    /// # let credential = Credential {
    /// #     id: b"credential id".to_vec(),
    /// #     rp: RelyingParty { id: "example.org".into(), name: None },
    /// #     user: User { id: vec![1], name: None, display_name: None },
    /// #     public_key: PublicKey::from_sec1(&point)?,
    /// #     security_level: SecurityLevel::StrongBox,
    /// #     counter: 0,
    /// #     discoverable: true,
    /// #     state: KeyState::Usable,
    /// #     created: 0,
    /// #     last_used: None,
    /// #     witness: None,
    /// # };
    ///
    /// # block_on(async {
    /// let disk = Disk::default();
    /// let mut store = CredentialStore::open(&disk).await?;
    /// disk.is_full.store(true, Ordering::Relaxed);
    /// assert!(store.add(credential).await.is_err());
    /// assert!(store.is_in_doubt(), "nobody can say what the disk holds");
    ///
    /// disk.is_full.store(false, Ordering::Relaxed);
    /// assert!(store.settle().await?);
    /// assert!(store.credentials().is_empty(), "the change was not made");
    /// # Ok::<(), wardkey_core::store::StoreError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn settle(&mut self) -> Result<bool, StoreError> {
        if !self.in_doubt {
            return Ok(false);
        }
        let found = read(&self.storage).await?;
        // What was saved once and is not there was lost since, whatever became of the change.
        if found.is_none() && self.is_saved {
            return Err(SnapshotError::Missing.into());
        }
        self.is_saved = found.is_some();
        self.credentials = found.unwrap_or_default();
        self.in_doubt = false;
        Ok(true)
    }

    /// Adds a credential in place of those it [replaces](Credential::replaces), and returns these.
    pub async fn add(&mut self, credential: Credential) -> Result<Vec<Credential>, StoreError> {
        self.settle().await?;
        let kept = self.credentials.iter().filter(|old| !credential.replaces(old));
        let snapshot = snapshot::encode(kept.chain([&credential]));
        if snapshot.len() > MAX_MESSAGE_BYTES - ROOM_FOR_USE {
            return Err(StoreError::Full);
        }
        self.save(snapshot).await?;
        let replaced = self.credentials.extract_if(.., |old| credential.replaces(old)).collect();
        self.credentials.push(credential);
        Ok(replaced)
    }

    /// Counts an assertion at `now` (seconds since 1970) and returns the new counter.
    pub async fn record_use(&mut self, id: &[u8], now: u64) -> Result<u32, StoreError> {
        self.settle().await?;
        let counter = self.get(id).ok_or(StoreError::NotFound)?.counter;
        let counter = counter.checked_add(1).ok_or(StoreError::CounterExhausted)?;
        let used = |credential: &mut Credential| {
            credential.counter = counter;
            credential.last_used = Some(now);
        };
        self.update(id, used).await?;
        Ok(counter)
    }

    /// Remembers that the hardware destroyed the key.
    pub async fn mark_invalidated(&mut self, id: &[u8]) -> Result<(), StoreError> {
        self.settle().await?;
        self.update(id, |credential| credential.state = KeyState::Invalidated).await
    }

    /// Forgets a credential and returns it. Its key is the caller's to delete, afterwards.
    pub async fn remove(&mut self, id: &[u8]) -> Result<Credential, StoreError> {
        self.settle().await?;
        self.get(id).ok_or(StoreError::NotFound)?;
        let kept = self.credentials.iter().filter(|credential| credential.id != id);
        let snapshot = snapshot::encode(kept);
        self.save(snapshot).await?;
        let removed = self.credentials.extract_if(.., |credential| credential.id == id).last();
        removed.ok_or(StoreError::NotFound)
    }

    async fn update(
        &mut self,
        id: &[u8],
        change: impl FnOnce(&mut Credential),
    ) -> Result<(), StoreError> {
        let current = self.get(id).ok_or(StoreError::NotFound)?;
        let mut changed = current.clone();
        change(&mut changed);
        let is_current = |old| core::ptr::eq(old, current);
        let credentials = self.credentials.iter();
        let snapshot =
            snapshot::encode(credentials.map(|old| if is_current(old) { &changed } else { old }));
        self.save(snapshot).await?;
        if let Some(credential) = self.credentials.iter_mut().find(|old| old.id == id) {
            *credential = changed;
        }
        Ok(())
    }

    /// Has the host keep this snapshot; for the caller to make it the list, if that succeeds.
    async fn save(&mut self, snapshot: Vec<u8>) -> Result<(), StoreError> {
        // What is written must be readable again.
        if snapshot.len() > MAX_MESSAGE_BYTES {
            return Err(StoreError::Full);
        }
        self.in_doubt = true;
        if let Err(error) = self.storage.replace(&snapshot).await {
            // A host may fail after the snapshot stands, when it flushes the folder. Then the change has
            // happened, and to treat it as undone would delete the key of a credential that is saved.
            let stands = match self.storage.load().await {
                Ok(found) => found == Some(snapshot),
                Err(_) => return Err(error.into()),
            };
            if !stands {
                self.in_doubt = false;
                return Err(error.into());
            }
        }
        self.is_saved = true;
        self.in_doubt = false;
        Ok(())
    }
}

/// `None` if there is no snapshot.
async fn read(storage: &impl SnapshotStorage) -> Result<Option<Vec<Credential>>, StoreError> {
    match storage.load().await? {
        Some(bytes) => Ok(Some(snapshot::decode(&bytes)?)),
        None => Ok(None),
    }
}
