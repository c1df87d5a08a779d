//! Private keys, one file each.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use wardkey_core::keystore::{
    KeyAlias, KeyError,
    software::{KeyRecord, KeyRecords},
};
use zeroize::Zeroizing;

use super::file;

/// The folder `keys`: one PKCS#8 file a key, named by its alias.
#[derive(Clone, Debug)]
pub(crate) struct KeyFiles {
    folder: PathBuf,
}

const EXTENSION: &str = "p8";

impl KeyFiles {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a key is saved.
    pub(crate) fn path(&self, alias: &KeyAlias) -> PathBuf {
        self.folder.join(alias.as_str()).with_extension(EXTENSION)
    }
}

impl KeyRecords for KeyFiles {
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
            let path = entry.map_err(failed(&self.folder))?.path();
            if path.extension().is_none_or(|extension| extension != EXTENSION) {
                continue;
            }
            let Some(alias) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            let private_key = Zeroizing::new(fs::read(&path).map_err(failed(&path))?);
            records.push(KeyRecord { alias: KeyAlias::new(alias), private_key });
        }
        Ok(records)
    }

    fn save(&self, alias: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError> {
        let path = self.path(alias);
        file::replace(&path, private_key).map_err(failed(&path))
    }

    fn remove(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        let path = self.path(alias);
        file::remove(&path).map_err(failed(&path))
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    move |error| KeyError::Platform(format!("{}: {error}", path.display()))
}
