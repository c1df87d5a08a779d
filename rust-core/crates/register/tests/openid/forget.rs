//! What is over is forgotten in time, and nothing before it is over.

use std::time::Duration;

use sqlx::{AnyConnection, Connection as _, Row as _};
use wardkey_register::{
    AuditLine, Ceremony, Database, Kept, Moment, SessionId, TokenKind,
    testing::{Fresh, each},
};

use crate::common::{IDLE, LIFE, NOW, at, signed_in, with_passkey};

const HOUR: Duration = Duration::from_hours(1);

const TABLES: [&str; 9] = [
    "ceremonies",
    "attempts",
    "openid_requests",
    "openid_assertions",
    "openid_tokens",
    "openid_logouts",
    "openid_grants",
    "sessions",
    "audit",
];

/// How many rows each of them has.
async fn rows(fresh: &Fresh) -> Vec<i64> {
    let mut connection = AnyConnection::connect(fresh.url()).await.unwrap();
    let mut rows = Vec::new();
    for table in TABLES {
        let count = format!("SELECT COUNT(*) AS rows FROM {table}");
        let counted = sqlx::query(&count).fetch_one(&mut connection).await.unwrap();
        rows.push(counted.try_get("rows").unwrap());
    }
    connection.close().await.unwrap();
    rows
}

async fn forget(database: &Database, kept: &Kept, now: Moment) -> u64 {
    let mut act = database.act().await.unwrap();
    let forgotten = act.forget(kept, now).await.unwrap();
    act.commit().await.unwrap();
    forgotten
}

async fn audited(database: &Database, at: Moment) {
    let line = AuditLine {
        at,
        person: None,
        act: "tried".into(),
        subject: None,
        detail: "in vain".into(),
    };
    database.audit(&line).await.unwrap();
}

/// One of everything that ends, within an hour of now; the session lives until it is ended.
async fn one_of_everything(database: &Database) -> SessionId {
    let ward = match database.person_by_name("ward.one@example.org").await.unwrap() {
        None => with_passkey(database, "ward.one@example.org").await,
        Some(person) => {
            let passkeys = database.authenticators_of(&person.id).await.unwrap();
            (person, passkeys[0].clone())
        }
    };
    let (session, _) = signed_in(database, &ward, None, NOW).await;
    let mut act = database.act().await.unwrap();
    let ceremony = Ceremony { kind: "login".into(), state: "{}".into() };
    act.offer(&ceremony, NOW, NOW + HOUR).await.unwrap();
    act.attempt(session.as_str(), "192.0.2.1", HOUR, NOW).await.unwrap();
    act.remember_openid_request("{}", NOW, HOUR).await.unwrap();
    act.use_assertion("ward", session.as_str(), NOW + HOUR).await.unwrap();
    let grant = act.grant(&session, "ward", "{}", NOW).await.unwrap();
    act.issue(TokenKind::Code, &grant, "{}", NOW, HOUR).await.unwrap();
    act.commit().await.unwrap();
    audited(database, NOW).await;
    session
}

async fn end(database: &Database, session: &SessionId) {
    let mut act = database.act().await.unwrap();
    assert!(act.end_session(session, "signed out", NOW + HOUR).await.unwrap());
    act.commit().await.unwrap();
}

async fn tell(database: &Database) {
    let mut act = database.act().await.unwrap();
    let logout = act.take_logout(&[], NOW + LIFE, NOW + LIFE).await.unwrap().unwrap();
    act.finish_logout(&logout, Ok(())).await.unwrap();
    act.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_over_goes_after_a_while_and_what_lives_stays() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let (over, living) =
            (one_of_everything(&database).await, one_of_everything(&database).await);
        end(&database, &over).await;
        let kept = Kept::default();
        let all = vec![2, 2, 2, 2, 2, 1, 2, 2, 2];
        assert_eq!(rows(&fresh).await, all);
        assert_eq!(forget(&database, &kept, NOW + kept.ended - HOUR).await, 0);
        assert_eq!(rows(&fresh).await, all, "until then a second use is seen");

        // Its application has not heard of the end yet, so the session is still there.
        let late = NOW + kept.ended + HOUR + HOUR;
        forget(&database, &kept, late).await;
        assert_eq!(rows(&fresh).await, [0, 0, 0, 0, 0, 1, 1, 2, 2]);
        tell(&database).await;
        forget(&database, &kept, late).await;
        assert_eq!(rows(&fresh).await, [0, 0, 0, 0, 0, 0, 1, 1, 2]);
        let lapsed = database.lapsed_sessions(at(NOW + IDLE), 9).await.unwrap();
        assert_eq!(lapsed, [living], "the one that nobody ended");

        audited(&database, NOW + kept.audit).await;
        assert_eq!(forget(&database, &kept, NOW + kept.audit + HOUR).await, 2);
        assert_eq!(*rows(&fresh).await.last().unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn little_is_forgotten_at_once_and_everything_in_the_end() {
    each(|fresh| async move {
        let database = fresh.open().await;
        for _ in 0..5 {
            let session = one_of_everything(&database).await;
            end(&database, &session).await;
            tell(&database).await;
        }
        let kept = Kept { at_once: 2, ..Kept::default() };
        let late = NOW + kept.audit + HOUR + HOUR;
        let mut before = rows(&fresh).await;
        let mut rounds = 0;
        while forget(&database, &kept, late).await > 0 {
            let after = rows(&fresh).await;
            for (before, after) in before.iter().zip(&after) {
                assert!(before - after <= 2, "{before} to {after}");
            }
            before = after;
            rounds += 1;
        }
        assert_eq!(before, [0; 9]);
        assert!((3..=9).contains(&rounds), "{rounds}");
        let person = database.person_by_name("ward.one@example.org").await.unwrap().unwrap();
        assert_eq!(database.authenticators_of(&person.id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_audit_has_a_most() {
    each(|fresh| async move {
        let database = fresh.open().await;
        for line in 0..10 {
            audited(&database, NOW + Duration::from_secs(line)).await;
        }
        let kept = Kept { audit_lines: 3, ..Kept::default() };
        for _ in 0..Kept::COUNTED_EVERY {
            forget(&database, &kept, NOW).await;
        }
        let left: Vec<_> =
            database.audit_lines(10).await.unwrap().into_iter().map(|line| line.at).collect();
        let newest = [9, 8, 7].map(|line| NOW + Duration::from_secs(line));
        assert_eq!(left, newest, "the oldest give way");
    })
    .await;
}
