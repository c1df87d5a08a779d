//! Applications that have to hear of a session's end, until they have.

use sqlx::Row as _;

use crate::{Act, Database, DatabaseError, Moment, PersonId, SessionId};

/// One application that has to hear of one session's end.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::Logout;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (session, _) = signed_in(&database, &clinician, None, now).await;
/// # let mut act = database.act().await?;
/// act.grant(&session, "ward-list", "{}", now).await?;
/// act.end_session(&session, "signed out", now).await?;
///
/// let again = now + Duration::from_mins(1);
/// let logout: Logout = act.take_logout(now, again).await?.ok_or("one application to tell")?;
/// assert_eq!(logout.client, "ward-list");
/// act.finish_logout(&logout, Ok(())).await?;
/// assert_eq!(act.take_logout(again, again).await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// Which session.
    pub session: SessionId,
    /// Whose it was.
    pub person: PersonId,
    /// Which application.
    pub client: String,
}

impl Database {
    /// Whether an application was told, `due`, `sending`, `told` or `failed`, with what went wrong.
    pub async fn logouts_of(
        &self,
        session: &SessionId,
    ) -> Result<Vec<(String, String, Option<String>)>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT client, state, detail FROM openid_logouts WHERE session = $1 ORDER BY client",
        )
        .bind(session.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("client")?, row.try_get("state")?, row.try_get("detail")?)))
            .collect()
    }
}

impl Act<'_> {
    /// Takes the next one that is due, for this process to tell. If the process is gone before it says
    /// what came of it, it is due again at `again`.
    pub async fn take_logout(
        &mut self,
        now: Moment,
        again: Moment,
    ) -> Result<Option<Logout>, DatabaseError> {
        let row = sqlx::query(
            "SELECT openid_logouts.session, openid_logouts.client, sessions.person \
             FROM openid_logouts JOIN sessions ON sessions.id = openid_logouts.session \
             WHERE openid_logouts.state IN ('due', 'sending') AND openid_logouts.due_at <= $1 \
             ORDER BY openid_logouts.due_at LIMIT 1",
        )
        .bind(now.millis())
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let logout = Logout {
            session: SessionId(row.try_get("session")?),
            person: PersonId::from_stored(row.try_get("person")?),
            client: row.try_get("client")?,
        };
        sqlx::query(
            "UPDATE openid_logouts SET state = 'sending', due_at = $3 \
             WHERE session = $1 AND client = $2",
        )
        .bind(logout.session.as_str())
        .bind(logout.client.as_str())
        .bind(again.millis())
        .execute(self.connection())
        .await?;
        Ok(Some(logout))
    }

    /// Notes that an application was told, or why it could not be.
    pub async fn finish_logout(
        &mut self,
        logout: &Logout,
        outcome: Result<(), &str>,
    ) -> Result<(), DatabaseError> {
        let (state, detail) = match outcome {
            Ok(()) => ("told", None),
            Err(why) => ("failed", Some(why)),
        };
        sqlx::query(
            "UPDATE openid_logouts SET state = $3, detail = $4 WHERE session = $1 AND client = $2",
        )
        .bind(logout.session.as_str())
        .bind(logout.client.as_str())
        .bind(state)
        .bind(detail)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
