//! Android Keystore, as Kotlin implements it.

use std::{boxed::Box, string::String, vec::Vec};

use super::key_failure::KeyFailure;
use crate::keystore::Purpose;

/// What a new key is made with: EC P-256 for signing SHA-256 digests, user authentication for every use,
/// usable only while the device is unlocked.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, creation, provider, run};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::{HardwareKeys, KeyFailure, SigningPrompt};
/// use wardkey_core::ffi::KeySpec;
///
/// /// A phone without a secure element.
/// struct TrustedEnvironment(Arc<Keystore>);
///
/// #[async_trait::async_trait]
/// impl HardwareKeys for TrustedEnvironment {
///     async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure> {
///         assert_eq!(spec.attestation_challenge.len(), 32);
///         if spec.strong_box {
///             return Err(KeyFailure::StrongBoxUnavailable);
///         }
///         self.0.generate(spec).await
///     }
///     // And the rest as it is.
/// #     async fn sign(
/// #         &self,
/// #         alias: String,
/// #         message: Vec<u8>,
/// #         prompt: SigningPrompt,
/// #     ) -> Result<Vec<u8>, KeyFailure> {
/// #         self.0.sign(alias, message, prompt).await
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
/// // Nobody insists on a secure element, so a second attempt does without.
/// let keys = Arc::new(TrustedEnvironment(Keystore::new()));
/// assert!(run(phone.create(creation(), browser(), keys, screens)).is_ok());
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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

/// What the prompt for one signature says; given to [`HardwareKeys::sign`].
///
/// ```
/// use wardkey_core::ffi::{SigningPrompt, Use};
///
/// /// The two lines of a prompt.
/// fn lines(prompt: &SigningPrompt) -> [String; 2] {
///     let title = match prompt.purpose {
///         Use::Register => format!("Make a passkey for {}", prompt.rp_id),
///         Use::SignIn => format!("Sign in to {}", prompt.rp_id),
///     };
///     let method = if prompt.pin_allowed { "Finger, face or PIN" } else { "Finger or face" };
///     [title, format!("{}: {method}", prompt.account)]
/// }
///
/// let prompt = SigningPrompt {
///     purpose: Use::SignIn,
///     rp_id: "example.org".into(),
///     account: "Test clinician".into(),
///     pin_allowed: false,
/// };
/// assert_eq!(lines(&prompt), ["Sign in to example.org", "Test clinician: Finger or face"]);
/// ```
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

/// The two things a passkey does.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, creation, provider, run};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::{Choice, Message};
/// use wardkey_core::ffi::{PasskeyError, Reason, Use, UserFailure, UserInterface};
///
/// /// Somebody who signs in with the passkeys there are, and makes none.
/// struct Settled;
///
/// #[async_trait::async_trait]
/// impl UserInterface for Settled {
///     async fn consent(&self, purpose: Use, _: String, _: String) -> Result<(), UserFailure> {
///         match purpose {
///             Use::SignIn => Ok(()),
///             Use::Register => Err(UserFailure::Declined),
///         }
///     }
/// #     async fn choose(&self, _: String, _: Vec<Choice>) -> Result<u32, UserFailure> {
/// #         Ok(0)
/// #     }
/// #     async fn inform(&self, _: String, _: Message) -> Result<(), UserFailure> {
/// #         Ok(())
/// #     }
/// }
///
/// # let (phone, keys) = (provider()?, Keystore::new());
/// let made = run(phone.create(creation(), browser(), keys, Arc::new(Settled)));
/// let Err(PasskeyError::Cancelled { failure }) = made else { panic!("it was asked for") };
/// assert_eq!(failure.reason, Reason::Declined);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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

/// Keys in secure hardware. Implemented in Kotlin on Android Keystore and `BiometricPrompt`.
///
/// An implementation lets no other exception out than [`KeyFailure`], not even an `Error`: that would
/// leave the ceremony waiting for ever.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, creation, provider, request, run};
/// # use std::sync::{Arc, Mutex};
/// use wardkey_core::ffi::{HardwareKeys, KeyFailure, KeySpec, SigningPrompt, Use};
///
/// /// Writes down what the hardware is asked for.
/// struct Noted(Arc<Keystore>, Mutex<Vec<&'static str>>);
///
/// #[async_trait::async_trait]
/// impl HardwareKeys for Noted {
///     async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure> {
///         self.1.lock().unwrap().push("key");
///         self.0.generate(spec).await
///     }
///
///     async fn sign(
///         &self,
///         alias: String,
///         message: Vec<u8>,
///         prompt: SigningPrompt,
///     ) -> Result<Vec<u8>, KeyFailure> {
///         assert_eq!(prompt.rp_id, "example.org");
///         self.1.lock().unwrap().push(match prompt.purpose {
///             Use::Register => "signature for a registration",
///             Use::SignIn => "signature for a sign-in",
///         });
///         self.0.sign(alias, message, prompt).await
///     }
///
///     fn delete(&self, alias: String) -> Result<(), KeyFailure> {
///         self.0.delete(alias)
///     }
///
///     fn aliases(&self) -> Result<Vec<String>, KeyFailure> {
///         self.0.aliases()
///     }
/// }
///
/// let keys = Arc::new(Noted(Keystore::new(), Mutex::default()));
/// # let (phone, screens) = (provider()?, Arc::new(Screens::default()));
/// run(phone.create(creation(), browser(), keys.clone(), screens.clone()))?;
/// run(phone.get(request(), browser(), keys.clone(), screens))?;
/// // One verification of the person for each.
/// let expected = ["key", "signature for a registration", "signature for a sign-in"];
/// assert_eq!(*keys.1.lock().unwrap(), expected);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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
