//! Sessions: who is signed in, with what, and until when.

use std::{fmt, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sqlx::{Row as _, any::AnyRow};

use crate::{
    Act, Database, DatabaseError, Moment, PersonId, Secret, random, secret::stored as hashed,
};

const COLUMNS: &str = "sessions.id, sessions.person, sessions.credential_id, sessions.assurance, \
                       sessions.signed_in_at, sessions.seen_at, sessions.role, \
                       sessions.role_chosen_at";

/// A session lives until it is ended, was not seen for too long, has lasted as long as one may, or the
/// passkey that began it can no longer sign in.
pub(crate) const LIVES: &str = "sessions.ended_at IS NULL AND sessions.seen_at > $2 AND sessions.ends_at > $3 \
                     AND authenticators.state = 'active'";

/// The name of a session, the `sid` that applications are told. It opens nothing.
///
/// ```
/// use wardkey_register::SessionId;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// let (id, cookie) = signed_in(&database, &clinician, None, NOW).await;
/// assert!(database.session(id.as_str(), at(NOW)).await?.is_none(), "it is not the secret");
///
/// let mut act = database.act().await?;
/// assert!(act.end_session(&SessionId::from_text(id.as_str()), "signed out", NOW).await?);
/// act.commit().await?;
/// assert!(database.session(cookie.as_str(), at(NOW)).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub(crate) String);

impl SessionId {
    /// The name that an application gave back.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As applications are told.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A session that lives.
///
/// ```
/// use wardkey_register::Session;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (_, cookie) = signed_in(&database, &clinician, None, now).await;
/// let found: Option<Session> = database.session(cookie.as_str(), at(now)).await?;
/// let session = found.ok_or("it lives")?;
/// assert_eq!((session.person, session.assurance), (clinician.0.id, 3));
/// assert_eq!(session.role, None, "the question has not come up");
/// assert!(database.session("a guess", at(now)).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// The passkey of the latest sign-in.
    pub credential_id: Vec<u8>,
    /// What that sign-in proved: level 2 or 3.
    pub assurance: u8,
    /// When that was.
    pub signed_in_at: Moment,
    /// When it was last used.
    pub seen_at: Moment,
    /// The role chosen, if the question came up.
    pub role: Option<ChosenRole>,
}

/// The answer to which role somebody wants to act in.
///
/// ```
/// use wardkey_register::ChosenRole;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (id, cookie) = signed_in(&database, &clinician, None, now).await;
/// let mut act = database.act().await?;
/// assert!(act.choose_role(&id, Some("600000000001"), now).await?);
/// act.commit().await?;
/// let session = database.session(cookie.as_str(), at(now)).await?.ok_or("it lives")?;
/// assert_eq!(session.role, Some(ChosenRole { role: Some("600000000001".into()), at: now }));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenRole {
    /// The `person_roleid`; none for somebody who has no role and went on.
    pub role: Option<String>,
    /// When it was chosen.
    pub at: Moment,
}

/// A sign-in that was verified.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::SignIn;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, at, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let (clinician, passkey) = with_passkey(&database, "ward.one@example.org").await;
/// let first = SignIn {
///     person: &clinician.id,
///     credential_id: &passkey.made.credential_id,
///     assurance: 3,
///     before: None,
///     life: Duration::from_hours(12),
/// };
/// let mut act = database.act().await?;
/// let (id, cookie) = act.sign_in(&first, now).await?;
/// act.commit().await?;
///
/// let before = database.session(cookie.as_str(), at(now)).await?;
/// let mut act = database.act().await?;
/// let (renewed, new_cookie) = act.sign_in(&SignIn { before: before.as_ref(), ..first }, now).await?;
/// assert!(renewed == id && new_cookie != cookie);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// With which passkey.
    pub credential_id: &'a [u8],
    /// What it proved: level 2 or 3.
    pub assurance: u8,
    /// The session that the browser had, if it had one.
    pub before: Option<&'a Session>,
    /// How long a session may last.
    pub life: Duration,
}

