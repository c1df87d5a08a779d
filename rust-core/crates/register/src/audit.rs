//! What changed nothing and is still worth a look: attempts that were refused.

use sqlx::Row as _;

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
    /// What it was about; ids, no names and no secrets.
    pub detail: String,
}

impl Database {
    /// Writes a line. Characters that control something, which may come from anybody, become U+FFFD:
    /// they would write lines of their own where it is read, and PostgreSQL takes no NUL.
    pub async fn audit(&self, line: &AuditLine) -> Result<(), DatabaseError> {
        sqlx::query("INSERT INTO audit (id, at, person, act, detail) VALUES ($1, $2, $3, $4, $5)")
            .bind(random::name::<16>()?)
            .bind(line.at.millis())
            .bind(line.person.as_ref().map(PersonId::to_string))
            .bind(printable(&line.act))
            .bind(printable(&line.detail))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The newest lines, newest first.
    pub async fn audit_lines(&self, most: u32) -> Result<Vec<AuditLine>, DatabaseError> {
        let rows =
            sqlx::query("SELECT at, person, act, detail FROM audit ORDER BY at DESC, id LIMIT $1")
                .bind(i64::from(most))
                .fetch_all(&self.pool)
                .await?;
        let line = |row: &sqlx::any::AnyRow| {
            Ok(AuditLine {
                at: Moment::from_millis(row.try_get("at")?),
                person: row.try_get::<Option<String>, _>("person")?.map(PersonId::from_stored),
                act: row.try_get("act")?,
                detail: row.try_get("detail")?,
            })
        };
        rows.iter().map(line).collect()
    }
}

fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}
