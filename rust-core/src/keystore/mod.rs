//! Where credential keys live: made for Android Keystore, which never lets one out.
//!
//! A [`KeyStore`] makes P-256 signing keys inside hardware, proves where they were made, signs once per
//! verification of the user, and deletes. The core names keys by [`KeyAlias`] and never sees a private
//! key.
//!
//! ```
//! # #[cfg(feature = "software")] {
//! # use std::{pin::pin, task::{Context, Poll, Waker}};
//! use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
//! use wardkey_core::keystore::{
//!     KeyAlias, KeyRequest, KeyStore, SecurityLevel, UserVerified, Verification,
//!     software::{MemoryRecords, SoftwareKeys, TestAttestation},
//! };
//!
//! # /// Software keys let nobody wait.
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
//! #         Poll::Ready(output) => output,
//! #         Poll::Pending => unreachable!(),
//! #     }
//! # }
//! let now = 1_767_225_600;
//! let attestation = TestAttestation::generate(now)?;
//! let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
//!
//! let alias = KeyAlias::for_credential(b"credential id");
//! let request = KeyRequest { alias: &alias, attestation_challenge: Some(&[0x5a; 32]) };
//! let key = block_on(keys.generate(request))?;
//! assert_eq!(key.security_level, SecurityLevel::Software);
//! assert_eq!(keys.aliases()?, [alias.clone()]);
//!
//! // The user interface has asked for a finger or a PIN.
//! let verification = Verification::Performed(UserVerified::by_user_interface());
//! let signature = block_on(keys.sign(&alias, b"message", verification))?;
//! let public_key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key.sec1());
//! assert!(public_key.verify(b"message", &signature).is_ok());
//!
//! keys.delete(&alias)?;
//! assert!(keys.aliases()?.is_empty());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub mod key_description;
#[cfg(feature = "software")]
pub mod software;

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::ctap::cose::PublicKey;

pub use error::KeyError;

/// Keys in hardware, or in memory on hosts that say so.
///
/// Futures may be dropped at any await point; the caller then calls [`delete`](KeyStore::delete) for a
/// key it was having generated.
///
/// ```
/// use wardkey_core::keystore::{
///     GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, Verification, VerificationBinding,
/// };
///
/// /// A device that was to have a secure element, but has none.
/// struct NoStrongBox;
///
/// impl KeyStore for NoStrongBox {
///     fn verification(&self) -> VerificationBinding {
///         VerificationBinding::PerUse
///     }
///
///     async fn generate(&self, _: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
///         Err(KeyError::StrongBoxUnavailable)
///     }
///
///     async fn sign(
///         &self,
///         _: &KeyAlias,
///         _: &[u8],
///         _: Verification<'_>,
///     ) -> Result<Vec<u8>, KeyError> {
///         Err(KeyError::NotFound)
///     }
///
///     fn delete(&self, _: &KeyAlias) -> Result<(), KeyError> {
///         Ok(())
///     }
///
///     fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError> {
///         Ok(Vec::new())
///     }
/// }
///
/// assert_eq!(NoStrongBox.aliases(), Ok(vec![]));
/// ```
pub trait KeyStore: Send + Sync {
    /// How this store makes sure that the user was verified before a signature.
    fn verification(&self) -> VerificationBinding;

    /// Makes an ES256 signing key under `request.alias`.
    fn generate(
        &self,
        request: KeyRequest<'_>,
    ) -> impl Future<Output = Result<GeneratedKey, KeyError>> + Send;

    /// Signs `message` (hashed with SHA-256 by the store) and returns a DER `ECDSA-Sig-Value`.
    ///
    /// Success means that the verification asked for happened.
    fn sign(
        &self,
        alias: &KeyAlias,
        message: &[u8],
        verification: Verification<'_>,
    ) -> impl Future<Output = Result<Vec<u8>, KeyError>> + Send;

    /// Deletes a key; deleting one that is not there succeeds.
    ///
    /// Synchronous and quick, because it is also called while a ceremony's future is dropped.
    fn delete(&self, alias: &KeyAlias) -> Result<(), KeyError>;

