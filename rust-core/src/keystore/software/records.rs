//! Where a host keeps the private keys.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::keystore::{KeyAlias, KeyError};

/// One record for each key, kept by the host and readable by its owner alone.
///
/// Synchronous, because a key is also removed while a ceremony's future is dropped.
///
/// ```
/// use wardkey_core::keystore::{KeyAlias, KeyError, software::{KeyRecord, KeyRecords}};
///
/// /// A host that has run out of space.
/// struct Full;
///
/// impl KeyRecords for Full {
///     fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
///         Ok(Vec::new())
///     }
///
///     fn save(&self, _: &KeyAlias, _: &[u8]) -> Result<(), KeyError> {
///         Err(KeyError::Full)
///     }
///
///     fn remove(&self, _: &KeyAlias) -> Result<(), KeyError> {
///         Ok(())
///     }
/// }
///
/// assert_eq!(Full.save(&KeyAlias::new("one"), b"private key"), Err(KeyError::Full));
/// ```
pub trait KeyRecords: Send + Sync {
    /// Every record there is.
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError>;

    /// Keeps a key. On success it is there after a crash; on failure there is no trace of it.
    fn save(&self, alias: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError>;

    /// Removes a key; removing one that is not there succeeds.
    fn remove(&self, alias: &KeyAlias) -> Result<(), KeyError>;
}

impl<T: KeyRecords + ?Sized> KeyRecords for Arc<T> {
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
        (**self).load()
    }

    fn save(&self, alias: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError> {
        (**self).save(alias, private_key)
    }

    fn remove(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        (**self).remove(alias)
    }
}

/// A key as it is kept.
///
/// ```
/// use wardkey_core::keystore::{KeyAlias, software::KeyRecord};
///
/// let record = KeyRecord {
///     alias: KeyAlias::new("wardkey-5a5a5a5a"),
///     private_key: b"private key".to_vec().into(),
/// };
/// assert_eq!(format!("{record:?}"), "KeyRecord { alias: KeyAlias(wardkey-5a5a5a5a…), .. }");
/// ```
pub struct KeyRecord {
    /// Its name.
    pub alias: KeyAlias,
    /// PKCS#8 DER.
    pub private_key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord").field("alias", &self.alias).finish_non_exhaustive()
    }
}

/// Records that end with the process.
///
/// ```
/// use wardkey_core::keystore::{
///     KeyAlias, KeyError,
///     software::{KeyRecord, KeyRecords, MemoryRecords},
/// };
///
/// let records = MemoryRecords::default();
/// records.save(&KeyAlias::new("one"), b"private key")?;
/// let [KeyRecord { alias, .. }] = &records.load()?[..] else { panic!("one record was saved") };
/// assert_eq!(alias.as_str(), "one");
/// assert_eq!(format!("{records:?}"), "MemoryRecords(1 keys)");
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Default)]
pub struct MemoryRecords(Mutex<BTreeMap<KeyAlias, Zeroizing<Vec<u8>>>>);

impl MemoryRecords {
    fn map(&self) -> MutexGuard<'_, BTreeMap<KeyAlias, Zeroizing<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyRecords for MemoryRecords {
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
        let record = |(alias, key): (&KeyAlias, &Zeroizing<Vec<u8>>)| KeyRecord {
            alias: alias.clone(),
            private_key: key.clone(),
        };
        Ok(self.map().iter().map(record).collect())
    }

    fn save(&self, alias: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError> {
        self.map().insert(alias.clone(), Zeroizing::new(private_key.to_vec()));
        Ok(())
    }

    fn remove(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        self.map().remove(alias);
        Ok(())
    }
}

impl fmt::Debug for MemoryRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryRecords({} keys)", self.map().len())
    }
}
