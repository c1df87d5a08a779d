//! Keys that no credential names: what a ceremony that was killed in the middle left behind.

use alloc::{collections::BTreeSet, vec::Vec};

use crate::{
    keystore::{KeyAlias, KeyStore},
    store::{Credential, CredentialStore, SnapshotStorage},
};

/// Deletes those of the keys `present` that no credential names, as far as that is possible now: a key that
/// stays is no danger, and no reason to keep its owner from signing in.
///
/// The keys and the credentials have to be of one moment at which no ceremony was under way, for a ceremony
/// makes its key before its credential. Where no list of credentials was ever saved, none is deleted: keys
/// without a list have lost theirs.
pub(crate) fn delete_orphans<K: KeyStore, S: SnapshotStorage>(
    keys: &K,
    present: Vec<KeyAlias>,
    store: &CredentialStore<S>,
) {
    if !store.is_saved() {
        return;
    }
    let named: BTreeSet<_> = store.credentials().iter().map(Credential::key_alias).collect();
    for alias in present {
        if !named.contains(&alias) {
            let _ = keys.delete(&alias);
        }
    }
}
