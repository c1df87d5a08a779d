//! Until when a session lives.

use std::time::Duration;

use sqlx::Row as _;

use super::SessionId;
use crate::{Act, Database, DatabaseError, Moment};

/// A session lives until it is ended, was not seen for too long, has lasted as long as one may, or the
/// passkey that began it can no longer sign in at that level. `$2` is the earliest it may have been seen, `$3`
/// now.
pub(crate) fn lives(trials_count: bool) -> String {
    let no_trial =
        if trials_count { "" } else { " AND (authenticators.trial = 0 OR sessions.assurance < 3)" };
    format!(
        "sessions.ended_at IS NULL AND sessions.seen_at > $2 AND sessions.ends_at > $3 \
         AND authenticators.state = 'active'{no_trial}"
    )
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
    /// The sessions that are over and nobody has ended yet.
    pub async fn lapsed_sessions(
        &self,
        liveness: Liveness,
        most: u32,
    ) -> Result<Vec<SessionId>, DatabaseError> {
        let query = format!(
            "SELECT sessions.id FROM sessions \
             JOIN authenticators ON authenticators.credential_id = sessions.credential_id \
             WHERE sessions.ended_at IS NULL AND NOT ({}) ORDER BY sessions.seen_at LIMIT $1",
            lives(self.trials_count)
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
        let query = format!(
            "UPDATE sessions SET seen_at = $3 WHERE id = $1 AND EXISTS (SELECT 1 FROM authenticators \
             WHERE authenticators.credential_id = sessions.credential_id AND {})",
            lives(self.trials_count)
        );
        let result = sqlx::query(&query)
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
             WHERE sessions.id = $1 AND {}",
            lives(self.trials_count)
        );
        let found = sqlx::query(&query)
            .bind(id.as_str())
            .bind((liveness.now - liveness.idle).millis())
            .bind(liveness.now.millis())
            .fetch_optional(self.connection())
            .await?;
        Ok(found.is_some())
    }
}
