//! A process that stops in the middle of an act, as its other processes see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::time::Duration;

use tokio::time::timeout;
use wardkey_register::{
    Ceremony, Database, Limits,
    testing::{Fresh, LIFE, NOW, each},
};

/// Longer than anything here takes: a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

const NEVER: Duration = Duration::from_hours(1);

const SHORT: Duration = Duration::from_secs(1);

async fn open(fresh: &Fresh, turn: Duration, idle: Duration) -> Database {
    let limits = Limits { turn, idle, statement: NEVER };
    Database::open_with(fresh.url(), limits).await.unwrap()
}

#[tokio::test]
async fn an_act_waits_for_another_one_and_not_for_ever() {
    each(|fresh| async move {
        let stopped = open(&fresh, NEVER, NEVER).await;
        let other = open(&fresh, SHORT, NEVER).await;
        let held = stopped.act().await.unwrap();
        // All of one process at once, which stand in one line.
        let waiting = async { tokio::join!(other.act(), other.act(), other.act()) };
        let (a, b, c) = timeout(PATIENCE, waiting).await.expect("a limit");
        assert!(a.is_err() && b.is_err() && c.is_err());
        // Who reads is not kept from it.
        other.seed_people(NOW).await.expect_err("writing is");
        assert!(other.people().await.unwrap().is_empty());

        drop(held);
        timeout(PATIENCE, other.seed_people(NOW)).await.expect("an answer").unwrap();
        assert!(!other.people().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn postgresql_undoes_what_nobody_goes_on_with() {
    let fresh = Fresh::postgres().await;
    let stopped = open(&fresh, NEVER, SHORT).await;
    let other = open(&fresh, NEVER, NEVER).await;
    other.seed_people(NOW).await.unwrap();
    let held = stopped.act().await.unwrap();
    let act = timeout(PATIENCE, other.act()).await.expect("the other one's end").unwrap();
    act.commit().await.unwrap();
    // Going on, it finds that its act is over, and can begin another.
    held.commit().await.unwrap_err();
    timeout(PATIENCE, stopped.act()).await.expect("an answer").unwrap().commit().await.unwrap();
}

/// Anybody may ask for a tester's challenge, as often as a program can.
#[tokio::test]
async fn ceremonies_of_one_kind_do_not_push_out_those_of_another() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let of_kind = |kind: &str| Ceremony { kind: kind.into(), state: "{}".into() };
        let mut act = database.act().await.unwrap();
        let login = act.offer(&of_kind("login"), NOW, NOW + LIFE).await.unwrap();
        let first = act.offer(&of_kind("signin"), NOW, NOW + LIFE).await.unwrap();
        let later = NOW + LIFE + Duration::from_secs(1);
        for _ in 0..Ceremony::MOST_PENDING {
            act.offer(&of_kind("signin"), NOW, later).await.unwrap();
        }
        act.commit().await.unwrap();
        // Requests of two acts each, of which the second offers.
        for _ in 0..Ceremony::COUNTED_EVERY {
            database.act().await.unwrap().commit().await.unwrap();
            let mut act = database.act().await.unwrap();
            act.offer(&of_kind("login"), NOW, later).await.unwrap();
            act.commit().await.unwrap();
        }
        let mut act = database.act().await.unwrap();
        assert_eq!(act.take(first.as_str(), NOW).await.unwrap(), None);
        assert!(act.take(login.as_str(), NOW).await.unwrap().is_some());
    })
    .await;
}
