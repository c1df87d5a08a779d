//! Client data: what a relying party learns from the client about a ceremony.

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Write};

use super::base64url;
use crate::ctap::auth_data::sha256;

/// Which ceremony the client data is for.
///
/// ```
/// use wardkey_core::webauthn::Ceremony;
///
/// assert_eq!(Ceremony::Create.as_str(), "webauthn.create");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// A registration.
    Create,
    /// A sign-in.
    Get,
}

impl Ceremony {
    /// The `type` member.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Whether the ceremony takes place in a frame whose ancestors are not all of the same origin.
///
/// ```
/// use wardkey_core::webauthn::{Ceremony, CollectedClientData, CrossOrigin};
///
/// let mut data = CollectedClientData::new(Ceremony::Get, b"challenge", "https://example.org");
/// data.cross_origin = CrossOrigin::Yes { top_origin: Some("https://example.com".into()) };
/// assert!(data.to_json().ends_with(r#""crossOrigin":true,"topOrigin":"https://example.com"}"#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrossOrigin {
    /// It does not.
    No,
    /// It does.
    Yes {
        /// The origin of the top-level page, where the client says it.
        top_origin: Option<String>,
    },
}

/// `CollectedClientData`, WebAuthn Level 3 §5.8.1.
///
/// ```
/// use wardkey_core::webauthn::{Ceremony, CollectedClientData};
///
/// let data = CollectedClientData::new(Ceremony::Get, b"challenge", "https://example.org");
/// assert_eq!(
///     data.to_json(),
///     r#"{"type":"webauthn.get","challenge":"Y2hhbGxlbmdl","origin":"https://example.org","crossOrigin":false}"#,
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CollectedClientData {
    /// Which ceremony.
    pub ceremony: Ceremony,
    /// The relying party's challenge.
    pub challenge: Vec<u8>,
    /// The origin of the page or application, serialized.
    pub origin: String,
    /// Where it is embedded.
    pub cross_origin: CrossOrigin,
    /// Further members, in order, after those of the specification.
    pub extra: Vec<(String, String)>,
}

impl CollectedClientData {
    /// Client data of a ceremony in a top-level page.
    pub fn new(
        ceremony: Ceremony,
        challenge: impl Into<Vec<u8>>,
        origin: impl Into<String>,
    ) -> Self {
        Self {
            ceremony,
            challenge: challenge.into(),
            origin: origin.into(),
            cross_origin: CrossOrigin::No,
            extra: Vec::new(),
        }
    }

    /// The serialization of §5.8.1.1, with which a verifier may compare bytes instead of parsing.
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        push_member(&mut json, "type", self.ceremony.as_str());
        json.push(',');
        push_member(&mut json, "challenge", &base64url::encode(&self.challenge));
        json.push(',');
        push_member(&mut json, "origin", &self.origin);
        json.push_str(",\"crossOrigin\":");
        match &self.cross_origin {
            CrossOrigin::No => json.push_str("false"),
            CrossOrigin::Yes { top_origin } => {
                json.push_str("true");
                if let Some(top_origin) = top_origin {
                    json.push(',');
                    push_member(&mut json, "topOrigin", top_origin);
                }
            }
        }
        for (name, value) in &self.extra {
            json.push(',');
            push_member(&mut json, name, value);
        }
        json.push('}');
        json
    }
}

impl fmt::Debug for CollectedClientData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectedClientData")
            .field("ceremony", &self.ceremony)
            .finish_non_exhaustive()
    }
}

fn push_member(json: &mut String, name: &str, value: &str) {
    push_string(json, name);
    json.push(':');
    push_string(json, value);
}

/// `CCDToString`, §5.8.1.2: escapes less than JSON libraries do, and always the same.
fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\0'..='\x1f' => {
                // Writing to a `String` cannot fail.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// The client data of one ceremony, as far as this side has it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum ClientData {
    /// Made here.
    Json(String),
    /// Made by a privileged caller, who keeps it.
    Hash([u8; 32]),
}

/// Stands in responses for client data that the caller has and we do not; the caller puts its own in.
const PLACEHOLDER: &str = "{}";

impl ClientData {
    pub(super) fn hash(&self) -> [u8; 32] {
        match self {
            Self::Json(json) => sha256(json.as_bytes()),
            Self::Hash(hash) => *hash,
        }
    }

    pub(super) fn json(&self) -> &[u8] {
        match self {
            Self::Json(json) => json.as_bytes(),
            Self::Hash(_) => PLACEHOLDER.as_bytes(),
        }
    }
}
