use std::{fmt, path::Path, sync::Arc};

use sqlx::{AnyPool, Connection as _, any::AnyPoolOptions, migrate::Migrator};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::{Act, DatabaseError, people::fill_search, sqlite};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Connections of one process. More wait in line; PostgreSQL allows 100 for all by default.
const CONNECTIONS: u32 = 16;

/// The register's database, to be cloned freely.
///
/// ```
/// use wardkey_register::Database;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("register.sqlite");
/// # let file = file.display();
/// let url = format!("sqlite:{file}");
/// assert!(Database::open_existing(&url).await.is_err());
///
/// let database = Database::open(&url).await?;
/// database.seed_people(wardkey_register::Moment::from_millis(1_795_000_000_000)).await?;
/// let same = Database::open_existing(&url).await?;
/// same.check().await?;
/// assert_eq!(same.find_people("DESK.", 10).await?.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    pub(crate) pool: AnyPool,
    engine: Engine,
    /// Removed with the last clone.
    _folder: Option<Arc<TempDir>>,
}

/// Which of the two it is, and what only one of them needs.
#[derive(Clone)]
enum Engine {
    /// Its writers poll for their turn; those of one process rather stand in line here.
    Sqlite(Arc<Mutex<()>>),
    Postgres,
}

impl Database {
    /// Opens `sqlite:FILE` (made if it is not there, readable by its owner alone) or `postgres://…`, and
    /// brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        if let Some(address) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(&sqlite::path(address), None).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await
        } else {
            Err(DatabaseError::Address)
        }
    }

    /// The same, but a SQLite file has to be there.
    pub async fn open_existing(url: &str) -> Result<Self, DatabaseError> {
        if let Some(address) = url.strip_prefix("sqlite:") {
            sqlite::find(&sqlite::path(address))?;
        }
        Self::open(url).await
    }

    /// A database that is gone with its last clone.
    pub async fn temporary() -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let failed = |source| DatabaseError::File { path: std::env::temp_dir(), source };
        let folder = TempDir::with_prefix("wardkey-register-").map_err(failed)?;
        let file = folder.path().join("register.sqlite");
        Self::open_sqlite(&file, Some(Arc::new(folder))).await
    }

    async fn open_sqlite(file: &Path, folder: Option<Arc<TempDir>>) -> Result<Self, DatabaseError> {
        let url = sqlite::prepare(file)?;
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .after_connect(|connection, _| Box::pin(sqlite::set_up(connection)));
        let pool = options.connect(&url).await?;
        // This engine has no lock for migrations of its own, and two processes may start at once.
        let mut connection = pool.acquire().await?;
        let mut alone = connection.begin_with("BEGIN IMMEDIATE").await?;
        MIGRATIONS.run_direct(&mut *alone).await?;
        alone.commit().await?;
        drop(connection);
        fill_search(&pool).await?;
        Ok(Self { pool, engine: Engine::Sqlite(Arc::default()), _folder: folder })
    }

    async fn open_postgres(url: &str) -> Result<Self, DatabaseError> {
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
        MIGRATIONS.run(&pool).await?;
        fill_search(&pool).await?;
        Ok(Self { pool, engine: Engine::Postgres, _folder: None })
    }

    /// Begins a change. It waits until no other is under way, in this process or another.
    pub async fn act(&self) -> Result<Act<'_>, DatabaseError> {
        let turn = match &self.engine {
            Engine::Sqlite(line) => Some(line.lock().await),
            Engine::Postgres => None,
        };
        Act::begin(&self.pool, turn).await
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), DatabaseError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        let engine = match self.engine {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres => "PostgreSQL",
        };
        formatter.debug_struct("Database").field("engine", &engine).finish_non_exhaustive()
    }
}
