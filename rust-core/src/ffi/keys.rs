//! Android Keystore, as Kotlin implements it.

use std::{
    boxed::Box,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use thiserror::Error;

use crate::{
    attestation::android_key,
    keystore::{
        GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, Purpose, Verification,
        VerificationBinding, key_description::KeyDescription,
    },
};

/// What a new key is made with: EC P-256 for signing SHA-256 digests, user authentication for every use,
/// usable only while the device is unlocked. The [module's example](super) is given one.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct KeySpec {
    /// Its name in the key store.
    pub alias: String,
    /// Goes into the attestation certificate, 32 bytes.
    pub attestation_challenge: Vec<u8>,
    /// In the secure element, or else nowhere.
    pub strong_box: bool,
    /// The screen lock's PIN, pattern or password authenticates too.
    pub pin_allowed: bool,
}

/// What the prompt for one signature says; given to [`HardwareKeys::sign`], as in the
/// [module's example](super).
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SigningPrompt {
    /// What is about to happen.
    pub purpose: Use,
    /// The site, as its relying party id.
    pub rp_id: String,
    /// The account, as people know it.
    pub account: String,
    /// Whether policy allows the screen lock's PIN, if the key does too.
    pub pin_allowed: bool,
}

/// The two things a passkey does. The [module's example](super) is asked about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Use {
    /// A passkey is being made.
    Register,
    /// A passkey is signing somebody in.
    SignIn,
}

impl From<Purpose> for Use {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Register => Self::Register,
            Purpose::SignIn => Self::SignIn,
        }
    }
}

/// Why the key store or its prompt failed: one variant for each exception of Android that is told apart.
/// The [module's example](super) has one.
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

/// Keys in secure hardware. Implemented in Kotlin on Android Keystore and `BiometricPrompt`; the
/// [module's example](super) implements it too.
///
/// An implementation lets no other exception out than [`KeyFailure`], not even an `Error`: that would
/// leave the ceremony waiting for ever.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait HardwareKeys: Send + Sync {
    /// Makes a key and returns its attestation chain, DER, the key's own certificate first. If the caller
    /// is gone by the time the key exists, deletes it.
    async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure>;

    /// Shows the prompt and signs `message` once: ECDSA with SHA-256, DER.
    async fn sign(
        &self,
        alias: String,
        message: Vec<u8>,
        prompt: SigningPrompt,
    ) -> Result<Vec<u8>, KeyFailure>;

    /// Deletes a key; deleting one that is not there succeeds. Quick, because it is also called while a
    /// ceremony is being cancelled.
    fn delete(&self, alias: String) -> Result<(), KeyFailure>;

    /// The aliases of all keys of this application.
    fn aliases(&self) -> Result<Vec<String>, KeyFailure>;
}

/// Kotlin's keys as the core wants them, under the policy in force.
pub(super) struct Hardware {
    pub(super) keys: Arc<dyn HardwareKeys>,
    pub(super) strong_box_required: bool,
    pub(super) pin_allowed: bool,
}

impl KeyStore for Hardware {
    fn verification(&self) -> VerificationBinding {
        VerificationBinding::PerUse
    }

    async fn generate(&self, request: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
        let challenge = request.attestation_challenge.ok_or(KeyError::AttestationUnavailable)?;
        let spec = |strong_box| KeySpec {
            alias: request.alias.as_str().to_string(),
            attestation_challenge: challenge.to_vec(),
            strong_box,
            pin_allowed: self.pin_allowed,
        };
        let chain = match self.keys.generate(spec(true)).await {
            Err(KeyFailure::StrongBoxUnavailable) if !self.strong_box_required => {
                log::info!("no secure element for this key: trying the trusted environment");
                self.keys.generate(spec(false)).await
            }
            generated => generated,
        };
        generated_key(chain?, challenge)
    }

    async fn sign(
        &self,
        alias: &KeyAlias,
        message: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        let Verification::PerUse(prompt) = verification else {
            return Err(KeyError::NotAuthenticated);
        };
        let prompt = SigningPrompt {
            purpose: prompt.purpose.into(),
            rp_id: prompt.rp_id.clone(),
            account: prompt.account.clone(),
            pin_allowed: self.pin_allowed,
        };
        Ok(self.keys.sign(alias.as_str().to_string(), message.to_vec(), prompt).await?)
    }

    fn delete(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        Ok(self.keys.delete(alias.as_str().to_string())?)
    }

    fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError> {
        Ok(self.keys.aliases()?.into_iter().map(KeyAlias::new).collect())
    }
}

/// What the hardware proved of a key, taken from its certificate and from nowhere else.
fn generated_key(chain: Vec<Vec<u8>>, challenge: &[u8; 32]) -> Result<GeneratedKey, KeyError> {
    let leaf = chain.first().ok_or(KeyError::AttestationUnavailable)?;
    let description = KeyDescription::from_certificate(leaf).map_err(|error| broken(&error))?;
    if description.attestation_challenge != challenge {
        return Err(broken(&"the attestation is of another challenge"));
    }
    let security_level =
        description.attestation_security_level.min(description.key_mint_security_level);
    let public_key = android_key::certified_key(leaf);
    let public_key = public_key.ok_or_else(|| broken(&"it is not of a P-256 key"))?;
    Ok(GeneratedKey { public_key, security_level, certificate_chain: chain })
}

fn broken(problem: &dyn core::fmt::Display) -> KeyError {
    KeyError::Platform(std::format!("its attestation certificate cannot be used: {problem}"))
}
