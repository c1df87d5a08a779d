//! Registrations on both engines: every step, every end, and two at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod desk;
mod expiry;
mod history;
mod links;
mod steps;

use wardkey_register::{
    AuthenticatorState,
    registrations::{EventKind, Hindrance, Opening, RegistrationState as State, Step},
    testing::{Fresh, each},
};

use desk::*;

#[tokio::test]
async fn the_codes_are_the_same() {
    use EventKind::{Checked, Confirmed, Issued, Made, Opened};
    each(|fresh| async move {
        let desk = Desk::made(&fresh).await;
        assert_eq!(desk.state().await, State::Made);
        assert_eq!(desk.authenticator_state().await, Some(AuthenticatorState::Pending));
        assert_eq!(desk.confirm(&desk.authority, after(4)).await, Step::Done);
        assert_eq!(desk.state().await, State::Active);
        assert_eq!(desk.authenticator_state().await, Some(AuthenticatorState::Active));
        assert_eq!(desk.told().await, [Issued, Opened, Checked, Made, Confirmed]);
        assert_eq!(
            desk.evidence().await,
            ["link-issued", "link-opened", "registered", "confirmed"]
        );
        let found = desk.database.registration(&desk.id).await.unwrap().unwrap();
        assert_eq!(found.passkey.unwrap().witness.as_deref(), Some("1234 5678 9012"));
        assert_eq!(desk.history().await.after(3).len(), 2);
        assert_eq!(found.ended_by, Some(desk.authority));
    })
    .await;
}

#[tokio::test]
async fn the_codes_differ() {
    each(|fresh| async move {
        let desk = Desk::made(&fresh).await;
        assert_eq!(desk.differ(&desk.other, after(4)).await, Step::Done);
        assert_eq!(desk.state().await, State::Differed);
        let destroyed = desk.database.authenticator(CREDENTIAL).await.unwrap().unwrap();
        assert_eq!(destroyed.state, AuthenticatorState::Destroyed);
        assert_eq!(destroyed.end.unwrap().reason, "the codes differed");
        assert_eq!(desk.evidence().await.last().unwrap(), "codes-differed");
        assert_eq!(desk.confirm(&desk.authority, after(5)).await, Step::Instead(State::Differed));
        assert_eq!(desk.authenticator_state().await, Some(AuthenticatorState::Destroyed));
    })
    .await;
}

#[tokio::test]
async fn only_the_issuing_authority_confirms() {
    each(|fresh| async move {
        let desk = Desk::made(&fresh).await;
        assert_eq!(desk.confirm(&desk.other, after(4)).await, Step::OfAnother);
        assert_eq!(desk.confirm(&desk.clinician, after(4)).await, Step::OfAnother);
        assert_eq!(desk.state().await, State::Made);
    })
    .await;
}

#[tokio::test]
async fn two_authorities_press_at_once() {
    each(|fresh| async move {
        for _ in 0..4 {
            let desk = Desk::made(&fresh).await;
            let (a, b, c) = tokio::join!(
                desk.confirm(&desk.authority, after(4)),
                desk.differ(&desk.other, after(4)),
                desk.revoke(&desk.other, after(4)),
            );
            let done = [a, b, c].iter().filter(|step| **step == Step::Done).count();
            assert_eq!(done, 1, "{a:?} {b:?} {c:?}");
            let alive = desk.authenticator_state().await == Some(AuthenticatorState::Active);
            assert_eq!(alive, a == Step::Done);
            assert_eq!(desk.state().await == State::Active, alive);
            assert_eq!(desk.told().await.len(), 5);
            // The next round registers the same credential again.
            forget(&fresh).await;
        }
    })
    .await;
}

