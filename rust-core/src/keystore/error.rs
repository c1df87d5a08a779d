//! What can go wrong with a key, as Android tells it.

use alloc::string::String;

use thiserror::Error;

/// A failure of a key store. Each variant is one a caller or a person handles differently.
///
/// ```
/// use wardkey_core::keystore::KeyError;
///
/// /// Whether asking the same person again may help.
/// fn is_worth_another_try(error: &KeyError) -> bool {
///     matches!(error, KeyError::VerificationFailed | KeyError::TimedOut | KeyError::Cancelled)
/// }
///
/// assert!(is_worth_another_try(&KeyError::VerificationFailed));
/// assert!(!is_worth_another_try(&KeyError::Invalidated));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// `StrongBoxUnavailableException`: the phone has no secure element, or it is busy.
    #[error("this device has no StrongBox secure element")]
    StrongBoxUnavailable,
    /// `KeyPermanentlyInvalidatedException` at `initSign`: the lock screen or the enrolled biometrics
    /// changed and the key is gone for good.
    #[error("the key was invalidated when the screen lock or the biometrics changed")]
    Invalidated,
    /// `UserNotAuthenticatedException`: the signature was tried without an authentication.
    #[error("the key was used without the user being verified")]
    NotAuthenticated,
    /// `ProviderException` while attesting: remote provisioning may only be waiting for the network.
    #[error("the hardware could not attest the key; it may do so when the network is back")]
    AttestationUnavailable,
    /// Key store error −74: the device was never provisioned with attestation keys.
    #[error("this device has no attestation keys")]
    AttestationKeysNotProvisioned,
    /// The device is locked, or its firmware refuses keys that require it to be unlocked.
    #[error("the key can only be used while the device is unlocked")]
    DeviceLocked,
    /// No screen lock is set, so keys that require the user cannot be made.
    #[error("the device has no screen lock")]
    NoScreenLock,
    /// The store holds no key under this alias.
    #[error("the key store holds no such key")]
    NotFound,
    /// The user dismissed the prompt.
    #[error("the user cancelled the verification prompt")]
    Cancelled,
    /// The finger, face or PIN was not accepted; another try is possible.
    #[error("the user could not be verified")]
    VerificationFailed,
    /// Too many failures: biometrics or PIN are locked for now.
    #[error("user verification is locked after too many failures")]
    LockedOut,
    /// The prompt was not answered in time.
    #[error("the verification prompt was not answered in time")]
    TimedOut,
    /// The store ran out of space.
    #[error("the key store is full")]
    Full,
    /// Anything else; the text comes from the platform and names no secret.
    #[error("the key store failed: {0}")]
    Platform(String),
}
