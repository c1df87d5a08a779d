//! The folder a phone on a host keeps its state in.
//!
//! ```text
//! DIR/                 owner only (0700)
//! ├── lock             held while a command uses the folder
//! ├── credentials.cbor the credential store's snapshot
//! ├── attestation.key  the test attestation root and intermediate
//! └── keys/            one private key a file, named by its alias
//! ```
//!
//! Every file is replaced whole: written beside its place, flushed to disk, renamed over it. A process
//! killed at any instant leaves the old or the new file, and perhaps a temporary one, which the next
//! command clears away.

mod file;
mod keys;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;
use wardkey_core::store::{SnapshotStorage, StorageError};
use zeroize::Zeroizing;

pub(crate) use keys::KeyFiles;

use crate::{cli::home_folder, failure::Failure};

/// An owner-only folder, locked against other processes while this value lives.
#[derive(Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a state folder cannot be used.
#[derive(Debug, Error)]
pub(crate) enum StateError {
    #[error("{0} does not exist")]
    Missing(PathBuf),
    #[error("{0} is not a folder")]
    NotAFolder(PathBuf),
    #[error("others may read or change {0}, which holds private keys")]
    OpenToOthers(PathBuf),
    #[error("another process is using {0}")]
    InUse(PathBuf),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl StateError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Missing(path) => {
                format!(
                    "check the path after --state, or create it with: mkdir -p -m 700 {}",
                    path.display()
                )
            }
            Self::NotAFolder(_) => "give a folder after --state".into(),
            Self::OpenToOthers(path) => {
                format!("make it yours alone with: chmod 700 {}", path.display())
            }
            Self::InUse(_) => {
                "wait until the other wardkey command has ended, or end it, or use another folder"
                    .into()
            }
            Self::Io { .. } => {
                "check the folder's owner, its permissions and the free space".into()
            }
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new("opening the state folder", &error, error.remedy())
    }
}

impl StateFolder {
    /// Opens a folder that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StateError::Missing(path.into()),
            _ => StateError::io(path)(error),
        })?;
        if !metadata.is_dir() {
            return Err(StateError::NotAFolder(path.into()));
        }
        if file::is_open_to_others(&metadata) {
            return Err(StateError::OpenToOthers(path.into()));
        }
        let folder = Self { path: path.into(), _lock: lock(path)? };
        let keys = folder.path.join("keys");
        file::create_private_folder(&keys).map_err(StateError::io(&keys))?;
        for folder in [&folder.path, &keys] {
            file::clear_temporaries(folder).map_err(StateError::io(folder))?;
        }
        Ok(folder)
    }

    /// Opens a folder, and creates it first if only the last part of its path is missing; or, on an account
    /// where this program was never used, all of its own.
    pub(crate) fn open_or_create(path: &Path) -> Result<Self, StateError> {
        if let Some(parent) = path.parent()
            && !parent.as_os_str().is_empty()
            && !parent.exists()
        {
            if parent != home_folder() {
                return Err(StateError::Missing(parent.into()));
            }
            file::create_private_folder(parent).map_err(StateError::io(parent))?;
        }
        file::create_private_folder(path).map_err(StateError::io(path))?;
        Self::open(path)
    }

    pub(crate) fn snapshot(&self) -> SnapshotFile {
        SnapshotFile { path: self.path.join("credentials.cbor") }
    }

    pub(crate) fn key_files(&self) -> KeyFiles {
        KeyFiles::new(self.path.join("keys"))
    }

    /// The saved test attestation, if there is one.
    pub(crate) fn read_attestation(&self) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        let path = self.attestation_path();
        Ok(file::read(&path).map_err(StateError::io(&path))?.map(Zeroizing::new))
    }

    /// Saves the test attestation.
    pub(crate) fn write_attestation(&self, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.attestation_path();
        file::replace(&path, bytes).map_err(StateError::io(&path))
    }

    /// Where the test attestation is saved.
    pub(crate) fn attestation_path(&self) -> PathBuf {
        self.path.join("attestation.key")
    }
}

fn lock(folder: &Path) -> Result<File, StateError> {
    let path = folder.join("lock");
    let lock = file::private_options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(StateError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse(folder.into())),
        Err(TryLockError::Error(error)) => Err(StateError::io(&path)(error)),
    }
}

/// The snapshot of the credential store.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotFile {
    path: PathBuf,
}

impl SnapshotStorage for SnapshotFile {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        file::read(&self.path).map_err(storage_error(&self.path))
    }

    async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        file::replace(&self.path, snapshot).map_err(storage_error(&self.path))
    }
}

fn storage_error(path: &Path) -> impl FnOnce(io::Error) -> StorageError {
    move |error| StorageError(format!("{}: {error}", path.display()))
}
