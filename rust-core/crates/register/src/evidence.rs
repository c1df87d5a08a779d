//! Reading the evidence back, as it is exported.

use sqlx::Row as _;

use crate::{Database, DatabaseError};

/// Lines fetched at once.
const BATCH: i64 = 1000;

impl Database {
    /// The evidence after the record `after` (0 for all), as lines of JSON without line feeds, at most a
    /// thousand. None are left when it is empty.
    pub async fn evidence_after(&self, after: u64) -> Result<Vec<String>, DatabaseError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows =
            sqlx::query("SELECT line FROM evidence WHERE sequence > $1 ORDER BY sequence LIMIT $2")
                .bind(after)
                .bind(BATCH)
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(|row| Ok(row.try_get("line")?)).collect()
    }
}
