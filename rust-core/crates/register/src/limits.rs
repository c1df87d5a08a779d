//! How long the database waits for somebody who has stopped.

use std::time::Duration;

use sqlx::{AnyConnection, Executor as _};

/// How long things may take. A process that stopped in the middle of an act, and was not ended, would keep every
/// other from acting for as long as it likes.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::{Database, Limits};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let fresh = wardkey_register::testing::Fresh::sqlite();
/// let limits = Limits { turn: Duration::from_millis(1), ..Limits::default() };
/// let database = Database::open_with(fresh.url(), limits).await?;
/// let first = database.act().await?;
/// assert!(database.act().await.is_err(), "one at a time");
/// drop(first);
/// assert!(database.act().await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long an act waits until no other is under way.
    pub turn: Duration,
    /// How long an act may do nothing until PostgreSQL undoes it. SQLite has no such limit: a process that stopped
    /// keeps its file until it goes on or is ended.
    pub idle: Duration,
    /// How long PostgreSQL works on one statement.
    pub statement: Duration,
}

impl Default for Limits {
    /// Shorter for who does nothing than for who waits: the one lets go before the others give up.
    fn default() -> Self {
        Self {
            turn: Duration::from_secs(15),
            idle: Duration::from_secs(10),
            statement: Duration::from_mins(1),
        }
    }
}

impl Limits {
    /// Tells PostgreSQL, on a new connection.
    pub(crate) async fn set_up(self, connection: &mut AnyConnection) -> sqlx::Result<()> {
        let statements = format!(
            "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
             SET statement_timeout = {}",
            milliseconds(self.turn),
            milliseconds(self.idle),
            milliseconds(self.statement)
        );
        connection.execute(statements.as_str()).await?;
        Ok(())
    }
}

/// None would mean that there is no limit.
pub(crate) fn milliseconds(limit: Duration) -> i32 {
    i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).max(1)
}
