//! What began under a test policy, and what is left of it under one in earnest.

use std::time::Duration;

use wardkey_register::{
    Database, Moment, NewAuthenticator, PersonId, Secret, Session, SessionId, SignIn, TokenKind,
    testing::{LIFE, each},
};

use crate::common::{NOW, at, with_passkey};

const MINUTE: Duration = Duration::from_mins(1);

/// A passkey that a test policy accepted.
async fn trial(database: &Database) -> NewAuthenticator {
    let (_, passkey) = with_passkey(database, "ward.one@example.org").await;
    another_trial(database, passkey.made, 7).await
}

/// A passkey of the same person that a test policy accepted.
async fn another_trial(database: &Database, of: NewAuthenticator, id: u8) -> NewAuthenticator {
    let made = NewAuthenticator {
        credential_id: vec![id; 16],
        verdict: Some(r#"{"verdict":"accept","policy":"Trial","test":true}"#.to_owned()),
        ..of
    };
    let mut act = database.act().await.unwrap();
    act.add_authenticator(&made, true, NOW).await.unwrap();
    act.commit().await.unwrap();
    made
}

/// A session at this level, with an access token.
async fn begin(
    database: &Database,
    made: &NewAuthenticator,
    level: u8,
) -> (SessionId, [Secret; 2]) {
    begin_after(database, made, level, None).await
}

/// The same, in a browser that may have had one.
async fn begin_after(
    database: &Database,
    made: &NewAuthenticator,
    level: u8,
    before: Option<&Session>,
) -> (SessionId, [Secret; 2]) {
    let person: &PersonId = &made.person;
    let sign_in =
        SignIn { person, credential_id: &made.credential_id, assurance: level, before, life: LIFE };
    let now: Moment = NOW;
    let mut act = database.act().await.unwrap();
    let (session, cookie) = act.sign_in(&sign_in, now).await.unwrap();
    let grant = act.grant(&session, "ward", "{}", now).await.unwrap();
    let access = act.issue(TokenKind::Access, &grant, "openid", now, MINUTE).await.unwrap();
    act.commit().await.unwrap();
    (session, [cookie, access])
}

#[tokio::test]
async fn sessions_of_trials_are_over_in_earnest() {
    each(|fresh| async move {
        let tests = fresh.open().await.counting_trials(true);
        let made = trial(&tests).await;
        let (high, [high_cookie, high_access]) = begin(&tests, &made, 3).await;
        let (low, [low_cookie, low_access]) = begin(&tests, &made, 2).await;
        let earnest = tests.clone().counting_trials(false);
        for (database, counts) in [(&tests, true), (&earnest, false)] {
            let found = database.session(high_cookie.as_str(), at(NOW)).await.unwrap();
            assert_eq!(found.is_some_and(|session| session.trial), counts);
            let access = database.access(high_access.as_str(), at(NOW)).await.unwrap();
            assert_eq!(access.is_some(), counts);
            let mut act = database.act().await.unwrap();
            assert_eq!(act.session_lives(&high, at(NOW)).await.unwrap(), counts);
            // What claims no more than level 2 goes on.
            assert!(act.session_lives(&low, at(NOW)).await.unwrap());
            drop(act);
            assert!(database.session(low_cookie.as_str(), at(NOW)).await.unwrap().is_some());
            assert!(database.access(low_access.as_str(), at(NOW)).await.unwrap().is_some());
        }
        assert_eq!(tests.lapsed_sessions(at(NOW), 9).await.unwrap(), []);
        assert_eq!(earnest.lapsed_sessions(at(NOW), 9).await.unwrap(), [high]);
    })
    .await;
}

#[tokio::test]
async fn a_session_is_not_renewed_by_less_than_began_it() {
    each(|fresh| async move {
        let tests = fresh.open().await.counting_trials(true);
        let (_, sound) = with_passkey(&tests, "ward.one@example.org").await;
        let strong = another_trial(&tests, sound.made.clone(), 8).await;
        let weak = another_trial(&tests, sound.made.clone(), 9).await;
        // Less, or another kind of proof: what was granted before is over, and stays so in earnest.
        for (first, second, level) in [(&strong, &weak, 2), (&strong, &sound.made, 3)] {
            let (session, [cookie, access]) = begin(&tests, first, 3).await;
            let before = tests.session(cookie.as_str(), at(NOW)).await.unwrap().unwrap();
            let (next, _) = begin_after(&tests, second, level, Some(&before)).await;
            assert_ne!(next, session);
            let earnest = tests.clone().counting_trials(false);
            for database in [&tests, &earnest] {
                assert!(database.access(access.as_str(), at(NOW)).await.unwrap().is_none());
                assert!(database.session(cookie.as_str(), at(NOW)).await.unwrap().is_none());
            }
        }
        // More of the same kind: the session goes on.
        let (session, [cookie, access]) = begin(&tests, &weak, 2).await;
        let before = tests.session(cookie.as_str(), at(NOW)).await.unwrap().unwrap();
        let (same, _) = begin_after(&tests, &strong, 3, Some(&before)).await;
        assert_eq!(same, session);
        assert!(tests.access(access.as_str(), at(NOW)).await.unwrap().is_some());
    })
    .await;
}
