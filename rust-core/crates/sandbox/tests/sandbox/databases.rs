//! Every test that stores something runs on both databases: it is an async function that takes what it
//! begins with ([`Begin`]) and is named in [`on_both!`]. One that is forgotten there is dead code, which
//! the lints refuse. A property draws the database of each case ([`any_database`]).
//!
//! What never gets to a database is looked at once: files that are served, and how settings are read.

use proptest::prelude::Strategy;
use wardkey_register::{Database, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::common::{Running, start};

/// Makes of each of these functions a test on SQLite and one on PostgreSQL.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                let fresh = wardkey_register::testing::Fresh::sqlite();
                $crate::databases::run(super::$test, fresh).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                let fresh = wardkey_register::testing::Fresh::postgres().await;
                $crate::databases::run(super::$test, fresh).await;
            })+
        }
    };
}
pub(crate) use on_both;

/// Runs a test on this database.
pub(crate) async fn run<B: Begin, F: Future<Output = ()>>(test: impl FnOnce(B) -> F, fresh: Fresh) {
    test(B::on(&fresh).await).await;
}

/// What a test can begin with, on a database of nobody else.
pub(crate) trait Begin {
    async fn on(fresh: &Fresh) -> Self;
}

impl Begin for Fresh {
    async fn on(fresh: &Fresh) -> Self {
        fresh.clone()
    }
}

impl Begin for Database {
    async fn on(fresh: &Fresh) -> Self {
        fresh.open().await
    }
}

impl Begin for Settings {
    async fn on(fresh: &Fresh) -> Self {
        Self { database: Some(fresh.open().await), ..Self::default() }
    }
}

impl Begin for Running {
    async fn on(fresh: &Fresh) -> Self {
        start(Settings::on(fresh).await).await
    }
}

/// Either of the two.
pub(crate) fn any_database() -> impl Strategy<Value = Kind> {
    proptest::sample::select(vec![Kind::Sqlite, Kind::Postgres])
}

/// The database of one case of a property.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) async fn fresh(self) -> Fresh {
        match self {
            Self::Sqlite => Fresh::sqlite(),
            Self::Postgres => Fresh::postgres().await,
        }
    }
}
