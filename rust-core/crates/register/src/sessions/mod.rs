//! Sessions: who is signed in, with what, and until when.

mod liveness;
mod role;
mod sign_in;

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sqlx::{Row as _, any::AnyRow};

use crate::{Act, Database, DatabaseError, Moment, PersonId, secret::stored as hashed};

pub use liveness::Liveness;
pub(crate) use liveness::lives;
pub use role::ChosenRole;
pub use sign_in::SignIn;

const COLUMNS: &str = "sessions.id, sessions.person, sessions.credential_id, sessions.assurance, \
                       sessions.signed_in_at, sessions.seen_at, sessions.role, \
                       sessions.role_chosen_at, authenticators.trial";

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
    /// Whether a test policy accepted the passkey.
    pub trial: bool,
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
             WHERE sessions.token = $1 AND {}",
            lives(self.trials_count)
        );
        let row = sqlx::query(&query)
            .bind(hashed(cookie))
            .bind((liveness.now - liveness.idle).millis())
            .bind(liveness.now.millis())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(session).transpose()
    }
}

impl Act<'_> {
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
        trial: row.try_get::<i64, _>("trial")? != 0,
    })
}
