//! Whose sessions are, how long they live, what ends them.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wardkey_register::{AuthenticatorState, Database, End, testing::each};

use crate::common::{IDLE, LIFE, NOW, at, signed_in, with_passkey};

#[tokio::test]
async fn a_session_lives_while_it_is_used_and_not_for_ever() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ward = with_passkey(&database, "ward.three@example.org").await;
        let (id, cookie) = signed_in(&database, &ward, None, NOW).await;
        let found = database.session(cookie.as_str(), at(NOW)).await.unwrap().unwrap();
        assert_eq!((&found.id, &found.person, found.assurance), (&id, &ward.0.id, 3));
        assert_eq!(found.role, None);
        assert_eq!(database.session("another", at(NOW)).await.unwrap(), None);

        let mut now = NOW;
        for _ in 0..3 {
            now = now + IDLE - Duration::from_secs(1);
            assert!(database.session(cookie.as_str(), at(now)).await.unwrap().is_some());
            let mut act = database.act().await.unwrap();
            assert!(act.saw_session(&id, at(now)).await.unwrap());
            act.commit().await.unwrap();
        }
        assert!(database.lapsed_sessions(at(now), 9).await.unwrap().is_empty());
        let idle = now + IDLE;
        assert_eq!(database.session(cookie.as_str(), at(idle)).await.unwrap(), None);
        assert_eq!(database.lapsed_sessions(at(idle), 9).await.unwrap(), std::slice::from_ref(&id));
        let mut act = database.act().await.unwrap();
        assert!(!act.saw_session(&id, at(idle)).await.unwrap());
        act.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_busy_session_ends_too() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ward = with_passkey(&database, "ward.three@example.org").await;
        let (id, cookie) = signed_in(&database, &ward, None, NOW).await;
        let (mut now, last) = (NOW, NOW + LIFE);
        while now.since(NOW) < LIFE {
            let mut act = database.act().await.unwrap();
            assert!(act.saw_session(&id, at(now)).await.unwrap());
            act.commit().await.unwrap();
            now = now + IDLE / 2;
        }
        assert_eq!(database.session(cookie.as_str(), at(last)).await.unwrap(), None);
        assert_eq!(database.lapsed_sessions(at(last), 9).await.unwrap(), [id]);
    })
    .await;
}

#[tokio::test]
async fn a_second_sign_in_renews_the_secret_and_keeps_the_session() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ward = with_passkey(&database, "ward.three@example.org").await;
        let (id, first) = signed_in(&database, &ward, None, NOW).await;
        let mut act = database.act().await.unwrap();
        assert!(act.choose_role(&id, Some("600000000003"), NOW).await.unwrap());
        act.commit().await.unwrap();
        let before = database.session(first.as_str(), at(NOW)).await.unwrap().unwrap();

        let later = NOW + Duration::from_mins(1);
        let (again, second) = signed_in(&database, &ward, Some(&before), later).await;
        assert_eq!(again, id);
        assert_eq!(database.session(first.as_str(), at(later)).await.unwrap(), None);
        let renewed = database.session(second.as_str(), at(later)).await.unwrap().unwrap();
        assert_eq!(renewed.signed_in_at, later);
        assert_eq!(renewed.role.unwrap().role.as_deref(), Some("600000000003"));

        // Somebody else at the same browser gets a session of their own.
        let desk = with_passkey(&database, "desk.a@example.org").await;
        let (other, _) = signed_in(&database, &desk, Some(&before), later).await;
        assert_ne!(other, id);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_once_and_with_its_passkey() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ward = with_passkey(&database, "ward.one@example.org").await;
        let (first, cookie) = signed_in(&database, &ward, None, NOW).await;
        let mut act = database.act().await.unwrap();
        assert!(act.end_session(&first, "signed out", NOW).await.unwrap());
        assert!(!act.end_session(&first, "signed out", NOW).await.unwrap());
        assert!(!act.choose_role(&first, None, NOW).await.unwrap());
        act.commit().await.unwrap();
        assert_eq!(database.session(cookie.as_str(), at(NOW)).await.unwrap(), None);

        let (second, cookie) = signed_in(&database, &ward, None, NOW).await;
        let mut act = database.act().await.unwrap();
        let end = End { at: NOW, by: None, reason: "lost".to_owned() };
        let removed = AuthenticatorState::Removed;
        assert!(act.end_authenticator(&ward.1.made.credential_id, removed, &end).await.unwrap());
        act.commit().await.unwrap();
        assert_eq!(database.session(cookie.as_str(), at(NOW)).await.unwrap(), None);
        assert_eq!(database.lapsed_sessions(at(NOW), 9).await.unwrap(), [second]);
    })
    .await;
}

#[tokio::test]
async fn attempts_are_counted_by_window_act_and_who() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let window = Duration::from_mins(1);
        let mut act = database.act().await.unwrap();
        for count in 1..=3 {
            assert_eq!(act.attempt("login", "a", window, NOW).await.unwrap(), count);
        }
        assert_eq!(act.attempt("login", "b", window, NOW).await.unwrap(), 1);
        assert_eq!(act.attempt("link", "a", window, NOW).await.unwrap(), 1);
        assert_eq!(act.attempt("login", "a", window, NOW + window).await.unwrap(), 1);
        act.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_reads_a_cookie_from_the_database() {
    let database = Database::temporary().await.unwrap();
    let ward = with_passkey(&database, "ward.one@example.org").await;
    let (id, cookie) = signed_in(&database, &ward, None, NOW).await;
    assert_eq!(cookie.as_str().len(), 43);
    assert!(!format!("{cookie:?} {id:?}").contains(cookie.as_str()));
    // What is stored does not open the session either.
    let hash = ring::digest::digest(&ring::digest::SHA256, cookie.as_str().as_bytes());
    let stored = Base64UrlUnpadded::encode_string(hash.as_ref());
    assert_eq!(database.session(&stored, at(NOW)).await.unwrap(), None);
}
