//! What keeps a phone's passkeys from being made or used, before anybody has asked its hardware.

use super::phone::{Biometrics, KeyHardware, KeyProtection};
use crate::{keystore::SecurityLevel, managed::Configuration};

/// Why no passkey can be made or used just now, and the person can do something about it.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{creation, fit_phone, provider, run};
/// use wardkey_core::ffi::{BeginCreate, KeyProtection, Obstacle};
///
/// # let (provider, phone) = (provider()?, fit_phone());
/// let unprotected = KeyProtection { screen_lock: false, ..phone.protection };
/// let begun = run(provider.begin_create(creation(), None, unprotected))?;
/// let BeginCreate::Obstacle { obstacle } = begun else { panic!("whoever holds it would be let in") };
/// assert_eq!(obstacle, Obstacle::NoScreenLock);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Obstacle {
    /// There is no screen lock.
    NoScreenLock,
    /// There are no biometrics, and the organization does not let the PIN take their place.
    NoBiometrics,
    /// There is no secure element, and the organization requires one.
    NoSecureElement,
    /// The saved passkeys cannot be read.
    Storage,
}

impl Obstacle {
    /// What stands in the way of every passkey of a phone.
    pub(in crate::ffi) fn to_get(
        configuration: &Configuration,
        protection: KeyProtection,
    ) -> Option<Self> {
        if !protection.screen_lock {
            return Some(Self::NoScreenLock);
        }
        // A sensor that is merely busy does not count: the prompt waits for it.
        let useless = matches!(
            protection.biometrics,
            Biometrics::NoneEnrolled | Biometrics::NoHardware | Biometrics::UpdateRequired
        );
        (useless && !configuration.pin_allowed).then_some(Self::NoBiometrics)
    }

    /// What stands in the way of a new passkey: that, and the hardware that its key must live in.
    pub(in crate::ffi) fn to_create(
        configuration: &Configuration,
        protection: KeyProtection,
    ) -> Option<Self> {
        let weak = configuration.minimum_level == SecurityLevel::StrongBox
            && protection.hardware != KeyHardware::StrongBox;
        Self::to_get(configuration, protection).or(weak.then_some(Self::NoSecureElement))
    }
}
