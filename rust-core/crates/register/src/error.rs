use std::path::PathBuf;

/// Why the register could not do what it was asked.
///
/// ```
/// use wardkey_register::{Database, DatabaseError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = Database::open("mysql://localhost/register").await.unwrap_err();
/// assert!(matches!(error, DatabaseError::Address));
/// assert_eq!(
///     error.to_string(),
///     "the database's address must start with “sqlite:” or “postgres:”"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// Neither of the two kinds of address.
    #[error("the database's address must start with “sqlite:” or “postgres:”")]
    Address,
    /// The SQLite file cannot be made or looked at.
    #[error("the database file {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others than its owner can read the SQLite file.
    #[error("the database file {0} can be read by others than its owner (chmod 600 mends that)")]
    Exposed(PathBuf),
    /// The schema could not be brought up to date.
    #[error("bringing the database up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database refused or cannot be reached.
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// Another act of this process has been under way for too long.
    #[error("the database is busy with another change")]
    Busy,
    /// A row holds what this program never writes.
    #[error("the database holds an unreadable {0}")]
    Unreadable(&'static str),
    /// A record of the evidence is longer than whoever verifies it reads.
    #[error("a record of the evidence is too long to be verified")]
    TooLong,
    /// The operating system gave no random numbers.
    #[error("the system gives no random numbers at present")]
    Random,
}

impl DatabaseError {
    /// Whether a row of that name was there before.
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error.is_unique_violation(),
            _ => false,
        }
    }
}
