use std::fmt;

use sqlx::{Any, AnyConnection, Row as _, Transaction};
use tokio::sync::MutexGuard;
use wardkey_evidence::{Event, Hash, Moment, Record};

use crate::{Database, DatabaseError};

/// A change under way: nothing of it is seen before [`commit`](Self::commit), and dropping it undoes it.
///
/// ```
/// use wardkey_evidence::{Actor, Event};
/// use wardkey_register::{Act, Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// let database = Database::temporary().await?;
/// let event = Event::Exported { authority: Actor::System, format: "csv".into(), people: 6 };
///
/// let mut undone: Act<'_> = database.act().await?;
/// undone.record(&event, now).await?;
/// drop(undone);
/// assert!(database.evidence_after(0).await?.is_empty());
///
/// let mut act = database.act().await?;
/// act.record(&event, now).await?;
/// act.commit().await?;
/// assert_eq!(database.evidence_after(0).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct Act<'a> {
    transaction: Transaction<'static, Any>,
    head: Head,
    number: u64,
    pub(crate) trials_count: bool,
    _turn: Option<MutexGuard<'a, ()>>,
}

/// Where the evidence ends.
struct Head {
    next: u64,
    hash: Hash,
}

impl<'a> Act<'a> {
    pub(crate) async fn begin(
        database: &Database,
        turn: Option<MutexGuard<'a, ()>>,
    ) -> Result<Self, DatabaseError> {
        let mut transaction = database.pool.begin().await?;
        // First of all: who holds this row is the only writer, on both engines.
        let row = sqlx::query(
            "UPDATE evidence_head SET taken = taken + 1 WHERE id = 1 RETURNING next, hash, taken",
        )
        .fetch_one(&mut *transaction)
        .await?;
        let unreadable = || DatabaseError::Unreadable("head of the evidence");
        let next = u64::try_from(row.try_get::<i64, _>("next")?).map_err(|_| unreadable())?;
        let hash = row.try_get::<String, _>("hash")?.parse().map_err(|_| unreadable())?;
        let number = u64::try_from(row.try_get::<i64, _>("taken")?).map_err(|_| unreadable())?;
        let (head, trials_count) = (Head { next, hash }, database.trials_count);
        Ok(Self { transaction, head, number, trials_count, _turn: turn })
    }

    /// Adds a record to the evidence, as part of this change. One that is [too long](DatabaseError::TooLong)
    /// to be verified is refused.
    pub async fn record(&mut self, event: &Event, now: Moment) -> Result<(), DatabaseError> {
        let record = Record::new(self.head.next, now, event.clone(), self.head.hash);
        let line = record.line();
        // With its line feed.
        if line.len() >= Record::LONGEST {
            return Err(DatabaseError::TooLong);
        }
        let sequence = stored(self.head.next);
        sqlx::query("INSERT INTO evidence (sequence, at, kind, line) VALUES ($1, $2, $3, $4)")
            .bind(sequence)
            .bind(now.millis())
            .bind(event.kind())
            .bind(line)
            .execute(self.connection())
            .await?;
        self.head = Head { next: self.head.next + 1, hash: record.hash() };
        sqlx::query("UPDATE evidence_head SET next = $1, hash = $2 WHERE id = 1")
            .bind(stored(self.head.next))
            .bind(self.head.hash.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Makes the change, for good.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        Ok(self.transaction.commit().await?)
    }

    /// How many acts there were, with this one; those that were undone do not count.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// A number that counts up from 1 one by one never gets near the limit.
fn stored(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

impl fmt::Debug for Act<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Act").field("next", &self.head.next).finish_non_exhaustive()
    }
}
