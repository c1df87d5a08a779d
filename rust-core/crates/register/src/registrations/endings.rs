//! The registration authority's word, and every other end.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wardkey_evidence::{Actor, Event};

use super::{EventKind, Registration, RegistrationId, RegistrationState, Step};
use crate::{Act, AuthenticatorState, DatabaseError, End, Moment, PersonId};

/// What a registration comes to.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    Confirmed,
    Differed,
    Revoked,
    Refused,
    Failed,
    Expired,
}

impl Outcome {
    /// The state it leads to, and what the desk is told.
    const fn told(self) -> (RegistrationState, EventKind) {
        match self {
            Self::Confirmed => (RegistrationState::Active, EventKind::Confirmed),
            Self::Differed => (RegistrationState::Differed, EventKind::Differed),
            Self::Revoked => (RegistrationState::Revoked, EventKind::Revoked),
            Self::Refused => (RegistrationState::Refused, EventKind::Refused),
            Self::Failed => (RegistrationState::Failed, EventKind::Failed),
            Self::Expired => (RegistrationState::Expired, EventKind::Expired),
        }
    }
}

/// The end of a registration.
pub(super) struct Ending<'a> {
    pub(super) outcome: Outcome,
    /// By whom, if somebody said so.
    pub(super) by: Option<&'a PersonId>,
    /// What the desk is told besides (JSON).
    pub(super) detail: &'a str,
    /// What its evidence says.
    pub(super) event: &'a Event,
}

impl<'a> Ending<'a> {
    /// One whose outcome says all.
    pub(super) const fn new(outcome: Outcome, by: Option<&'a PersonId>, event: &'a Event) -> Self {
        Self { outcome, by, detail: "{}", event }
    }
}

