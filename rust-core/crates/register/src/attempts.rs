//! How often something was tried, so that trying has a limit in every process together.

use std::time::Duration;

use sqlx::{Row as _, any::AnyRow};

use crate::{Act, Database, DatabaseError, Moment};

impl Database {
    /// How often `who` has tried `act` in this window of time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let now = wardkey_register::testing::NOW;
    /// # let database = wardkey_register::Database::temporary().await?;
    /// let minute = Duration::from_mins(1);
    /// let mut act = database.act().await?;
    /// act.attempt("sign-in", "203.0.113.7", minute, now).await?;
    /// act.commit().await?;
    /// assert_eq!(database.attempts("sign-in", "203.0.113.7", minute, now).await?, 1);
    /// assert_eq!(database.attempts("sign-in", "203.0.113.8", minute, now).await?, 0);
    /// assert_eq!(database.attempts("sign-in", "203.0.113.7", minute, now + minute).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn attempts(
        &self,
        act: &str,
        who: &str,
        window: Duration,
        now: Moment,
    ) -> Result<u64, DatabaseError> {
        let row = sqlx::query(
            "SELECT count FROM attempts WHERE act = $1 AND who = $2 AND window_at = $3",
        )
        .bind(act)
        .bind(who)
        .bind(begins(window, now))
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map_or(Ok(0), count)
    }
}

impl Act<'_> {
    /// Counts one more attempt of `who` (such as a network address) at `act`, and says how many it makes
    /// in this window of time. Windows that are over are forgotten.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let now = wardkey_register::testing::NOW;
    /// # let database = wardkey_register::Database::temporary().await?;
    /// let minute = Duration::from_mins(1);
    /// let mut act = database.act().await?;
    /// assert_eq!(act.attempt("sign-in", "203.0.113.7", minute, now).await?, 1);
    /// assert_eq!(act.attempt("sign-in", "203.0.113.7", minute, now).await?, 2);
    /// assert_eq!(act.attempt("sign-in", "203.0.113.8", minute, now).await?, 1);
    /// assert_eq!(act.attempt("sign-in", "203.0.113.7", minute, now + minute).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn attempt(
        &mut self,
        act: &str,
        who: &str,
        window: Duration,
        now: Moment,
    ) -> Result<u64, DatabaseError> {
        let window_at = begins(window, now);
        sqlx::query("DELETE FROM attempts WHERE act = $1 AND window_at < $2")
            .bind(act)
            .bind(window_at)
            .execute(self.connection())
            .await?;
        let row = sqlx::query(
            "INSERT INTO attempts (act, who, window_at, count) VALUES ($1, $2, $3, 1) \
             ON CONFLICT (act, who, window_at) DO UPDATE SET count = attempts.count + 1 \
             RETURNING count",
        )
        .bind(act)
        .bind(who)
        .bind(window_at)
        .fetch_one(self.connection())
        .await?;
        count(&row)
    }
}

/// When the window began, in milliseconds.
fn begins(window: Duration, now: Moment) -> i64 {
    let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
    now.millis() - now.millis() % length
}

fn count(row: &AnyRow) -> Result<u64, DatabaseError> {
    u64::try_from(row.try_get::<i64, _>("count")?)
        .map_err(|_| DatabaseError::Unreadable("count of attempts"))
}
