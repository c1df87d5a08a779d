//! What changed nothing and is still worth a look: attempts that were refused.

use sqlx::{Row as _, any::AnyRow};

use crate::{Database, DatabaseError, Moment, PersonId, random};

/// One line of the audit.
///
/// ```
/// use wardkey_register::{AuditLine, Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// let database = Database::temporary().await?;
/// let line = AuditLine {
///     at: now,
///     person: None,
///     act: "link-unknown".into(),
///     subject: None,
///     detail: "from 203.0.113.7".into(),
/// };
/// database.audit(&line).await?;
/// assert_eq!(database.audit_lines(10).await?, [line]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at: Moment,
    /// Who was signed in, if anybody.
    pub person: Option<PersonId>,
    /// What was tried, a word or two, such as `link-unknown`.
    pub act: String,
    /// What it was about, such as `registration` or `authenticator` with its id, if that is known.
    pub subject: Option<String>,
    /// What came of it, and why; no names and no secrets.
    pub detail: String,
}

/// Where in the audit a reader is: at its beginning, or after a line.
///
/// ```
/// use wardkey_register::{AuditLine, AuditPlace, Database, Moment};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = Database::temporary().await?;
/// for (at, act) in [(2, "younger"), (1, "older")] {
///     let at = Moment::from_millis(at);
///     let detail = String::new();
///     let line = AuditLine { at, person: None, act: act.into(), subject: None, detail };
///     database.audit(&line).await?;
/// }
/// let mut place = AuditPlace::default();
/// let lines = database.audit_after(&mut place).await?;
/// assert_eq!(lines[0].act, "older");
/// assert_eq!(lines[1].act, "younger");
/// assert!(database.audit_after(&mut place).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPlace {
    at: i64,
    id: String,
}

/// Lines fetched at once.
const BATCH: i64 = 1000;

impl Database {
    /// Writes a line. Characters that control something, which may come from anybody, become U+FFFD:
    /// they would write lines of their own where it is read, and PostgreSQL takes no NUL.
    pub async fn audit(&self, line: &AuditLine) -> Result<(), DatabaseError> {
        sqlx::query(
            "INSERT INTO audit (id, at, person, act, subject, detail) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(random::name::<16>()?)
        .bind(line.at.millis())
        .bind(line.person.as_ref().map(PersonId::to_string))
        .bind(printable(&line.act))
        .bind(line.subject.as_deref().map(printable))
        .bind(printable(&line.detail))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The newest lines, newest first.
    pub async fn audit_lines(&self, most: u32) -> Result<Vec<AuditLine>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT at, person, act, subject, detail FROM audit ORDER BY at DESC, id LIMIT $1",
        )
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(line).collect()
    }

    /// The lines after a place, oldest first and at most a thousand, and moves on behind them. None are left
    /// when it is empty.
    pub async fn audit_after(
        &self,
        place: &mut AuditPlace,
    ) -> Result<Vec<AuditLine>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT id, at, person, act, subject, detail FROM audit WHERE at >= $1 AND (at > $1 OR id > $2) \
             ORDER BY at, id LIMIT $3",
        )
        .bind(place.at)
        .bind(&place.id)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        if let Some(last) = rows.last() {
            *place = AuditPlace { at: last.try_get("at")?, id: last.try_get("id")? };
        }
        rows.iter().map(line).collect()
    }
}

fn line(row: &AnyRow) -> Result<AuditLine, DatabaseError> {
    Ok(AuditLine {
        at: Moment::from_millis(row.try_get("at")?),
        person: row.try_get::<Option<String>, _>("person")?.map(PersonId::from_stored),
        act: row.try_get("act")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
    })
}

fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}
