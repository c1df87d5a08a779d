//! The file the credentials are kept in, as Kotlin implements it.

use std::{
    any::Any,
    boxed::Box,
    panic::AssertUnwindSafe,
    string::String,
    sync::{Arc, Mutex, PoisonError},
    vec::Vec,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use thiserror::Error;

use crate::store::{SnapshotStorage, StorageError};

/// The host could not read or write; for [`CredentialStorage`].
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, NoNetwork, Screens, browser, browsers, creation, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{
///     CredentialStorage, HardwareKeys, PasskeyError, PasskeyProvider, Reason, StorageFailure,
/// };
///
/// /// A disk with no room left.
/// struct FullDisk;
///
/// #[async_trait::async_trait]
/// impl CredentialStorage for FullDisk {
///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure> {
///         Ok(None)
///     }
///
///     async fn replace(&self, _: Vec<u8>) -> Result<(), StorageFailure> {
///         Err(StorageFailure::Failed { detail: "no space left on device".into() })
///     }
/// }
///
/// # let (links, screens, keys) = (Arc::new(NoNetwork), Arc::new(Screens::default()), Keystore::new());
/// let phone = PasskeyProvider::new(Arc::new(FullDisk), links, &browsers(), false)?;
/// let made = run(phone.create(creation(), browser(), keys.clone(), screens));
/// let Err(PasskeyError::Internal { failure }) = made else { panic!("it could not be saved") };
/// assert_eq!(failure.reason, Reason::StorageFailed);
/// // A key that no saved credential names does not stay.
/// assert_eq!(keys.aliases(), Ok(vec![]));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum StorageFailure {
    /// What failed.
    #[error("{detail}")]
    Failed {
        /// For people.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for StorageFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { detail: error.reason }
    }
}

impl From<StorageFailure> for StorageError {
    fn from(StorageFailure::Failed { detail }: StorageFailure) -> Self {
        Self(detail)
    }
}

/// Keeps one snapshot. Implemented in Kotlin on a file that is replaced atomically.
///
/// An implementation lets no other exception out than [`StorageFailure`], not even an `Error`: that would
/// leave the ceremony waiting for ever.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, NoNetwork, Screens, browser, browsers, creation, run};
/// # use std::sync::{Arc, Mutex};
/// use wardkey_core::ffi::{CredentialStorage, PasskeyProvider, StorageFailure};
///
/// /// Every snapshot there was.
/// #[derive(Default)]
/// struct History(Mutex<Vec<Vec<u8>>>);
///
/// #[async_trait::async_trait]
/// impl CredentialStorage for History {
///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure> {
///         Ok(self.0.lock().unwrap().last().cloned())
///     }
///
///     async fn replace(&self, snapshot: Vec<u8>) -> Result<(), StorageFailure> {
///         self.0.lock().unwrap().push(snapshot);
///         Ok(())
///     }
/// }
///
/// let history = Arc::new(History::default());
/// # let (links, screens, keys) = (Arc::new(NoNetwork), Arc::new(Screens::default()), Keystore::new());
/// let phone = PasskeyProvider::new(history.clone(), links, &browsers(), false)?;
/// run(phone.create(creation(), browser(), keys.clone(), screens))?;
/// let id = run(phone.passkeys())?.remove(0).credential_id;
/// run(phone.remove(id.clone(), keys))?;
///
/// let holds = |snapshot: &Vec<u8>| snapshot.windows(id.len()).any(|part| part == id);
/// let snapshots: Vec<_> = history.0.lock().unwrap().iter().map(holds).collect();
/// // An empty list before the first key, then the passkey, then none again.
/// assert_eq!(snapshots, [false, true, false]);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait CredentialStorage: Send + Sync {
    /// The snapshot, or `None` if none was ever saved.
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure>;

    /// Replaces the snapshot atomically and durably. Runs to its end once it has begun, whatever becomes of
    /// the ceremony that it was begun for: the core lets go of its coroutine only when it has ended, or when the
    /// provider is closed.
    async fn replace(&self, snapshot: Vec<u8>) -> Result<(), StorageFailure>;
}

/// Kotlin's storage as the core wants it. One for the whole process, in clones.
///
/// A write belongs to this, and not to the ceremony that asked for it: a coroutine that is cancelled while it
/// waits for a write leaves it running, and whoever reads next waits for its end first. Otherwise a late write
/// could bring back a credential whose key has been deleted as nobody's.
#[derive(Clone)]
pub(super) struct Snapshots {
    storage: Arc<dyn CredentialStorage>,
    writing: Arc<Mutex<Option<Write>>>,
}

fn panicked(_: Box<dyn Any + Send>) -> Result<(), StorageFailure> {
    Err(StorageFailure::Failed { detail: "the write ended in a fault of this program".into() })
}

type Write = Shared<BoxFuture<'static, Result<(), StorageFailure>>>;

impl Snapshots {
    pub(super) fn new(storage: Arc<dyn CredentialStorage>) -> Self {
        Self { storage, writing: Arc::default() }
    }

    /// The write begun last, which may have ended long ago.
    fn last_write(&self) -> Option<Write> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin_write(&self, snapshot: Vec<u8>) -> Write {
        let storage = Arc::clone(&self.storage);
        let write = async move { storage.replace(snapshot).await };
        // Or a panic in it would be one for everybody who waits.
        let write =
            AssertUnwindSafe(write).catch_unwind().map(|ended| ended.unwrap_or_else(panicked));
        let write = write.boxed().shared();
        *self.writing.lock().unwrap_or_else(PoisonError::into_inner) = Some(write.clone());
        write
    }
}

impl SnapshotStorage for Snapshots {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        if let Some(write) = self.last_write() {
            // How it ended is told to whoever began it, if they are still there.
            let _ = write.await;
        }
        Ok(self.storage.load().await?)
    }

    async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        Ok(self.begin_write(snapshot.to_vec()).await?)
    }
}
