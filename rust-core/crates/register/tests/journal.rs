//! How SQLite writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fs;

use wardkey_register::testing::{Fresh, NOW};

/// The versions in the header of the file, 2 for a write-ahead log (SQLite's file format, §1.3.3).
#[tokio::test]
async fn it_keeps_a_write_ahead_log() {
    let fresh = Fresh::sqlite();
    let database = fresh.open().await;
    database.seed_people(NOW).await.unwrap();
    let file = fresh.url().strip_prefix("sqlite:").unwrap();
    assert!(fs::metadata(format!("{file}-wal")).unwrap().len() > 0);
    drop(database);
    assert_eq!(fs::read(file).unwrap()[18..20], [2, 2]);
}