/// How long a session may stay unused, as of when.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::Liveness;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (id, cookie) = signed_in(&database, &clinician, None, NOW).await;
/// let idle = Duration::from_mins(15);
/// let in_time = Liveness { now: NOW + Duration::from_mins(14), idle };
/// assert!(database.session(cookie.as_str(), in_time).await?.is_some());
///
/// let late = Liveness { now: NOW + idle, idle };
/// assert!(database.session(cookie.as_str(), late).await?.is_none());
/// assert_eq!(database.lapsed_sessions(late, 10).await?, [id]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Liveness {
    /// The time of asking.
    pub now: Moment,
    /// The longest it may stay unused.
    pub idle: Duration,
}

impl Database {
    /// The session of a cookie, if it lives.
    pub async fn session(
        &self,
        cookie: &str,
        liveness: Liveness,
    ) -> Result<Option<Session>, DatabaseError> {
        let query = format!(
            "SELECT {COLUMNS} FROM sessions \
             JOIN authenticators ON authenticators.credential_id = sessions.credential_id \
             WHERE sessions.token = $1 AND {LIVES}"
        );
        let row = sqlx::query(&query)
            .bind(hashed(cookie))
            .bind((liveness.now - liveness.idle).millis())
            .bind(liveness.now.millis())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(session).transpose()
    }

    /// The sessions that are over and nobody has ended yet.
    pub async fn lapsed_sessions(
        &self,
        liveness: Liveness,
        most: u32,
    ) -> Result<Vec<SessionId>, DatabaseError> {
        let query = format!(
            "SELECT sessions.id FROM sessions \
             JOIN authenticators ON authenticators.credential_id = sessions.credential_id \
             WHERE sessions.ended_at IS NULL AND NOT ({LIVES}) ORDER BY sessions.seen_at LIMIT $1"
        );
        let rows = sqlx::query(&query)
            .bind(i64::from(most))
            .bind((liveness.now - liveness.idle).millis())
            .bind(liveness.now.millis())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(SessionId(row.try_get("id")?))).collect()
    }
}

