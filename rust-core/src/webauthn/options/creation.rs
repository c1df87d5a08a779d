//! Options of a registration.

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use super::{AttestationConveyance, AuthenticatorAttachment, Requirement, descriptors};
use crate::{
    ctap::{
        cose::ES256,
        request::{CredentialDescriptor, MAX_USER_HANDLE_BYTES, PUBLIC_KEY, User},
    },
    webauthn::json::{self, InvalidJson, Object},
};

/// COSE algorithm identifier of RSASSA-PKCS1-v1_5 with SHA-256.
const RS256: i64 = -257;

/// `PublicKeyCredentialCreationOptionsJSON`, read. `Debug` hides user and challenge.
///
/// ```
/// use wardkey_core::webauthn::{AttestationConveyance, CreationOptions, Requirement};
///
/// let options = CreationOptions::parse(
///     r#"{
///         "rp": {"name": "Example"},
///         "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
///         "challenge": "Y2hhbGxlbmdl",
///         "pubKeyCredParams": [],
///         "authenticatorSelection": {"residentKey": "required"},
///         "attestation": "direct"
///     }"#,
/// )?;
/// assert_eq!(options.algorithms, [-7, -257]);
/// assert_eq!(options.resident_key, Requirement::Required);
/// assert_eq!(options.attestation, AttestationConveyance::Direct);
///
/// let error = CreationOptions::parse(r#"{"rp": {}}"#).unwrap_err();
/// assert_eq!(error.to_string(), r#""rp.name" is missing"#);
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CreationOptions {
    /// `rp.id`, as written.
    pub rp_id: Option<String>,
    /// `rp.name`.
    pub rp_name: String,
    /// `user`.
    pub user: User,
    /// `challenge`.
    pub challenge: Vec<u8>,
    /// `pubKeyCredParams` of type `public-key`, most wanted first; never empty.
    pub algorithms: Vec<i64>,
    /// `timeout`, milliseconds.
    pub timeout: Option<u64>,
    /// `excludeCredentials` of type `public-key`.
    pub exclude_credentials: Vec<CredentialDescriptor>,
    /// `authenticatorSelection.authenticatorAttachment`.
    pub authenticator_attachment: Option<AuthenticatorAttachment>,
    /// `authenticatorSelection.residentKey`, or what `requireResidentKey` says in its place.
    pub resident_key: Requirement,
    /// `authenticatorSelection.userVerification`.
    pub user_verification: Requirement,
    /// `attestation`.
    pub attestation: AttestationConveyance,
    /// `extensions.credProps`.
    pub cred_props: bool,
}

impl fmt::Debug for CreationOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreationOptions").field("rp_id", &self.rp_id).finish_non_exhaustive()
    }
}

impl CreationOptions {
    /// Reads the options from JSON.
    pub fn parse(json: &str) -> Result<Self, InvalidJson> {
        let value = json::parse(json)?;
        let options = Object::root(&value)?;
        let rp = options.object("rp")?;
        let selection = Selection::read(options.optional_object("authenticatorSelection")?)?;
        Ok(Self {
            rp_id: rp.optional_string("id")?.map(String::from),
            rp_name: rp.string("name")?,
            user: user(&options.object("user")?)?,
            challenge: options.bytes("challenge")?,
            algorithms: algorithms(&options)?,
            timeout: options.optional_unsigned("timeout")?,
            exclude_credentials: descriptors(&options, "excludeCredentials")?.known,
            authenticator_attachment: selection.attachment,
            resident_key: selection.resident_key,
            user_verification: selection.user_verification,
            attestation: AttestationConveyance::read(&options)?,
            cred_props: cred_props(&options)?,
        })
    }
}

fn user(user: &Object<'_>) -> Result<User, InvalidJson> {
    let id = user.bytes("id")?;
    // WebAuthn Level 3 §5.1.3 step 4: a TypeError.
    if id.is_empty() || id.len() > MAX_USER_HANDLE_BYTES {
        let problem = "is not 1 to 64 bytes long";
        return Err(InvalidJson::Value { member: user.path("id"), problem });
    }
    Ok(User {
        id,
        name: Some(user.string("name")?),
        display_name: Some(user.string("displayName")?),
    })
}

/// §5.1.3 step 10: an empty list has defaults; a list of nothing known is a `NotSupportedError`.
fn algorithms(options: &Object<'_>) -> Result<Vec<i64>, InvalidJson> {
    const NAME: &str = "pubKeyCredParams";
    let entries = options.objects(NAME)?;
    if entries.is_empty() {
        return Ok(vec![ES256, RS256]);
    }
    let mut algorithms = Vec::new();
    for entry in &entries {
        let algorithm = entry.integer("alg")?;
        if entry.string("type")? == PUBLIC_KEY {
            algorithms.push(algorithm);
        }
    }
    if algorithms.is_empty() {
        let problem = "has no entry of type \"public-key\"";
        return Err(InvalidJson::Value { member: options.path(NAME), problem });
    }
    Ok(algorithms)
}

fn cred_props(options: &Object<'_>) -> Result<bool, InvalidJson> {
    let asked = match options.optional_object("extensions")? {
        Some(extensions) => extensions.optional_bool("credProps")?,
        None => None,
    };
    Ok(asked.unwrap_or(false))
}

/// `AuthenticatorSelectionCriteria`.
struct Selection {
    attachment: Option<AuthenticatorAttachment>,
    resident_key: Requirement,
    user_verification: Requirement,
}

impl Selection {
    fn read(object: Option<Object<'_>>) -> Result<Self, InvalidJson> {
        let Some(object) = object else {
            return Ok(Self {
                attachment: None,
                resident_key: Requirement::Discouraged,
                user_verification: Requirement::Preferred,
            });
        };
        // §5.4.4: what Level 1 called requireResidentKey counts only where residentKey says nothing.
        let level_1 = match object.optional_bool("requireResidentKey")? {
            Some(true) => Requirement::Required,
            Some(false) | None => Requirement::Discouraged,
        };
        Ok(Self {
            attachment: AuthenticatorAttachment::read(&object)?,
            resident_key: Requirement::read(&object, "residentKey")?.unwrap_or(level_1),
            user_verification: Requirement::user_verification(&object)?,
        })
    }
}
