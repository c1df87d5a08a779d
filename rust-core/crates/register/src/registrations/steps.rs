//! The steps of the person and their phone.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wardkey_evidence::Event;

use super::{
    BrowserToken, EventKind, Hindrance, LinkToken, MadePasskey, NewRegistration, Opening, Refused,
    RegistrationId, RegistrationState, Step,
    endings::{Ending, Outcome, actor},
    ids,
};
use crate::{Act, DatabaseError, Moment, PersonId};

/// Attempts of other browsers, and problems, that are told one by one. More are of no use to anybody,
/// and whoever has the link could make the list as long as they like.
const MOST_TOLD: i64 = 20;

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
