//! The register on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use wardkey_register::{Moment, testing::each};

const NOW: Moment = Moment::from_millis(1_795_000_000_000);

#[tokio::test]
async fn people_are_seeded_once() {
    each(|fresh| async move {
        let database = fresh.open().await;
        database.seed_people(NOW).await.unwrap();
        let people = database.people().await.unwrap();
        assert_eq!(people.len(), 6);
        database.seed_people(NOW).await.unwrap();
        assert_eq!(database.people().await.unwrap(), people);
    })
    .await;
}
