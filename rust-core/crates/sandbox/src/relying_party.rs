//! The one value all requests work on.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use url::Url;
use webauthn_rs_core::WebauthnCore;

use crate::{
    settings::{Settings, TrustedRoots},
    store::Store,
};

pub(crate) const RP_NAME: &str = "Wardkey sandbox";

/// The sandbox's identity, its verifier and its memory.
pub(crate) struct RelyingParty {
    pub(crate) origin: Url,
    pub(crate) webauthn: WebauthnCore,
    pub(crate) trusted_roots: TrustedRoots,
    pub(crate) challenge_life: Duration,
    store: Mutex<Store>,
}

impl RelyingParty {
    pub(crate) fn new(settings: Settings, origin: Url) -> Self {
        // Not the safe wrapper of webauthn-rs: that one decides the requirements for the relying
        // party, and here they are what a tester wants to switch.
        let webauthn = WebauthnCore::new_unsafe_experts_only(
            RP_NAME,
            &settings.rp_id,
            vec![origin.clone()],
            settings.challenge_life,
            Some(false),
            Some(false),
        );
        Self {
            origin,
            webauthn,
            trusted_roots: settings.trusted_roots,
            challenge_life: settings.challenge_life,
            store: Mutex::default(),
        }
    }

    // A panic under the lock leaves whole records only, so a poisoned one is sound.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RelyingParty")
            .field("origin", &self.origin.as_str())
            .finish_non_exhaustive()
    }
}
