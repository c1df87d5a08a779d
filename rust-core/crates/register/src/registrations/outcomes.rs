//! What the steps of a registration are given, and what becomes of them.

use wardkey_evidence::Event;

use super::{BrowserToken, Registration, RegistrationState};
use crate::{Moment, NewAuthenticator, PersonId};

/// A registration to be begun.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::registrations::NewRegistration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::NOW as now};
/// # let database = Database::temporary().await?;
/// # database.seed_people(now).await?;
/// # let person = database.person_by_name("ward.one@example.org").await?.ok_or("seeded")?.id;
/// # let authority = database.person_by_name("desk.a@example.org").await?.ok_or("seeded")?.id;
/// let ends = now + Duration::from_mins(15);
/// let new = NewRegistration { person, authority: Some(authority), ends };
/// let mut act = database.act().await?;
/// let (id, token) = act.issue_registration(&new, now).await?;
/// act.commit().await?;
/// let link = format!("https://desk.example.org/enrol/{}", token.as_str());
/// # assert!(link.len() > 60);
/// assert_eq!(database.registration(&id).await?.map(|found| found.ends), Some(ends));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct NewRegistration {
    /// Whose passkey it is to be.
    pub person: PersonId,
    /// Who issues the link; nobody: the service itself.
    pub authority: Option<PersonId>,
    /// Until when the passkey must be made.
    pub ends: Moment,
}

/// What became of a link that somebody wants to open.
///
/// ```
/// use wardkey_register::registrations::Opening;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (_, token) = link(&database).await;
/// # let token = token.as_str();
/// let mut act = database.act().await?;
/// let opening = act.open_registration(token, None, now).await?;
/// let Opening::Opened(_, browser) = opening else { return Err("taken".into()) };
///
/// let same = act.open_registration(token, Some(browser.as_str()), now).await?;
/// assert!(matches!(same, Opening::Continued(_)));
/// let another = act.open_registration(token, None, now).await?;
/// assert!(matches!(another, Opening::Taken(_)), "and the authority sees it");
/// assert!(matches!(act.open_registration("a guess", None, now).await?, Opening::Unknown));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub enum Opening {
    /// It is theirs: from now on they show this.
    Opened(Registration, BrowserToken),
    /// It was theirs already.
    Continued(Registration),
    /// Another browser has it.
    Taken(Registration),
    /// Its registration is over.
    Over(Registration),
    /// There is no such link.
    Unknown,
}

impl Opening {
    /// The registration of the link, if there is one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW as now, link}};
    /// # let database = Database::temporary().await?;
    /// # let (id, token) = link(&database).await;
    /// let mut act = database.act().await?;
    /// let opening = act.open_registration(token.as_str(), None, now).await?;
    /// assert_eq!(opening.registration().map(|found| &found.id), Some(&id));
    /// assert!(act.open_registration("a guess", None, now).await?.registration().is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub const fn registration(&self) -> Option<&Registration> {
        match self {
            Self::Opened(found, _)
            | Self::Continued(found)
            | Self::Taken(found)
            | Self::Over(found) => Some(found),
            Self::Unknown => None,
        }
    }
}

/// What became of a step.
///
/// ```
/// use wardkey_register::registrations::{RegistrationState, Step};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// let mut act = database.act().await?;
/// let early = act.check_registration(&id, "{}", now).await?;
/// assert_eq!(early, Step::Instead(RegistrationState::Issued));
/// act.open_registration(token.as_str(), None, now).await?;
/// assert_eq!(act.check_registration(&id, "{}", now).await?, Step::Done);
/// act.commit().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was taken.
    Done,
    /// It was not: the registration is in this state instead of one that leads there.
    Instead(RegistrationState),
    /// It was not: only the authority that issued the link may take it.
    OfAnother,
}

/// A passkey that was made.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_evidence::Event;
/// # use wardkey_register::{Database, testing::{NOW as now, link, with_passkey}};
/// use std::time::Duration;
/// use wardkey_register::registrations::{MadePasskey, Step};
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
/// let made = MadePasskey {
///     authenticator: &passkey,
///     witness: "1234 5678 9012",
///     event: &event,
///     ends: now + Duration::from_mins(15),
/// };
/// assert_eq!(act.make_registration(&id, &made, now).await?, Step::Done);
/// // Nobody has compared the codes yet.
/// let found = act.authenticator(&passkey.credential_id).await?.ok_or("just made")?;
/// assert!(!found.is_active());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MadePasskey<'a> {
    /// The passkey.
    pub authenticator: &'a NewAuthenticator,
    /// The code to compare.
    pub witness: &'a str,
    /// What its evidence says.
    pub event: &'a Event,
    /// Until when the codes must be compared.
    pub ends: Moment,
}

/// A passkey that was made and refused.
///
/// ```
/// use wardkey_evidence::Event;
/// use wardkey_register::registrations::{Refused, RegistrationState};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// # let mut act = database.act().await?;
/// # act.open_registration(token.as_str(), None, now).await?;
/// # act.check_registration(&id, "{}", now).await?;
/// # let event = Event::RegistrationRefused {
/// #     registration: Some(id.to_string()),
/// #     person: "cGVyc29u".into(),
/// #     credential: "WlpaWg".into(),
/// #     policy: "AAL3".into(),
/// #     failed: vec!["revocation".into()],
/// #     certificate: None,
/// # };
/// let verdict = r#"{"outcome":"refuse"}"#;
/// let refused = Refused { credential_id: &[0x5a; 32], verdict, event: &event };
/// act.refuse_registration(&id, &refused, now).await?;
/// act.commit().await?;
///
/// let found = database.registration(&id).await?.ok_or("it stays on the register")?;
/// assert_eq!(found.state, RegistrationState::Refused);
/// assert_eq!(found.passkey.map(|made| made.verdict).as_deref(), Some(verdict));
/// assert!(database.authenticator(&[0x5a; 32]).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// Its credential id.
    pub credential_id: &'a [u8],
    /// The verdict (JSON).
    pub verdict: &'a str,
    /// What its evidence says.
    pub event: &'a Event,
}
