//! Options of a sign-in.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{Requirement, descriptors};
use crate::{
    ctap::request::CredentialDescriptor,
    webauthn::json::{self, InvalidJson, Object},
};

/// `PublicKeyCredentialRequestOptionsJSON`, read. `Debug` hides the challenge.
///
/// ```
/// use wardkey_core::webauthn::RequestOptions;
///
/// let options = RequestOptions::parse(r#"{"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"}"#)?;
/// assert_eq!(options.challenge, b"challenge");
/// assert_eq!(options.allow_credentials, None);
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RequestOptions {
    /// `challenge`.
    pub challenge: Vec<u8>,
    /// `timeout`, milliseconds.
    pub timeout: Option<u64>,
    /// `rpId`, as written.
    pub rp_id: Option<String>,
    /// `allowCredentials` of type `public-key`; `None` leaves the choice to the user. A list in which
    /// nothing is of a known type stays a list, and nothing satisfies it.
    pub allow_credentials: Option<Vec<CredentialDescriptor>>,
    /// `userVerification`.
    pub user_verification: Requirement,
}

impl fmt::Debug for RequestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOptions").field("rp_id", &self.rp_id).finish_non_exhaustive()
    }
}

impl RequestOptions {
    /// Reads the options from JSON.
    pub fn parse(json: &str) -> Result<Self, InvalidJson> {
        let value = json::parse(json)?;
        let options = Object::root(&value)?;
        let allowed = descriptors(&options, "allowCredentials")?;
        Ok(Self {
            challenge: options.bytes("challenge")?,
            timeout: options.optional_unsigned("timeout")?,
            rp_id: options.optional_string("rpId")?.map(String::from),
            allow_credentials: allowed.had_entries.then_some(allowed.known),
            user_verification: Requirement::user_verification(&options)?,
        })
    }
}
