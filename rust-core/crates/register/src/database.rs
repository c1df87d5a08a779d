use std::{fmt, path::Path, sync::Arc};

use sqlx::{Any, AnyPool, Connection as _, Transaction, any::AnyPoolOptions};
use tempfile::TempDir;
use tokio::{sync::Mutex, time::timeout};

use crate::{Act, DatabaseError, Limits, migrations::migrator, people::fill_search, sqlite};

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
    limits: Limits,
    /// See [`counting_trials`](Self::counting_trials).
    pub(crate) trials_count: bool,
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
        Self::open_with(url, Limits::default()).await
    }

    /// The same, with other limits than [the usual](Limits::default).
    pub async fn open_with(url: &str, limits: Limits) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        if let Some(address) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(&sqlite::path(address), limits, None).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url, limits).await
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
        Self::open_sqlite(&file, Limits::default(), Some(Arc::new(folder))).await
    }

    async fn open_sqlite(
        file: &Path,
        limits: Limits,
        folder: Option<Arc<TempDir>>,
    ) -> Result<Self, DatabaseError> {
        let url = sqlite::prepare(file)?;
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .after_connect(move |connection, _| Box::pin(sqlite::set_up(connection, limits)));
        let pool = options.connect(&url).await?;
        // This engine has no lock for migrations of its own, and two processes may start at once.
        let mut connection = pool.acquire().await?;
        let mut alone = connection.begin_with("BEGIN IMMEDIATE").await?;
        migrator().await?.run_direct(&mut *alone).await?;
        alone.commit().await?;
        drop(connection);
        fill_search(&pool).await?;
        Ok(Self {
            pool,
            engine: Engine::Sqlite(Arc::default()),
            limits,
            trials_count: false,
            _folder: folder,
        })
    }

    async fn open_postgres(url: &str, limits: Limits) -> Result<Self, DatabaseError> {
        // Without limits: a large register may take its time, and others that start wait for it.
        let unlimited = AnyPoolOptions::new().max_connections(1).connect(url).await?;
        migrator().await?.run(&unlimited).await?;
        unlimited.close().await;
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .after_connect(move |connection, _| Box::pin(limits.set_up(connection)));
        let pool = options.connect(url).await?;
        fill_search(&pool).await?;
        Ok(Self { pool, engine: Engine::Postgres, limits, trials_count: false, _folder: None })
    }

    /// Begins a change. It waits until no other is under way, in this process or another, but not for ever.
    pub async fn act(&self) -> Result<Act<'_>, DatabaseError> {
        let turn = match &self.engine {
            Engine::Sqlite(line) => {
                let turn = timeout(self.limits.turn, line.lock()).await;
                Some(turn.map_err(|_| DatabaseError::Busy)?)
            }
            Engine::Postgres => None,
        };
        Act::begin(self, turn).await
    }

    /// Begins a reading of several tables as they all are at one moment.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>, DatabaseError> {
        let begin = match &self.engine {
            Engine::Sqlite(_) => "BEGIN",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
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