impl Act<'_> {
    /// Begins a session, or renews the one the browser had if it is the same person's: it keeps its
    /// name and its role, and gets a new secret. Somebody else's is [to be ended](Self::end_session)
    /// by the caller.
    pub async fn sign_in(
        &mut self,
        sign_in: &SignIn<'_>,
        now: Moment,
    ) -> Result<(SessionId, Secret), DatabaseError> {
        let secret = Secret::generate()?;
        if let Some(before) = sign_in.before.filter(|before| before.person == *sign_in.person)
            && self.renew_session(&before.id, &secret, sign_in, now).await?
        {
            return Ok((before.id.clone(), secret));
        }
        let id = SessionId(random::name::<16>()?);
        sqlx::query(
            "INSERT INTO sessions (id, token, person, credential_id, assurance, signed_in_at, \
             seen_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        )
        .bind(id.as_str())
        .bind(hashed(secret.as_str()))
        .bind(sign_in.person.as_str())
        .bind(Base64UrlUnpadded::encode_string(sign_in.credential_id))
        .bind(i64::from(sign_in.assurance))
        .bind(now.millis())
        .bind((now + sign_in.life).millis())
        .execute(self.connection())
        .await?;
        Ok((id, secret))
    }

    async fn renew_session(
        &mut self,
        id: &SessionId,
        secret: &Secret,
        sign_in: &SignIn<'_>,
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "UPDATE sessions SET token = $2, credential_id = $3, assurance = $4, \
             signed_in_at = $5, seen_at = $5, ends_at = $6 WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(id.as_str())
        .bind(hashed(secret.as_str()))
        .bind(Base64UrlUnpadded::encode_string(sign_in.credential_id))
        .bind(i64::from(sign_in.assurance))
        .bind(now.millis())
        .bind((now + sign_in.life).millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }

    /// Notes that a session is in use. `false` if it does not live any more.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW, at, signed_in, with_passkey}};
    /// # let database = Database::temporary().await?;
    /// # let clinician = with_passkey(&database, "ward.one@example.org").await;
    /// # let (id, cookie) = signed_in(&database, &clinician, None, NOW).await;
    /// let minutes = Duration::from_mins;
    /// let mut act = database.act().await?;
    /// assert!(act.saw_session(&id, at(NOW + minutes(14))).await?);
    /// act.commit().await?;
    /// assert!(database.session(cookie.as_str(), at(NOW + minutes(28))).await?.is_some());
    /// assert!(database.session(cookie.as_str(), at(NOW + minutes(29))).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn saw_session(
        &mut self,
        id: &SessionId,
        liveness: Liveness,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "UPDATE sessions SET seen_at = $3 WHERE id = $1 AND ended_at IS NULL \
             AND seen_at > $2 AND ends_at > $3 AND EXISTS (SELECT 1 FROM authenticators \
             WHERE authenticators.credential_id = sessions.credential_id AND state = 'active')",
        )
        .bind(id.as_str())
        .bind((liveness.now - liveness.idle).millis())
        .bind(liveness.now.millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }

    /// Whether a session lives. Unlike [`saw_session`](Self::saw_session) this is no use of it: programs
    /// ask so, which go on without their user.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW, at, signed_in, with_passkey}};
    /// # let database = Database::temporary().await?;
    /// # let clinician = with_passkey(&database, "ward.one@example.org").await;
    /// # let (id, _) = signed_in(&database, &clinician, None, NOW).await;
    /// let minutes = Duration::from_mins;
    /// let mut act = database.act().await?;
    /// assert!(act.session_lives(&id, at(NOW + minutes(14))).await?);
    /// assert!(!act.session_lives(&id, at(NOW + minutes(15))).await?, "nobody was there since");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn session_lives(
        &mut self,
        id: &SessionId,
        liveness: Liveness,
    ) -> Result<bool, DatabaseError> {
        let query = format!(
            "SELECT sessions.id FROM sessions \
             JOIN authenticators ON authenticators.credential_id = sessions.credential_id \
             WHERE sessions.id = $1 AND {LIVES}"
        );
        let found = sqlx::query(&query)
            .bind(id.as_str())
            .bind((liveness.now - liveness.idle).millis())
            .bind(liveness.now.millis())
            .fetch_optional(self.connection())
            .await?;
        Ok(found.is_some())
    }

    /// Notes the role chosen. `false` if the session has ended.
    pub async fn choose_role(
        &mut self,
        id: &SessionId,
        role: Option<&str>,
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "UPDATE sessions SET role = $2, role_chosen_at = $3 WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(id.as_str())
        .bind(role)
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }

    /// Ends a session and everything that was granted under it, and puts down which applications have to
    /// hear of it. `false` if it had ended before.
    pub async fn end_session(
        &mut self,
        id: &SessionId,
        why: &str,
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        let ended = sqlx::query(
            "UPDATE sessions SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(id.as_str())
        .bind(now.millis())
        .bind(why)
        .execute(self.connection())
        .await?;
        if ended.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO openid_logouts (session, client, state, due_at) \
             SELECT DISTINCT session, client, 'due', CAST($2 AS BIGINT) FROM openid_grants \
             WHERE session = $1",
        )
        .bind(id.as_str())
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        sqlx::query(
            "UPDATE openid_grants SET revoked_at = $2, revoked_why = 'the session ended' \
             WHERE session = $1 AND revoked_at IS NULL",
        )
        .bind(id.as_str())
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        Ok(true)
    }
}

fn session(row: &AnyRow) -> Result<Session, DatabaseError> {
    let credential_id: String = row.try_get("credential_id")?;
    let chosen_at: Option<i64> = row.try_get("role_chosen_at")?;
    let role: Option<String> = row.try_get("role")?;
    Ok(Session {
        id: SessionId(row.try_get("id")?),
        person: PersonId::from_stored(row.try_get("person")?),
        credential_id: Base64UrlUnpadded::decode_vec(&credential_id)
            .map_err(|_| DatabaseError::Unreadable("credential id"))?,
        assurance: u8::try_from(row.try_get::<i64, _>("assurance")?)
            .map_err(|_| DatabaseError::Unreadable("assurance level"))?,
        signed_in_at: Moment::from_millis(row.try_get("signed_in_at")?),
        seen_at: Moment::from_millis(row.try_get("seen_at")?),
        role: chosen_at.map(|at| ChosenRole { role, at: Moment::from_millis(at) }),
    })
}
