//! What the store asks of its host.

use alloc::{string::String, vec::Vec};

use thiserror::Error;

/// Where the host keeps the snapshot.
///
/// ```
/// use wardkey_core::store::{SnapshotStorage, StorageError};
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::run;
///
/// /// A file: written beside the old one, and then renamed over it.
/// struct File(std::path::PathBuf);
///
/// impl SnapshotStorage for File {
///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
///         match std::fs::read(&self.0) {
///             Ok(snapshot) => Ok(Some(snapshot)),
///             Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
///             Err(error) => Err(StorageError(error.to_string())),
///         }
///     }
///
///     async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
///         let beside = self.0.with_extension("new");
///         let written = std::fs::File::create(&beside)
///             .and_then(|mut file| {
///                 std::io::Write::write_all(&mut file, snapshot)?;
///                 file.sync_all()
///             })
///             .and_then(|()| std::fs::rename(&beside, &self.0));
///         written.map_err(|error| StorageError(error.to_string()))
///     }
/// }
///
/// # let folder = std::env::temp_dir().join(format!("wardkey-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let file = File(folder.join("credentials"));
/// assert_eq!(run(file.load())?, None);
/// run(file.replace(b"a snapshot"))?;
/// assert_eq!(run(file.load())?.as_deref(), Some(&b"a snapshot"[..]));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SnapshotStorage: Send + Sync {
    /// The snapshot, or `None` if none was ever saved.
    fn load(&self) -> impl Future<Output = Result<Option<Vec<u8>>, StorageError>> + Send;

    /// Replaces the snapshot atomically and durably: after a crash at any instant `load` gives the old
    /// or the new one, and after success the new one.
    ///
    /// Whoever drops the future of a write cannot take the write back. It may still be made, but then before
    /// any `load` that begins later answers: what a `load` gave is never overtaken by a write that was given
    /// up before it.
    fn replace(&self, snapshot: &[u8]) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// The host could not read or write; says what failed, for people.
///
/// ```
/// # use std::{pin::pin, task::{Context, Poll, Waker}};
/// use wardkey_core::store::{CredentialStore, SnapshotStorage, StorageError, StoreError};
///
/// #[derive(Debug)]
/// struct Unreadable;
///
/// impl SnapshotStorage for Unreadable {
///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
///         Err(StorageError("credentials.cbor: permission denied".into()))
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
///
/// let error = block_on(CredentialStore::open(Unreadable)).unwrap_err();
/// assert!(matches!(error, StoreError::Storage(_)));
/// assert!(error.to_string().ends_with("credentials.cbor: permission denied"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct StorageError(pub String);
