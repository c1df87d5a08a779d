use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Binding;

/// Who did it.
///
/// In JSON the person's id, or `system`.
///
/// ```
/// use wardkey_evidence::Actor;
///
/// assert_eq!(Actor::from("system"), Actor::System);
/// assert_eq!(Actor::from("dXNlcg"), Actor::Person("dXNlcg".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The service by itself, such as at its first start.
    System,
    /// A person, by id (user handle, base64url).
    Person(String),
}

const SYSTEM: &str = "system";

impl From<&str> for Actor {
    fn from(text: &str) -> Self {
        match text {
            SYSTEM => Self::System,
            id => Self::Person(id.to_owned()),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => formatter.write_str(SYSTEM),
            Self::Person(id) => formatter.write_str(id),
        }
    }
}

impl FromStr for Actor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $name:ident = $kind:literal {
            $($(#[$member_doc:meta])* $member:ident: $type:ty,)*
        }
    )*) => {
        /// What happened. People, registrations and credentials are named by their ids (base64url), never
        /// by a person's name.
        ///
        /// [The crate's example](crate) has one.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", deny_unknown_fields)]
        pub enum Event {
            $(
                $(#[$doc])*
                #[serde(rename = $kind)]
                $name {
                    $($(#[$member_doc])* $member: $type,)*
                },
            )*
        }

        impl Event {
            /// Its name in JSON.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $kind,)*
                }
            }
        }
    };
}

events! {
    /// A registration link was made.
    LinkIssued = "link-issued" {
        /// The registration it begins.
        registration: String,
        /// For whom.
        person: String,
        /// By whom.
        authority: Actor,
    }
    /// The link was opened, by the one browser that may go on.
    LinkOpened = "link-opened" {
        /// Which registration.
        registration: String,
    }
    /// Another browser tried an opened link.
    LinkReused = "link-reused" {
        /// Which registration.
        registration: String,
    }
    /// The link was taken back before it was used.
    LinkRevoked = "link-revoked" {
        /// Which registration.
        registration: String,
        /// By whom.
        authority: Actor,
    }
    /// The link's time was over before the registration was.
    LinkExpired = "link-expired" {
        /// Which registration.
        registration: String,
    }
    /// A passkey was made and its attestation not refused.
    Registered = "registered" {
        /// Which registration; none if a tester made the passkey alone.
        registration: Option<String>,
        /// Whose.
        person: String,
        /// Its credential id.
        credential: String,
        /// The verdict: `accept`, `accept-with-warnings`, `refuse`; none if there was nothing to judge.
        verdict: Option<String>,
        /// The name of the policy that was applied.
        policy: Option<String>,
        /// Where the key lives, as attested: `STRONG_BOX`, `TRUSTED_ENVIRONMENT` or `SOFTWARE`.
        key_level: Option<String>,
        /// SHA-256 of the attestation certificate, hexadecimal.
        certificate: Option<String>,
        /// The level a sign-in with it reaches.
        assurance: u8,
        /// What exactly was proved, under which policy and for which key; none in records that were made
        /// before this was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        binding: Option<Binding>,
    }
    /// A passkey was made and refused.
    RegistrationRefused = "registration-refused" {
        /// Which registration; none if a tester made the passkey alone.
        registration: Option<String>,
        /// Whose.
        person: String,
        /// Its credential id.
        credential: String,
        /// The name of the policy that was applied.
        policy: String,
        /// The checks that failed.
        failed: Vec<String>,
        /// SHA-256 of the attestation certificate, hexadecimal.
        certificate: Option<String>,
    }
    /// A registration ended without a passkey.
    RegistrationFailed = "registration-failed" {
        /// Which.
        registration: String,
        /// At which stage.
        stage: String,
        /// Why.
        why: String,
    }
    /// The codes on phone and desk were the same: the passkey can be used.
    Confirmed = "confirmed" {
        /// Which registration.
        registration: String,
        /// Its credential id.
        credential: String,
        /// Who compared them.
        authority: Actor,
    }
    /// The codes on phone and desk differed: the passkey was destroyed.
    Differed = "codes-differed" {
        /// Which registration.
        registration: String,
        /// Its credential id.
        credential: String,
        /// Who compared them.
        authority: Actor,
    }
    /// A passkey was taken off the register.
    Removed = "removed" {
        /// Whose it was.
        person: String,
        /// Its credential id.
        credential: String,
        /// By whom.
        authority: Actor,
        /// Why, in the authority's words.
        reason: String,
    }
    /// The list of registered people was given out.
    Exported = "exported" {
        /// To whom.
        authority: Actor,
        /// `csv` or `json`.
        format: String,
        /// How many people were on it.
        people: u64,
    }
    /// Somebody signed in as a registration authority.
    SignedIn = "signed-in" {
        /// Who.
        person: String,
        /// With which credential id.
        credential: String,
        /// The level that was reached.
        assurance: u8,
    }
}