/// What no program does: a credential id is never free again.
async fn forget(fresh: &Fresh) {
    use sqlx::Connection as _;
    let mut connection = sqlx::AnyConnection::connect(fresh.url()).await.unwrap();
    sqlx::query("DELETE FROM authenticators").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_link_is_opened_once_even_by_two_at_once() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let (a, b) = tokio::join!(desk.open(None, after(1)), desk.open(None, after(1)));
        let browser = match (a, b) {
            (Opening::Opened(_, browser), Opening::Taken(_))
            | (Opening::Taken(_), Opening::Opened(_, browser)) => browser,
            other => panic!("{other:?}"),
        };
        assert_eq!(desk.told().await, [EventKind::Issued, EventKind::Opened, EventKind::Reopened]);
        assert!(matches!(desk.open(Some(&browser), after(2)).await, Opening::Continued(_)));
        assert_eq!(desk.told().await.len(), 3);
        let mut act = desk.database.act().await.unwrap();
        let unknown = act.open_registration("no link", Some(browser.as_str()), NOW).await.unwrap();
        assert!(matches!(unknown, Opening::Unknown));
    })
    .await;
}

#[tokio::test]
async fn attempts_without_end_are_told_to_an_end() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        for _ in 0..30 {
            assert!(matches!(desk.open(None, after(2)).await, Opening::Taken(_)));
        }
        let hindrance =
            Hindrance { stage: "passkey".into(), why: "cancelled".into(), tell: "again".into() };
        for _ in 0..30 {
            let mut act = desk.database.act().await.unwrap();
            act.hinder_registration(&desk.id, &hindrance, after(3)).await.unwrap();
            act.commit().await.unwrap();
        }
        assert_eq!(desk.told().await.len(), 2 + 20 + 20);
        assert_eq!(desk.state().await, State::Opened);
    })
    .await;
}

#[tokio::test]
async fn a_late_phone_finds_the_registration_over() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        desk.check(after(2)).await;
        let last = after(LIFE - 1);
        assert_eq!(desk.check(last).await, Step::Done);
        assert_eq!(desk.make(ENDS).await, Step::Instead(State::Expired));
        assert_eq!(desk.authenticator_state().await, None);
        assert_eq!(desk.told().await.last(), Some(&EventKind::Expired));
        assert_eq!(desk.evidence().await, ["link-issued", "link-opened", "link-expired"]);
        assert!(matches!(desk.open(None, ENDS).await, Opening::Over(_)));
    })
    .await;
}

#[tokio::test]
async fn codes_that_nobody_compares_destroy_the_passkey() {
    each(|fresh| async move {
        let desk = Desk::made(&fresh).await;
        // The comparison has a time of its own, from the making on.
        let late = after(3 + LIFE);
        for (now, ended) in [(after(2 + LIFE), 0), (late, 1), (late, 0)] {
            assert_eq!(desk.database.expire_registrations(now).await.unwrap().ended, ended);
        }
        assert_eq!(desk.authenticator_state().await, Some(AuthenticatorState::Destroyed));
        assert_eq!(desk.confirm(&desk.authority, late).await, Step::Instead(State::Expired));
    })
    .await;
}

#[tokio::test]
async fn an_authority_takes_it_back_at_every_stage() {
    each(|fresh| async move {
        for stage in 0..4 {
            let desk = Desk::new(&fresh).await;
            if stage > 0 {
                desk.open(None, after(1)).await;
            }
            if stage > 1 {
                desk.check(after(2)).await;
            }
            if stage > 2 {
                desk.make(after(3)).await;
            }
            assert_eq!(desk.revoke(&desk.other, after(4)).await, Step::Done);
            assert_eq!(desk.revoke(&desk.other, after(5)).await, Step::Instead(State::Revoked));
            assert_eq!(desk.check(after(5)).await, Step::Instead(State::Revoked));
            assert_eq!(desk.make(after(5)).await, Step::Instead(State::Revoked));
            assert_eq!(
                desk.confirm(&desk.authority, after(5)).await,
                Step::Instead(State::Revoked)
            );
            assert!(matches!(desk.open(None, after(5)).await, Opening::Over(_)));
            let destroyed = (stage > 2).then_some(AuthenticatorState::Destroyed);
            assert_eq!(desk.authenticator_state().await, destroyed);
        }
    })
    .await;
}
