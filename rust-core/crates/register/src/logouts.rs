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
/// let logout: Logout = act.take_logout(&[], now, again).await?.ok_or("one application to tell")?;
/// assert_eq!(logout.client, "ward-list");
/// act.finish_logout(&logout, Ok(())).await?;
/// assert_eq!(act.take_logout(&[], again, again).await?, None);
/// act.commit().await?;
/// let told = database.logouts_of(&session).await?;
/// assert_eq!(told, [("ward-list".into(), "told".into(), None)]);
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
    /// When the session ended.
    pub ended_at: Moment,
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
    /// Takes the next one that is due, for this process to tell, but none of the applications `busy`. If the
    /// process is gone before it says what came of it, it is due again at `again`.
    pub async fn take_logout(
        &mut self,
        busy: &[String],
        now: Moment,
        again: Moment,
    ) -> Result<Option<Logout>, DatabaseError> {
        let places: Vec<_> = (2..).take(busy.len()).map(|place| format!(", ${place}")).collect();
        let others = places.concat();
        let query = format!(
            "SELECT openid_logouts.session, openid_logouts.client, sessions.person, \
             sessions.ended_at FROM openid_logouts \
             JOIN sessions ON sessions.id = openid_logouts.session \
             WHERE openid_logouts.state IN ('due', 'sending') AND openid_logouts.due_at <= $1 \
             AND openid_logouts.client NOT IN (''{others}) \
             ORDER BY openid_logouts.due_at LIMIT 1"
        );
        let query = busy.iter().fold(sqlx::query(&query).bind(now.millis()), |query, client| {
            query.bind(client.as_str())
        });
        let Some(row) = query.fetch_optional(self.connection()).await? else { return Ok(None) };
        let logout = Logout {
            session: SessionId(row.try_get("session")?),
            person: PersonId::from_stored(row.try_get("person")?),
            client: row.try_get("client")?,
            ended_at: Moment::from_millis(row.try_get("ended_at")?),
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

    /// Notes that an application could not be told, and when to try again.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW as now, signed_in, with_passkey}};
    /// # let database = Database::temporary().await?;
    /// # let clinician = with_passkey(&database, "ward.one@example.org").await;
    /// # let (session, _) = signed_in(&database, &clinician, None, now).await;
    /// # let mut act = database.act().await?;
    /// # act.grant(&session, "ward-list", "{}", now).await?;
    /// # act.end_session(&session, "signed out", now).await?;
    /// let again = now + Duration::from_secs(10);
    /// let logout = act.take_logout(&[], now, again).await?.ok_or("one application to tell")?;
    /// act.postpone_logout(&logout, "no answer", again).await?;
    /// assert_eq!(act.take_logout(&[], now, again).await?, None);
    /// assert_eq!(act.take_logout(&[], again, again).await?, Some(logout));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn postpone_logout(
        &mut self,
        logout: &Logout,
        why: &str,
        again: Moment,
    ) -> Result<(), DatabaseError> {
        sqlx::query(
            "UPDATE openid_logouts SET state = 'due', detail = $3, due_at = $4 \
             WHERE session = $1 AND client = $2",
        )
        .bind(logout.session.as_str())
        .bind(logout.client.as_str())
        .bind(why)
        .bind(again.millis())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Notes that an application was told, or why it will not be.
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