    /// Every alias the store holds, to find keys that no credential names.
    fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError>;
}

/// The name of a key in its store, known before the key exists.
///
/// ```
/// use wardkey_core::keystore::KeyAlias;
///
/// let alias = KeyAlias::for_credential(&[0x5a; 32]);
/// assert_eq!(alias, KeyAlias::new(alias.as_str()));
/// assert_eq!(format!("{alias:?}"), "KeyAlias(wardkey-5a5a5a5a…)");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyAlias(String);

impl KeyAlias {
    /// Takes a name as a store or snapshot spells it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name a credential's key goes by.
    pub fn for_credential(credential_id: &[u8]) -> Self {
        Self(["wardkey-", &base16ct::lower::encode_string(credential_id)].concat())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyAlias {
    /// Enough to tell keys apart in a log, not enough to name a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyAlias({}…)", self.0.get(..16).unwrap_or("short"))
    }
}

/// What a new key is made with.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::run;
/// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
/// use wardkey_core::keystore::{KeyAlias, KeyRequest, KeyStore};
///
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// let alias = KeyAlias::for_credential(&[1; 32]);
/// let request = KeyRequest { alias: &alias, attestation_challenge: None };
/// assert!(run(keys.generate(request))?.certificate_chain.is_empty());
/// // The same name again, this time to be shown to a relying party.
/// let request = KeyRequest { attestation_challenge: Some(&[0x5a; 32]), ..request };
/// assert!(!run(keys.generate(request))?.certificate_chain.is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KeyRequest<'a> {
    /// The name it will have.
    pub alias: &'a KeyAlias,
    /// Goes into the attestation certificate: the client data hash of this ceremony. `None` if nobody
    /// will see a certificate; then none need be made, which saves the hardware some of its slowest work.
    pub attestation_challenge: Option<&'a [u8; 32]>,
}

/// A key that was just made.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # use std::{pin::pin, task::{Context, Poll, Waker}};
/// use wardkey_core::keystore::{GeneratedKey, KeyAlias, KeyRequest, KeyStore, SecurityLevel};
/// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!(),
/// #     }
/// # }
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
///
/// let request = KeyRequest { alias: &KeyAlias::new("unattested"), attestation_challenge: None };
/// let key: GeneratedKey = block_on(keys.generate(request))?;
/// assert_eq!(key.security_level, SecurityLevel::Software);
/// assert!(key.certificate_chain.is_empty(), "nobody will see one");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GeneratedKey {
    /// Its public half.
    pub public_key: PublicKey,
    /// Where the store says it lives.
    pub security_level: SecurityLevel,
    /// DER certificates, the key's own first; empty if the store cannot attest or was not asked to.
    pub certificate_chain: Vec<Vec<u8>>,
}

/// `SecurityLevel` of Android's key attestation schema.
///
/// ```
/// use wardkey_core::keystore::SecurityLevel;
///
/// // In order of strength, so that a minimum can be asked for.
/// assert!(SecurityLevel::Software < SecurityLevel::TrustedEnvironment);
/// assert!(SecurityLevel::TrustedEnvironment < SecurityLevel::StrongBox);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityLevel {
    /// In memory or files of an operating system.
    Software,
    /// In a trusted execution environment.
    TrustedEnvironment,
    /// In a separate secure element.
    StrongBox,
}

/// How a store ties the user's verification to a signature.
///
/// ```
/// use wardkey_core::keystore::{Prompt, UserVerified, Verification, VerificationBinding};
///
/// /// What `sign` is given, by a host whose user interface can ask for a finger itself.
/// fn before_signing(binding: VerificationBinding, prompt: &Prompt) -> Verification<'_> {
///     match binding {
///         VerificationBinding::PerUse => Verification::PerUse(prompt),
///         VerificationBinding::UserInterface => {
///             Verification::Performed(UserVerified::by_user_interface())
///         }
///     }
/// }
/// # let prompt = Prompt {
/// #     purpose: wardkey_core::keystore::Purpose::SignIn,
/// #     rp_id: "example.org".into(),
/// #     account: "Test clinician".into(),
/// # };
/// let asked = before_signing(VerificationBinding::PerUse, &prompt);
/// assert!(matches!(asked, Verification::PerUse(_)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationBinding {
    /// The key itself demands one authentication for one signature: `sign` shows the prompt.
    PerUse,
    /// The store trusts the user interface: verification comes first, `sign` receives its proof.
    UserInterface,
}

