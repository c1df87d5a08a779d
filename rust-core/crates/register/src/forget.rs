//! What is over is forgotten, a little with each act, so that a register does not grow for ever.

use std::time::Duration;

use crate::{Act, DatabaseError, Moment};

/// How long what is over is kept, and how much is forgotten at once.
///
/// Sessions go with everything that was granted under them, once every application that had to hear of
/// their end has, or was given up. What people have and did at the desk, their authenticators,
/// registrations and evidence, is never forgotten.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::{AuditLine, Database, Kept, Moment};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wardkey_register::DatabaseError> {
/// # let now = wardkey_register::testing::NOW;
/// let database = Database::temporary().await?;
/// let line = AuditLine {
///     at: now,
///     person: None,
///     act: "tried".into(),
///     subject: None,
///     detail: "in vain".into(),
/// };
/// database.audit(&line).await?;
///
/// let kept = Kept { audit: Duration::from_hours(24), ..Kept::default() };
/// let forget = async |now: Moment| {
///     let mut act = database.act().await?;
///     let forgotten = act.forget(&kept, now).await?;
///     act.commit().await.map(|()| forgotten)
/// };
/// assert_eq!(forget(now + Duration::from_hours(23)).await?, 0);
/// assert_eq!(forget(now + Duration::from_hours(25)).await?, 1);
/// assert!(Kept::COUNTED_EVERY < u64::from(kept.audit_lines), "so that few are too many");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Ended sessions, and requests, codes, tokens, assertions and counts of attempts that are over. A
    /// used code or token is remembered so long, so that its second use is seen.
    pub ended: Duration,
    /// Lines of the audit.
    pub audit: Duration,
    /// As many lines of the audit at most: the oldest give way. They are counted once in so many acts.
    pub audit_lines: u32,
    /// As many of each kind are forgotten in one act.
    pub at_once: u32,
}

impl Kept {
    /// The lines of the audit are counted once in so many acts.
    pub const COUNTED_EVERY: u64 = 64;
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            ended: Duration::from_hours(24),
            audit: Duration::from_hours(90 * 24),
            audit_lines: 1_000_000,
            at_once: 500,
        }
    }
}

/// What has ended before `$1`, at most `$2` of each, in an order that leaves nothing without what it
/// refers to.
const ENDED: [&str; 8] = [
    "DELETE FROM ceremonies WHERE id IN \
     (SELECT id FROM ceremonies WHERE ends < $1 ORDER BY ends LIMIT $2)",
    "DELETE FROM attempts WHERE (act, who, window_at) IN \
     (SELECT act, who, window_at FROM attempts WHERE window_at < $1 ORDER BY window_at LIMIT $2)",
    "DELETE FROM openid_requests WHERE id IN \
     (SELECT id FROM openid_requests WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)",
    "DELETE FROM openid_assertions WHERE (client, jti) IN \
     (SELECT client, jti FROM openid_assertions WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)",
    "DELETE FROM openid_tokens WHERE token IN \
     (SELECT token FROM openid_tokens WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)",
    "DELETE FROM openid_logouts WHERE state IN ('told', 'failed') AND session IN \
     (SELECT id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)",
    "DELETE FROM openid_grants WHERE id IN \
     (SELECT openid_grants.id FROM openid_grants \
      JOIN sessions ON sessions.id = openid_grants.session \
      WHERE sessions.ended_at < $1 \
      AND NOT EXISTS (SELECT 1 FROM openid_tokens WHERE granted = openid_grants.id) \
      ORDER BY sessions.ended_at LIMIT $2)",
    "DELETE FROM sessions WHERE id IN \
     (SELECT id FROM sessions WHERE ended_at < $1 \
      AND NOT EXISTS (SELECT 1 FROM openid_grants WHERE session = sessions.id) \
      AND NOT EXISTS (SELECT 1 FROM openid_logouts WHERE session = sessions.id) \
      ORDER BY ended_at LIMIT $2)",
];

impl Act<'_> {
    /// Forgets some of what is over, and says how many rows that were. Called often, it forgets all.
    pub async fn forget(&mut self, kept: &Kept, now: Moment) -> Result<u64, DatabaseError> {
        let mut forgotten = 0;
        for statement in ENDED {
            forgotten += self.forget_some(statement, now - kept.ended, kept.at_once).await?;
        }
        let old = "DELETE FROM audit WHERE id IN \
                   (SELECT id FROM audit WHERE at < $1 ORDER BY at, id LIMIT $2)";
        forgotten += self.forget_some(old, now - kept.audit, kept.at_once).await?;
        if self.number().is_multiple_of(Kept::COUNTED_EVERY) {
            forgotten += self.forget_audit_beyond(kept.audit_lines).await?;
        }
        Ok(forgotten)
    }

    async fn forget_some(
        &mut self,
        statement: &'static str,
        before: Moment,
        most: u32,
    ) -> Result<u64, DatabaseError> {
        let done = sqlx::query(statement)
            .bind(before.millis())
            .bind(i64::from(most))
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected())
    }

    /// Drops the oldest lines of the audit if there are more than so many.
    async fn forget_audit_beyond(&mut self, most: u32) -> Result<u64, DatabaseError> {
        let done = sqlx::query(
            "DELETE FROM audit WHERE id IN \
             (SELECT id FROM audit ORDER BY at DESC, id DESC LIMIT 100000 OFFSET $1)",
        )
        .bind(i64::from(most))
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }
}