/// Each of these has to be committed whatever it says, like the steps before.
impl Act<'_> {
    /// The codes are the same: the passkey can sign in. Only the one who issued the link can have seen
    /// the person whose phone it is.
    pub async fn confirm_registration(
        &mut self,
        id: &RegistrationId,
        by: Option<&PersonId>,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        let (RegistrationState::Made, Some(made)) = (found.state, &found.passkey) else {
            return Ok(Step::Instead(found.state));
        };
        if found.authority.as_ref() != by {
            return Ok(Step::OfAnother);
        }
        if self.is_needless(&found).await? {
            self.take_back(&found, None, now).await?;
            return Ok(Step::Instead(RegistrationState::Revoked));
        }
        if !self.activate_authenticator(&made.credential_id, now).await? {
            return Err(DatabaseError::Unreadable("pending authenticator"));
        }
        let event = Event::Confirmed {
            registration: id.to_string(),
            credential: Base64UrlUnpadded::encode_string(&made.credential_id),
            authority: actor(by),
        };
        self.conclude(&found, Ending::new(Outcome::Confirmed, by, &event), now).await
    }

    /// The codes differ: the passkey is destroyed. Anybody who may issue links may say so.
    ///
    /// ```
    /// use wardkey_register::registrations::{RegistrationState, Step};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW as now, link}};
    /// # let database = Database::temporary().await?;
    /// # let (id, _) = link(&database).await;
    /// // There is no code before there is a passkey.
    /// let mut act = database.act().await?;
    /// let step = act.differ_registration(&id, None, now).await?;
    /// act.commit().await?;
    /// assert_eq!(step, Step::Instead(RegistrationState::Issued));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn differ_registration(
        &mut self,
        id: &RegistrationId,
        by: Option<&PersonId>,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        let (RegistrationState::Made, Some(made)) = (found.state, &found.passkey) else {
            return Ok(Step::Instead(found.state));
        };
        self.destroy(&found, "the codes differed", by, now).await?;
        let event = Event::Differed {
            registration: id.to_string(),
            credential: Base64UrlUnpadded::encode_string(&made.credential_id),
            authority: actor(by),
        };
        self.conclude(&found, Ending::new(Outcome::Differed, by, &event), now).await
    }

    /// Takes a registration back, wherever it is; a passkey that waits for its codes is destroyed.
    pub async fn revoke_registration(
        &mut self,
        id: &RegistrationId,
        by: &PersonId,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let found = self.current(id, now).await?;
        if found.state.is_over() {
            return Ok(Step::Instead(found.state));
        }
        self.take_back(&found, Some(by), now).await
    }

    /// Takes a registration back that is not over; nobody: the service itself does.
    pub(super) async fn take_back(
        &mut self,
        found: &Registration,
        by: Option<&PersonId>,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        self.destroy(found, "the registration was taken back", by, now).await?;
        let event = Event::LinkRevoked { registration: found.id.to_string(), authority: actor(by) };
        self.conclude(found, Ending::new(Outcome::Revoked, by, &event), now).await
    }

    /// Takes back the links for a person that nobody opened and that come from the same hands: the newest
    /// alone is good. Who has opened one goes on.
    pub(super) async fn take_back_unopened(
        &mut self,
        person: &PersonId,
        authority: Option<&PersonId>,
        now: Moment,
    ) -> Result<(), DatabaseError> {
        for id in self.unopened(person, authority).await? {
            let found = self.current(&id, now).await?;
            if !found.state.is_over() {
                self.take_back(&found, authority, now).await?;
            }
        }
        Ok(())
    }

    /// Whether it is of the service itself, for somebody who can sign in: those are for people who have
    /// nobody to compare with, and from then on this person has.
    pub(super) async fn is_needless(
        &mut self,
        found: &Registration,
    ) -> Result<bool, DatabaseError> {
        Ok(found.authority.is_none() && self.can_sign_in(&found.person).await?)
    }

    /// The registration, expired if its time is over.
    pub(super) async fn current(
        &mut self,
        id: &RegistrationId,
        now: Moment,
    ) -> Result<Registration, DatabaseError> {
        let found = self.existing(id).await?;
        if !found.is_due(now) {
            return Ok(found);
        }
        self.destroy(&found, "nobody compared the codes in time", None, now).await?;
        let event = Event::LinkExpired { registration: id.to_string() };
        self.conclude(&found, Ending::new(Outcome::Expired, None, &event), now).await?;
        self.existing(id).await
    }

    async fn existing(&mut self, id: &RegistrationId) -> Result<Registration, DatabaseError> {
        self.registration(id).await?.ok_or(DatabaseError::Unreadable("name of a registration"))
    }

    /// Compare and swap: nothing has come between the reading and the writing.
    pub(super) async fn turn(
        &mut self,
        found: &Registration,
        state: RegistrationState,
    ) -> Result<(), DatabaseError> {
        let result =
            sqlx::query("UPDATE registrations SET state = $2 WHERE id = $1 AND state = $3")
                .bind(found.id.as_str())
                .bind(state.as_str())
                .bind(found.state.as_str())
                .execute(self.connection())
                .await?;
        if result.rows_affected() == 1 {
            return Ok(());
        }
        // The pen of the evidence keeps other writers out, so this takes somebody at the database itself.
        Err(DatabaseError::Unreadable("state of a registration"))
    }

    /// Ends a registration: its state, what the desk is told and the evidence, in this order.
    pub(super) async fn conclude(
        &mut self,
        found: &Registration,
        ending: Ending<'_>,
        now: Moment,
    ) -> Result<Step, DatabaseError> {
        let (state, kind) = ending.outcome.told();
        self.turn(found, state).await?;
        sqlx::query("UPDATE registrations SET ended_at = $2, ended_by = $3 WHERE id = $1")
            .bind(found.id.as_str())
            .bind(now.millis())
            .bind(ending.by.map(PersonId::as_str))
            .execute(self.connection())
            .await?;
        self.tell(&found.id, kind, ending.detail, now).await?;
        self.record(ending.event, now).await?;
        Ok(Step::Done)
    }

    /// Destroys the passkey that waits in a registration, if one does.
    async fn destroy(
        &mut self,
        found: &Registration,
        reason: &str,
        by: Option<&PersonId>,
        now: Moment,
    ) -> Result<(), DatabaseError> {
        let Some(made) = &found.passkey else { return Ok(()) };
        let end = End { at: now, by: by.cloned(), reason: reason.to_owned() };
        let destroyed = AuthenticatorState::Destroyed;
        if self.end_authenticator(&made.credential_id, destroyed, &end).await? {
            return Ok(());
        }
        Err(DatabaseError::Unreadable("pending authenticator"))
    }
}

pub(super) fn actor(person: Option<&PersonId>) -> Actor {
    person.map_or(Actor::System, |id| Actor::Person(id.to_string()))
}
