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
//!
//! From the link to the passkey that can sign in:
//!
//! ```
//! # use wardkey_evidence::Event;
//! use wardkey_register::registrations::{Made, MadePasskey, RegistrationState, Step};
//! # use wardkey_register::{Database, testing::{NOW as now, link, with_passkey}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let database = Database::temporary().await?;
//! # let (id, token) = link(&database).await;
//! # let authority = database.person_by_name("desk.a@example.org").await?.ok_or("seeded")?.id;
//! # let (person, another) = with_passkey(&database, "ward.one@example.org").await;
//! # let mut passkey = another.made;
//! # passkey.credential_id = vec![0x5a; 32];
//! # passkey.verdict = Some(r#"{"outcome":"accept"}"#.into());
//! # let event = Event::Registered {
//! #     registration: Some(id.to_string()),
//! #     person: person.id.to_string(),
//! #     credential: "WlpaWg".into(),
//! #     verdict: Some("accept".into()),
//! #     policy: Some("AAL3".into()),
//! #     key_level: Some("STRONG_BOX".into()),
//! #     certificate: None,
//! #     assurance: 3,
//! #     binding: None,
//! # };
//! let mut act = database.act().await?;
//! act.open_registration(token.as_str(), None, now).await?;
//! act.check_registration(&id, r#"{"webauthn":true}"#, now).await?;
//! let made = MadePasskey {
//!     authenticator: &passkey,
//!     witness: "1234 5678 9012",
//!     event: &event,
//!     ends: now + std::time::Duration::from_mins(15),
//! };
//! act.make_registration(&id, &made, now).await?;
//!
//! // What the desk shows, to compare with what the phone shows.
//! let registration = act.registration(&id).await?.ok_or("it was issued")?;
//! let Some(Made { witness, .. }) = registration.passkey else { return Err("no passkey".into()) };
//! assert_eq!(witness.as_deref(), Some("1234 5678 9012"));
//!
//! assert_eq!(act.confirm_registration(&id, Some(&authority), now).await?, Step::Done);
//! act.commit().await?;
//! let state = database.registration(&id).await?.map(|registration| registration.state);
//! assert_eq!(state, Some(RegistrationState::Active));
//! # Ok(())
//! # }
//! ```

mod endings;
mod events;
mod expiry;
mod hindrance;
mod history;
mod ids;
mod outcomes;
mod rows;
mod steps;

pub use events::{EventKind, RegistrationEvent};
pub use expiry::Expired;
pub use hindrance::Hindrance;
pub use history::History;
pub use ids::{BrowserToken, LinkToken, RegistrationId};
pub use outcomes::{MadePasskey, NewRegistration, Opening, Refused, Step};

use crate::{Moment, PersonId};

/// Where in its life a registration is.
///
/// ```
/// use wardkey_register::registrations::RegistrationState;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, _) = link(&database).await;
/// # let authority = database.person_by_name("desk.a@example.org").await?.ok_or("seeded")?.id;
/// let mut act = database.act().await?;
/// act.revoke_registration(&id, &authority, now).await?;
/// let registration = act.registration(&id).await?.ok_or("it stays on the register")?;
/// assert_eq!(registration.state, RegistrationState::Revoked);
/// assert!(registration.state.is_over());
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::registrations::Registration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// let found: Option<Registration> = database.registration(&id).await?;
/// let registration = found.ok_or("it was issued")?;
/// assert_eq!(registration.passkey, None);
/// assert!(!registration.is_due(now));
/// assert!(registration.is_due(now + Duration::from_mins(15)));
/// assert_eq!(database.registrations_of(&registration.person).await?, [registration]);
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_evidence::Event;
/// # use wardkey_register::{Database, testing::{NOW as now, link, with_passkey}};
/// # use wardkey_register::registrations::MadePasskey;
/// use wardkey_register::registrations::Made;
///
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// # let (person, another) = with_passkey(&database, "ward.one@example.org").await;
/// # let mut passkey = another.made;
/// # passkey.credential_id = vec![0x5a; 32];
/// # passkey.verdict = Some(r#"{"outcome":"accept"}"#.into());
/// # let event = Event::Registered {
/// #     registration: Some(id.to_string()),
/// #     person: person.id.to_string(),
/// #     credential: "WlpaWg".into(),
/// #     verdict: Some("accept".into()),
/// #     policy: Some("AAL3".into()),
/// #     key_level: Some("STRONG_BOX".into()),
/// #     certificate: None,
/// #     assurance: 3,
/// #     binding: None,
/// # };
/// # let mut act = database.act().await?;
/// # act.open_registration(token.as_str(), None, now).await?;
/// # act.check_registration(&id, "{}", now).await?;
/// # let (witness, ends) = ("1234 5678 9012", now + std::time::Duration::from_mins(15));
/// # let made = MadePasskey { authenticator: &passkey, witness, event: &event, ends };
/// let before = act.registration(&id).await?.ok_or("it was issued")?;
/// assert_eq!(before.passkey, None);
/// act.make_registration(&id, &made, now).await?;
/// let registration = act.registration(&id).await?.ok_or("it was issued")?;
/// let expected = Made {
///     credential_id: passkey.credential_id,
///     witness: Some("1234 5678 9012".into()),
///     verdict: r#"{"outcome":"accept"}"#.into(),
/// };
/// assert_eq!(registration.passkey, Some(expected));
/// # Ok(())
/// # }
/// ```
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
