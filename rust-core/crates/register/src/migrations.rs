//! The steps that bring a schema up to date.
//!
//! They are listed by hand: the macro that would do it brings a second copy of all drivers, which takes as long
//! to build as the first.

use std::{future::Future, pin::Pin};

use sqlx::{
    error::BoxDynError,
    migrate::{Migration, MigrationSource, MigrationType, Migrator},
};

use crate::DatabaseError;

/// The number of a step, what it is about, and its SQL. What was ever released stays as it is.
type Step = (i64, &'static str, &'static str);

const STEPS: [Step; 8] = [
    (1, "register", include_str!("../migrations/0001_register.sql")),
    (2, "desk", include_str!("../migrations/0002_desk.sql")),
    (3, "openid", include_str!("../migrations/0003_openid.sql")),
    (4, "endings", include_str!("../migrations/0004_endings.sql")),
    (5, "search", include_str!("../migrations/0005_search.sql")),
    (6, "trials", include_str!("../migrations/0006_trials.sql")),
    (7, "audit subject", include_str!("../migrations/0007_audit_subject.sql")),
    (8, "names", include_str!("../migrations/0008_names.sql")),
];

/// All steps, to be run on a database.
pub(crate) async fn migrator() -> Result<Migrator, DatabaseError> {
    Ok(Migrator::new(Listed).await?)
}

#[derive(Debug)]
struct Listed;

impl MigrationSource<'static> for Listed {
    fn resolve(
        self,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, BoxDynError>> + Send + 'static>> {
        let steps = STEPS.iter().map(|&(number, about, sql)| {
            Migration::new(number, about.into(), MigrationType::Simple, sql.into(), false)
        });
        let steps = steps.collect();
        Box::pin(std::future::ready(Ok(steps)))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::STEPS;

    #[test]
    fn every_file_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed = STEPS.map(|(number, about, sql)| {
            let name = format!("{number:04}_{}.sql", about.replace(' ', "_"));
            assert_eq!(sql, fs::read_to_string(folder.join(&name)).unwrap(), "{name}");
            name
        });
        assert_eq!(files, listed);
    }
}
