//! What relying parties ask for: `PublicKeyCredentialCreationOptionsJSON` and
//! `PublicKeyCredentialRequestOptionsJSON`, WebAuthn Level 3 §5.1.8 and §5.1.9.
//!
//! Members this crate does not know are ignored, and so are unknown values of enumerations, as §2.1.1
//! asks: such a member counts as left out.

mod creation;
mod request;

use alloc::vec::Vec;

use super::json::{InvalidJson, Object};
use crate::ctap::request::{CredentialDescriptor, PUBLIC_KEY};

pub use creation::CreationOptions;
pub use request::RequestOptions;

/// How much a relying party wants something: `UserVerificationRequirement` and
/// `ResidentKeyRequirement`.
///
/// ```
/// use wardkey_core::webauthn::{RequestOptions, Requirement};
///
/// let options = r#"{"challenge": "AA", "userVerification": "required"}"#;
/// assert_eq!(RequestOptions::parse(options)?.user_verification, Requirement::Required);
/// // Left out, or a word of the future.
/// let options = r#"{"challenge": "AA", "userVerification": "please"}"#;
/// assert_eq!(RequestOptions::parse(options)?.user_verification, Requirement::Preferred);
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Not at all.
    Discouraged,
    /// Where possible.
    Preferred,
    /// Nothing less will do.
    Required,
}

impl Requirement {
    fn read(object: &Object<'_>, name: &str) -> Result<Option<Self>, InvalidJson> {
        Ok(match object.optional_string(name)? {
            Some("discouraged") => Some(Self::Discouraged),
            Some("preferred") => Some(Self::Preferred),
            Some("required") => Some(Self::Required),
            _ => None,
        })
    }

    /// The `userVerification` member and its default.
    fn user_verification(object: &Object<'_>) -> Result<Self, InvalidJson> {
        Ok(Self::read(object, "userVerification")?.unwrap_or(Self::Preferred))
    }

    /// What an authenticator that can do it is asked: left out when discouraged, which is the default
    /// on the wire.
    pub(super) const fn option(self) -> Option<bool> {
        match self {
            Self::Discouraged => None,
            Self::Preferred | Self::Required => Some(true),
        }
    }
}

/// `AttestationConveyancePreference`.
///
/// ```
/// use wardkey_core::webauthn::{AttestationConveyance, CreationOptions};
///
/// let options = |attestation: &str| {
///     CreationOptions::parse(&format!(
///         r#"{{"rp": {{"name": "Example"}}, "user": {{"id": "aWQ", "name": "", "displayName": ""}},
///             "challenge": "AA", "pubKeyCredParams": [], "attestation": "{attestation}"}}"#
///     ))
/// };
/// assert_eq!(options("enterprise")?.attestation, AttestationConveyance::Enterprise);
/// // A word of the future asks for nothing.
/// assert_eq!(options("everything")?.attestation, AttestationConveyance::None);
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationConveyance {
    /// Not interested.
    None,
    /// Any that is verifiable.
    Indirect,
    /// As the authenticator made it.
    Direct,
    /// One that may name the individual authenticator.
    Enterprise,
}

impl AttestationConveyance {
    fn read(object: &Object<'_>) -> Result<Self, InvalidJson> {
        Ok(match object.optional_string("attestation")? {
            Some("indirect") => Self::Indirect,
            Some("direct") => Self::Direct,
            Some("enterprise") => Self::Enterprise,
            _ => Self::None,
        })
    }
}

/// `AuthenticatorAttachment`.
///
/// ```
/// use wardkey_core::webauthn::AuthenticatorAttachment;
///
/// assert_eq!(AuthenticatorAttachment::CrossPlatform.as_str(), "cross-platform");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticatorAttachment {
    /// The authenticator is part of the device the client runs on.
    Platform,
    /// It is another device.
    CrossPlatform,
}

impl AuthenticatorAttachment {
    fn read(object: &Object<'_>) -> Result<Option<Self>, InvalidJson> {
        Ok(match object.optional_string("authenticatorAttachment")? {
            Some("platform") => Some(Self::Platform),
            Some("cross-platform") => Some(Self::CrossPlatform),
            _ => None,
        })
    }

    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::CrossPlatform => "cross-platform",
        }
    }
}

/// A list of descriptors as it was written.
struct DescriptorList {
    /// Whether there was anything in it.
    had_entries: bool,
    /// Those of a known type.
    known: Vec<CredentialDescriptor>,
}

fn descriptors(object: &Object<'_>, name: &str) -> Result<DescriptorList, InvalidJson> {
    let entries = object.optional_objects(name)?.unwrap_or_default();
    let mut known = Vec::new();
    for entry in &entries {
        let id = entry.bytes("id")?;
        let transports = entry.strings("transports")?;
        if entry.string("type")? == PUBLIC_KEY {
            known.push(CredentialDescriptor { id, transports });
        }
    }
    Ok(DescriptorList { had_entries: !entries.is_empty(), known })
}
