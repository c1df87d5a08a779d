//! How Android Keystore fails.

use std::string::String;

use thiserror::Error;

use crate::keystore::KeyError;

/// Why the key store or its prompt failed: one variant for each exception of Android that is told apart.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, creation, provider, run};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::{HardwareKeys, KeySpec, SigningPrompt};
/// use wardkey_core::ffi::{KeyFailure, PasskeyError, Reason, Step};
///
/// /// Android Keystore after too many wrong fingers.
/// struct Locked(Arc<Keystore>);
///
/// #[async_trait::async_trait]
/// impl HardwareKeys for Locked {
///     async fn sign(
///         &self,
///         _alias: String,
///         _message: Vec<u8>,
///         _prompt: SigningPrompt,
///     ) -> Result<Vec<u8>, KeyFailure> {
///         Err(KeyFailure::LockedOut)
///     }
///     // And the rest as it is.
/// #     async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure> {
/// #         self.0.generate(spec).await
/// #     }
/// #     fn delete(&self, alias: String) -> Result<(), KeyFailure> {
/// #         self.0.delete(alias)
/// #     }
/// #     fn aliases(&self) -> Result<Vec<String>, KeyFailure> {
/// #         self.0.aliases()
/// #     }
/// }
///
/// # let (phone, screens) = (provider()?, Arc::new(Screens::default()));
/// let locked = Arc::new(Locked(Keystore::new()));
/// let made = run(phone.create(creation(), browser(), locked.clone(), screens));
/// let Err(PasskeyError::Hardware { failure }) = made else { panic!("nobody was verified") };
/// assert_eq!((failure.step, failure.reason), (Step::User, Reason::LockedOut));
/// // The key that nothing was signed with is not left behind.
/// assert_eq!(locked.aliases(), Ok(vec![]));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum KeyFailure {
    /// `StrongBoxUnavailableException`.
    #[error("no secure element")]
    StrongBoxUnavailable,
    /// `KeyPermanentlyInvalidatedException`.
    #[error("key invalidated")]
    Invalidated,
    /// `UserNotAuthenticatedException`.
    #[error("not authenticated")]
    NotAuthenticated,
    /// `ProviderException` while attesting.
    #[error("attestation unavailable")]
    AttestationUnavailable,
    /// Key store error −74.
    #[error("attestation keys not provisioned")]
    AttestationKeysNotProvisioned,
    /// The device is locked.
    #[error("device locked")]
    DeviceLocked,
    /// The device has no screen lock.
    #[error("no screen lock")]
    NoScreenLock,
    /// No key under this alias.
    #[error("no such key")]
    NotFound,
    /// The user dismissed the prompt.
    #[error("prompt dismissed")]
    Cancelled,
    /// Finger, face or PIN was not accepted.
    #[error("not recognised")]
    VerificationFailed,
    /// Biometrics are locked.
    #[error("locked out")]
    LockedOut,
    /// The prompt was not answered in time.
    #[error("prompt timed out")]
    TimedOut,
    /// The store is full.
    #[error("key store full")]
    Full,
    /// Anything else.
    #[error("{detail}")]
    Platform {
        /// The exception's class and, if it names no secret, its message.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Platform { detail: error.reason }
    }
}

impl From<KeyFailure> for KeyError {
    fn from(failure: KeyFailure) -> Self {
        match failure {
            KeyFailure::StrongBoxUnavailable => Self::StrongBoxUnavailable,
            KeyFailure::Invalidated => Self::Invalidated,
            KeyFailure::NotAuthenticated => Self::NotAuthenticated,
            KeyFailure::AttestationUnavailable => Self::AttestationUnavailable,
            KeyFailure::AttestationKeysNotProvisioned => Self::AttestationKeysNotProvisioned,
            KeyFailure::DeviceLocked => Self::DeviceLocked,
            KeyFailure::NoScreenLock => Self::NoScreenLock,
            KeyFailure::NotFound => Self::NotFound,
            KeyFailure::Cancelled => Self::Cancelled,
            KeyFailure::VerificationFailed => Self::VerificationFailed,
            KeyFailure::LockedOut => Self::LockedOut,
            KeyFailure::TimedOut => Self::TimedOut,
            KeyFailure::Full => Self::Full,
            KeyFailure::Platform { detail } => Self::Platform(detail),
        }
    }
}