/// What has happened, or has to happen, before a signature.
///
/// ```
/// use wardkey_core::keystore::{KeyError, Verification};
///
/// /// A store that cannot show a prompt of its own.
/// fn verified(verification: Verification<'_>) -> Result<(), KeyError> {
///     match verification {
///         Verification::Performed(_) => Ok(()),
///         Verification::PerUse(_) => Err(KeyError::NotAuthenticated),
///     }
/// }
/// # use wardkey_core::keystore::UserVerified;
///
/// let proof = UserVerified::by_user_interface();
/// assert!(verified(Verification::Performed(proof)).is_ok());
/// ```
#[derive(Debug)]
pub enum Verification<'a> {
    /// The store prompts and signs in one step.
    PerUse(&'a Prompt),
    /// The user interface verified the user in this ceremony.
    Performed(UserVerified),
}

/// What a prompt for biometrics or PIN says.
///
/// ```
/// use wardkey_core::keystore::{Prompt, Purpose};
///
/// let prompt = Prompt {
///     purpose: Purpose::SignIn,
///     rp_id: "example.org".into(),
///     account: "Test clinician".into(),
/// };
/// // Whose it is stays out of logs.
/// assert_eq!(format!("{prompt:?}"), "Prompt { purpose: SignIn, .. }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What is about to happen.
    pub purpose: Purpose,
    /// The site or service, as its relying party id.
    pub rp_id: String,
    /// The account's name as people know it.
    pub account: String,
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// The two things a passkey does.
///
/// ```
/// use wardkey_core::keystore::{Prompt, Purpose};
///
/// fn title(prompt: &Prompt) -> String {
///     match prompt.purpose {
///         Purpose::Register => format!("Make a passkey for {}", prompt.rp_id),
///         Purpose::SignIn => format!("Sign in to {}", prompt.rp_id),
///     }
/// }
///
/// let (rp_id, account) = ("example.org".into(), "Test clinician".into());
/// let prompt = Prompt { purpose: Purpose::Register, rp_id, account };
/// assert_eq!(title(&prompt), "Make a passkey for example.org");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A passkey is being made.
    Register,
    /// A passkey is signing somebody in.
    SignIn,
}

/// Proof that a user interface verified the user; used up by one signature. A
/// [user interface](crate::authenticator::UserInterface) hands them out.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::run;
/// # use wardkey_core::keystore::{KeyAlias, KeyRequest};
/// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
/// use wardkey_core::keystore::{KeyError, KeyStore, Prompt, Purpose, UserVerified, Verification};
///
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// # let alias = KeyAlias::new("key");
/// # run(keys.generate(KeyRequest { alias: &alias, attestation_challenge: None }))?;
/// // Software keys show no prompt of their own, so without the proof there is no signature.
/// # let (rp_id, account) = ("example.org".into(), "Test clinician".into());
/// let prompt = Prompt { purpose: Purpose::SignIn, rp_id, account };
/// let unproven = run(keys.sign(&alias, b"message", Verification::PerUse(&prompt)));
/// assert_eq!(unproven, Err(KeyError::NotAuthenticated));
///
/// let proof = UserVerified::by_user_interface();
/// assert!(run(keys.sign(&alias, b"message", Verification::Performed(proof))).is_ok());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct UserVerified(());

impl UserVerified {
    /// To be called by a user interface, and only after it verified the user for this very ceremony.
    pub const fn by_user_interface() -> Self {
        Self(())
    }
}
