//! A SQLite file: made for its owner alone, and set up for several readers and one writer.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use sqlx::{AnyConnection, Executor as _};
use url::Url;

use crate::{DatabaseError, Limits, limits::milliseconds};

/// The address of a file for the driver. Makes the file if it is not there.
pub(crate) fn prepare(path: &Path) -> Result<String, DatabaseError> {
    let failed = |source| DatabaseError::File { path: path.to_owned(), source };
    let absolute = std::path::absolute(path).map_err(failed)?;
    make(&absolute)?;
    let invalid = || failed(io::Error::from(io::ErrorKind::InvalidFilename));
    let url = Url::from_file_path(&absolute).map_err(|()| invalid())?;
    Ok(format!("sqlite://{}?mode=rw", url.path()))
}

/// Whether there is such a file.
pub(crate) fn find(path: &Path) -> Result<(), DatabaseError> {
    let failed = |source| DatabaseError::File { path: path.to_owned(), source };
    fs::metadata(path).map(drop).map_err(failed)
}

/// SQLite gives its side files the rights of the main one.
fn make(path: &Path) -> Result<(), DatabaseError> {
    let failed = |source| DatabaseError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(failed)?;
            if is_exposed(&metadata) {
                return Err(DatabaseError::Exposed(path.to_owned()));
            }
            Ok(())
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

/// Sets a new connection up. A writer waits so long for one of another process.
pub(crate) async fn set_up(connection: &mut AnyConnection, limits: Limits) -> sqlx::Result<()> {
    // FULL: what was committed survives a power cut, which evidence must.
    let pragmas = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON",
        milliseconds(limits.turn)
    );
    connection.execute(pragmas.as_str()).await?;
    Ok(())
}

/// The path in an address, after `sqlite:` or `sqlite://`.
pub(crate) fn path(address: &str) -> PathBuf {
    PathBuf::from(address.strip_prefix("//").unwrap_or(address))
}
