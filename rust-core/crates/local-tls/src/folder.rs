//! Files that appear whole or not at all, and private ones that only their owner reads.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

use crate::TlsError;

#[cfg(unix)]
const GROUP_AND_OTHERS: u32 = 0o077;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    Owner,
    Everyone,
}

/// Makes `folder`, readable by its owner alone, unless it exists.
pub(crate) fn ensure(folder: &Path) -> Result<(), TlsError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| TlsError::Write { path: folder.to_owned(), source })
}

/// Puts `content` at `path` in one step. Returns `false`, and leaves the file alone, if it exists.
pub(crate) fn create(path: &Path, content: &[u8], readers: Readers) -> Result<bool, TlsError> {
    match staged(path, content, readers)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(refused) => Err(TlsError::Write { path: path.to_owned(), source: refused.error }),
    }
}

/// Puts `content` at `path` in one step, in place of what was there.
pub(crate) fn replace(path: &Path, content: &[u8], readers: Readers) -> Result<(), TlsError> {
    staged(path, content, readers)?
        .persist(path)
        .map(drop)
        .map_err(|refused| TlsError::Write { path: path.to_owned(), source: refused.error })
}

/// Refuses a private file that others may read.
#[cfg(unix)]
pub(crate) fn refuse_exposed(path: &Path) -> Result<(), TlsError> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata =
        fs::metadata(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
    if metadata.mode() & GROUP_AND_OTHERS == 0 {
        return Ok(());
    }
    Err(TlsError::Exposed { path: path.to_owned() })
}

/// Other systems keep private files by inheritance from the user's own folder.
#[cfg(not(unix))]
pub(crate) fn refuse_exposed(_path: &Path) -> Result<(), TlsError> {
    Ok(())
}

fn staged(path: &Path, content: &[u8], readers: Readers) -> Result<NamedTempFile, TlsError> {
    let failed = |source| TlsError::Write { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    // Made owner-only by tempfile, so that a private key is at no moment readable by others.
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    #[cfg(unix)]
    if readers == Readers::Everyone {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}
