//! Registrations under the eyes of a registration authority.
//!
//! ```text
//! issued → opened → checked → made → active
//!    └────────┴────────┴───────┴──→ expired | revoked
//!             └────────┴──→ refused | failed
//!                               made → differed
//! ```
//!
//! Each arrow is one [`Act`](crate::Act): the new state, the numbered event that the registration
//! authority sees and the evidence, together or not at all. An arrow is taken once, whoever asks twice or
//! at the same moment: the second is told which state there is [instead](Step::Instead).

mod endings;
mod events;
mod ids;
mod rows;
mod steps;

pub use events::{EventKind, RegistrationEvent};
pub use ids::{BrowserToken, LinkToken, RegistrationId};
pub use steps::{Hindrance, MadePasskey, NewRegistration, Opening, Refused, Step};

use crate::{Moment, PersonId};

/// Where in its life a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// There is a link, and nobody opened it.
    Issued,
    /// One browser opened it.
    Opened,
    /// That browser can make a passkey.
    Checked,
    /// There is a passkey; it cannot sign in before the codes were compared.
    Made,
    /// The codes were the same: the passkey can sign in.
    Active,
    /// The time was over.
    Expired,
    /// It was taken back.
    Revoked,
    /// The verdict on the passkey's attestation was to refuse.
    Refused,
    /// The codes differed.
    Differed,
    /// What the phone sent was no passkey for this registration.
    Failed,
}

impl RegistrationState {
    const ALL: [Self; 10] = [
        Self::Issued,
        Self::Opened,
        Self::Checked,
        Self::Made,
        Self::Active,
        Self::Expired,
        Self::Revoked,
        Self::Refused,
        Self::Differed,
        Self::Failed,
    ];

    /// As it is stored, and as programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Opened => "opened",
            Self::Checked => "checked",
            Self::Made => "made",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Refused => "refused",
            Self::Differed => "differed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more can happen.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Issued | Self::Opened | Self::Checked | Self::Made)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its name.
    pub id: RegistrationId,
    /// Whose passkey it is to be.
    pub person: PersonId,
    /// Who issued the link; nobody: the service itself.
    pub authority: Option<PersonId>,
    /// Where it is.
    pub state: RegistrationState,
    /// When the link was made.
    pub issued_at: Moment,
    /// When the next step must have been taken.
    pub ends: Moment,
    /// The passkey, once there was one.
    pub passkey: Option<Made>,
    /// When it was over.
    pub ended_at: Option<Moment>,
    /// Who ended it, if a person did.
    pub ended_by: Option<PersonId>,
    browser: Option<String>,
}

/// What was made in a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// The code to compare with the one the phone shows; none for a passkey that was refused.
    pub witness: Option<String>,
    /// The verdict on its attestation (JSON).
    pub verdict: String,
}

impl Registration {
    /// Whether that browser opened the link.
    pub fn is_of(&self, browser: &str) -> bool {
        self.browser.as_deref() == Some(ids::hash(browser).as_str())
    }

    /// Whether the time for the next step is over.
    pub fn is_due(&self, now: Moment) -> bool {
        !self.state.is_over() && self.ends.millis() <= now.millis()
    }
}
