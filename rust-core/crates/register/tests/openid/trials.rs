//! What began under a test policy, and what is left of it under one in earnest.

use std::time::Duration;

use wardkey_register::{
    Database, Moment, NewAuthenticator, PersonId, Secret, SessionId, SignIn, TokenKind,
    testing::{LIFE, each},
};

use crate::common::{NOW, at, with_passkey};

const MINUTE: Duration = Duration::from_mins(1);

/// A passkey that a test policy accepted.
async fn trial(database: &Database) -> NewAuthenticator {
    let (_, passkey) = with_passkey(database, "ward.one@example.org").await;
    let made = NewAuthenticator {
        credential_id: vec![7; 16],
        verdict: Some(r#"{"verdict":"accept","policy":"Trial","test":true}"#.to_owned()),
        ..passkey.made
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
    let person: &PersonId = &made.person;
    let sign_in = SignIn {
        person,
        credential_id: &made.credential_id,
        assurance: level,
        before: None,
        life: LIFE,
    };
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
