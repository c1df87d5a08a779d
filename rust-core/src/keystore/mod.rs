//! Where credential keys live: made for Android Keystore, which never lets one out.
//!
//! A [`KeyStore`] makes P-256 signing keys inside hardware, proves where they were made, signs once per
//! verification of the user, and deletes. The core names keys by [`KeyAlias`] and never sees a private
//! key.

mod error;
pub mod key_description;
#[cfg(feature = "software")]
pub mod software;

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Write};

use crate::ctap::cose::PublicKey;

pub use error::KeyError;

/// Keys in hardware, or in memory on hosts that say so.
///
/// Futures may be dropped at any await point; the caller then calls [`delete`](KeyStore::delete) for a
/// key it was having generated.
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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyAlias(String);

impl KeyAlias {
    /// Takes a name as a store or snapshot spells it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name a credential's key goes by.
    pub fn for_credential(credential_id: &[u8]) -> Self {
        let mut name = String::from("wardkey-");
        for byte in credential_id {
            // Writing to a `String` cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        Self(name)
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
#[derive(Clone, Copy, Debug)]
pub struct KeyRequest<'a> {
    /// The name it will have.
    pub alias: &'a KeyAlias,
    /// Goes into the attestation certificate: the client data hash of this ceremony.
    pub attestation_challenge: &'a [u8; 32],
}

/// A key that was just made.
#[derive(Clone, Debug)]
pub struct GeneratedKey {
    /// Its public half.
    pub public_key: PublicKey,
    /// Where the store says it lives.
    pub security_level: SecurityLevel,
    /// DER certificates, the key's own first; empty if the store cannot attest.
    pub certificate_chain: Vec<Vec<u8>>,
}

/// `SecurityLevel` of Android's key attestation schema.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationBinding {
    /// The key itself demands one authentication for one signature: `sign` shows the prompt.
    PerUse,
    /// The store trusts the user interface: verification comes first, `sign` receives its proof.
    UserInterface,
}

/// What has happened, or has to happen, before a signature.
#[derive(Debug)]
pub enum Verification<'a> {
    /// The store prompts and signs in one step.
    PerUse(&'a Prompt),
    /// The user interface verified the user in this ceremony.
    Performed(UserVerified),
}

/// What a prompt for biometrics or PIN says.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A passkey is being made.
    Register,
    /// A passkey is signing somebody in.
    SignIn,
}

/// Proof that a user interface verified the user; used up by one signature.
#[derive(Debug)]
pub struct UserVerified(());

impl UserVerified {
    /// To be called by a user interface, and only after it verified the user for this very ceremony.
    pub const fn by_user_interface() -> Self {
        Self(())
    }
}
