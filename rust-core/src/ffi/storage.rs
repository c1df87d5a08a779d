//! The file the credentials are kept in, as Kotlin implements it.

use std::{string::String, sync::Arc, vec::Vec};

use thiserror::Error;

use crate::store::{SnapshotStorage, StorageError};

/// The host could not read or write; for [`CredentialStorage`], which the [module's example](super)
/// implements.
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

/// Keeps one snapshot. Implemented in Kotlin on a file that is replaced atomically, and by the
/// [module's example](super) in memory.
///
/// Not asynchronous, other than the rest: a coroutine that is cancelled while it waits for a write would
/// leave nobody who knows whether the write happened, and then the key of a saved credential might be
/// deleted, or that of an unsaved one left behind. A snapshot is a few kilobytes, and callers are off the
/// main thread.
#[uniffi::export(foreign)]
pub trait CredentialStorage: Send + Sync {
    /// The snapshot, or `None` if none was ever saved.
    fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure>;

    /// Replaces the snapshot atomically and durably.
    fn replace(&self, snapshot: Vec<u8>) -> Result<(), StorageFailure>;
}

/// Kotlin's storage as the core wants it.
pub(super) struct Snapshots(pub(super) Arc<dyn CredentialStorage>);

impl SnapshotStorage for Snapshots {
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        self.0.load().map_err(|StorageFailure::Failed { detail }| StorageError(detail))
    }

    fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        let replaced = self.0.replace(snapshot.to_vec());
        replaced.map_err(|StorageFailure::Failed { detail }| StorageError(detail))
    }
}
