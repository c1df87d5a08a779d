//! No key outlives the ceremony it was made in, unless the ceremony succeeds.

use crate::keystore::{KeyAlias, KeyStore};

/// Deletes a key when dropped, unless it was [kept](KeyGuard::keep).
///
/// Armed before the key is made, so that a ceremony dropped in the middle of generation leaves nothing
/// behind either.
pub(super) struct KeyGuard<'a, K: KeyStore> {
    keys: &'a K,
    alias: Option<&'a KeyAlias>,
}

impl<'a, K: KeyStore> KeyGuard<'a, K> {
    pub(super) const fn arm(keys: &'a K, alias: &'a KeyAlias) -> Self {
        Self { keys, alias: Some(alias) }
    }

    pub(super) fn keep(mut self) {
        self.alias = None;
    }
}

impl<K: KeyStore> Drop for KeyGuard<'_, K> {
    fn drop(&mut self) {
        if let Some(alias) = self.alias {
            // There is nobody to tell here; a key that stays is swept when the authenticator is opened.
            let _ = self.keys.delete(alias);
        }
    }
}
