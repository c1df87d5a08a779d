//! The steps of the person and their phone.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wardkey_evidence::Event;

use super::{
    BrowserToken, EventKind, Hindrance, LinkToken, Registration, RegistrationId, RegistrationState,
    endings::{Ending, Outcome, actor},
    ids,
};
use crate::{Act, DatabaseError, Moment, NewAuthenticator, PersonId};

/// Attempts of other browsers, and problems, that are told one by one. More are of no use to anybody,
/// and whoever has the link could make the list as long as they like.
const MOST_TOLD: i64 = 20;

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

/// Each of these has to be committed whatever it says: a registration whose time is over is
/// [expired](RegistrationState::Expired) by the next step that comes.
impl Act<'_> {
    /// Begins a registration. The token is what its link ends in, and is nowhere else from then on. Links of
    /// the same authority, or of the service itself, for the same person that nobody opened are taken back.
    pub async fn issue_registration(
        &mut self,
        new: &NewRegistration,
        now: Moment,
    ) -> Result<(RegistrationId, LinkToken), DatabaseError> {
        self.take_back_unopened(&new.person, new.authority.as_ref(), now).await?;
        let (id, token) = (RegistrationId::generate()?, LinkToken::generate()?);
        sqlx::query(
            "INSERT INTO registrations (id, link, person, authority, state, issued_at, ends) \
             VALUES ($1, $2, $3, $4, 'issued', $5, $6)",
        )
        .bind(id.as_str())
        .bind(ids::hash(token.as_str()))
        .bind(new.person.as_str())
        .bind(new.authority.as_ref().map(PersonId::as_str))
        .bind(now.millis())
        .bind(new.ends.millis())
        .execute(self.connection())
        .await?;
        self.tell(&id, EventKind::Issued, "{}", now).await?;
        let event = Event::LinkIssued {
            registration: id.to_string(),
            person: new.person.to_string(),
            authority: actor(new.authority.as_ref()),
        };
        self.record(&event, now).await?;
        Ok((id, token))
    }

    /// Opens a link for a browser: the first gets it, and no other. `browser` is what this one shows.
    pub async fn open_registration(
        &mut self,
        token: &str,
        browser: Option<&str>,
        now: Moment,
    ) -> Result<Opening, DatabaseError> {
        let Some(found) = self.linked(token).await? else { return Ok(Opening::Unknown) };
        let found = self.current(&found.id, now).await?;
        if browser.is_some_and(|browser| found.is_of(browser)) {
            return Ok(Opening::Continued(found));
        }
        if found.state.is_over() {
            return Ok(Opening::Over(found));
        }
        if self.is_needless(&found).await? {
            self.take_back(&found, None, now).await?;
            return Ok(Opening::Over(self.current(&found.id, now).await?));
        }
        let browser = BrowserToken::generate()?;
        let result = sqlx::query(
            "UPDATE registrations SET state = 'opened', browser = $2 \
             WHERE id = $1 AND state = 'issued' AND browser IS NULL",
        )
        .bind(found.id.as_str())
        .bind(ids::hash(browser.as_str()))
        .execute(self.connection())
        .await?;
        let registration = found.id.to_string();
        if result.rows_affected() == 1 {
            self.tell(&found.id, EventKind::Opened, "{}", now).await?;
            self.record(&Event::LinkOpened { registration }, now).await?;
            return Ok(Opening::Opened(self.current(&found.id, now).await?, browser));
        }
        if self.told(&found.id, EventKind::Reopened).await? < MOST_TOLD {
            self.tell(&found.id, EventKind::Reopened, "{}", now).await?;
            self.record(&Event::LinkReused { registration }, now).await?;
        }
        Ok(Opening::Taken(found))
    }

    /// Notes that the browser can make a passkey, with what it said of itself (JSON). It may say so more
    /// than once.
    pub async fn check_registration(
        &mut self,
        id: &RegistrationId,
        browser: &str,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        match found.state {
            RegistrationState::Opened => {
                self.turn(&found, RegistrationState::Checked).await?;
                self.tell(id, EventKind::Checked, browser, now).await?;
                Ok(Step::Done)
            }
            RegistrationState::Checked => Ok(Step::Done),
            state => Ok(Step::Instead(state)),
        }
    }

    /// Notes what did not work and can be tried again.
    pub async fn hinder_registration(
        &mut self,
        id: &RegistrationId,
        hindrance: &Hindrance,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        if !matches!(found.state, RegistrationState::Opened | RegistrationState::Checked) {
            return Ok(Step::Instead(found.state));
        }
        if self.told(id, EventKind::Problem).await? < MOST_TOLD {
            self.tell(id, EventKind::Problem, &hindrance.short().json()?, now).await?;
        }
        Ok(Step::Done)
    }

    /// Adds the passkey, pending. One whose credential id was ever there is a
    /// [duplicate](DatabaseError::is_duplicate).
    pub async fn make_registration(
        &mut self,
        id: &RegistrationId,
        made: &MadePasskey<'_>,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        if found.state != RegistrationState::Checked {
            return Ok(Step::Instead(found.state));
        }
        self.add_authenticator(made.authenticator, false, now).await?;
        self.turn(&found, RegistrationState::Made).await?;
        sqlx::query(
            "UPDATE registrations SET credential_id = $2, witness = $3, verdict = $4, ends = $5 \
             WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(Base64UrlUnpadded::encode_string(&made.authenticator.credential_id))
        .bind(made.witness)
        .bind(made.authenticator.verdict.as_deref().unwrap_or("null"))
        .bind(made.ends.millis())
        .execute(self.connection())
        .await?;
        self.tell(id, EventKind::Made, "{}", now).await?;
        self.record(made.event, now).await?;
        Ok(Step::Done)
    }

    /// Ends a registration whose passkey is not taken. The passkey is not kept, the verdict is.
    pub async fn refuse_registration(
        &mut self,
        id: &RegistrationId,
        refused: &Refused<'_>,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        if found.state != RegistrationState::Checked {
            return Ok(Step::Instead(found.state));
        }
        sqlx::query("UPDATE registrations SET credential_id = $2, verdict = $3 WHERE id = $1")
            .bind(id.as_str())
            .bind(Base64UrlUnpadded::encode_string(refused.credential_id))
            .bind(refused.verdict)
            .execute(self.connection())
            .await?;
        self.conclude(&found, Ending::new(Outcome::Refused, None, refused.event), now).await
    }

    /// Ends a registration in which the phone sent something that is no passkey for it.
    pub async fn fail_registration(
        &mut self,
        id: &RegistrationId,
        hindrance: &Hindrance,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        if !matches!(found.state, RegistrationState::Opened | RegistrationState::Checked) {
            return Ok(Step::Instead(found.state));
        }
        let hindrance = hindrance.short();
        let detail = hindrance.json()?;
        let Hindrance { stage, why, .. } = hindrance;
        let event = Event::RegistrationFailed { registration: id.to_string(), stage, why };
        let ending = Ending { detail: &detail, ..Ending::new(Outcome::Failed, None, &event) };
        self.conclude(&found, ending, now).await
    }
}
