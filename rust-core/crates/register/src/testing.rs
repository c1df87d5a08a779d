//! For tests: every database that has to work, fresh.
//!
//! ```no_run
//! # async fn example() {
//! wardkey_register::testing::each(|fresh| async move {
//!     let database = fresh.open().await;
//!     assert!(database.people().await.unwrap().is_empty());
//! })
//! .await;
//! # }
//! ```
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "it fails the test that calls"
)]

use std::sync::Arc;

use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;

use crate::{Database, random};

/// The variable that `scripts/with-postgres` sets: the address of a cluster for tests.
const POSTGRES: &str = "WARDKEY_TEST_POSTGRES";

/// An address where a database of nobody else can be opened, as often as wanted.
#[derive(Clone, Debug)]
pub struct Fresh {
    url: String,
    _folder: Option<Arc<TempDir>>,
}

impl Fresh {
    /// A SQLite file in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("register.sqlite").display());
        Self { url, _folder: Some(Arc::new(folder)) }
    }

    /// A new database of the PostgreSQL cluster for tests.
    pub async fn postgres() -> Self {
        let cluster = std::env::var(POSTGRES).unwrap_or_else(|_| {
            panic!(
                "this test needs PostgreSQL: run it with `scripts/with-postgres cargo test …`, which \
                 starts one and sets {POSTGRES}"
            )
        });
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&cluster).await.expect("the cluster answers");
        let name = format!("t{}", random::digits().expect("random digits"));
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(&create).execute(&mut connection).await.expect("a new database");
        connection.close().await.expect("a connection that ends");
        let mut url = url::Url::parse(&cluster).expect("the address of the cluster");
        url.set_path(&name);
        Self { url: url.into(), _folder: None }
    }

    /// For [`Database::open`] and `--database`. Not a field: a closure that used it would leave the
    /// folder behind.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it.
    pub async fn open(&self) -> Database {
        Database::open(&self.url).await.unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }
}

/// Runs a test on SQLite, then on PostgreSQL.
pub async fn each<F: Future<Output = ()>>(test: impl Fn(Fresh) -> F) {
    test(Fresh::sqlite()).await;
    test(Fresh::postgres().await).await;
}
