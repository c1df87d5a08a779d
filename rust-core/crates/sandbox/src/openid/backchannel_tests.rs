//! The hour in which an application is told, and after which it is not: played on a clock of its own.

use std::time::Duration;

use wardkey_register::{
    Act, Database, Moment, SessionId,
    testing::{Fresh, NOW, each, signed_in, with_passkey},
};

use super::{AGAIN, GIVEN_UP, NotTold, finish};
use crate::{relying_party::RelyingParty, settings::Settings};

const CLIENT: &str = "ward-list";

/// A sandbox in which a session has just ended that an application has to hear of.
async fn ended(fresh: &Fresh) -> (RelyingParty, Database, SessionId) {
    let database = fresh.open().await;
    let clinician = with_passkey(&database, "ward.one@example.org").await;
    let (session, _) = signed_in(&database, &clinician, None, NOW).await;
    let mut act: Act<'_> = database.act().await.unwrap();
    act.grant(&session, CLIENT, "{}", NOW).await.unwrap();
    act.end_session(&session, "signed out", NOW).await.unwrap();
    act.commit().await.unwrap();
    let origin = "https://localhost:8443".parse().unwrap();
    let party = RelyingParty::new(Settings::default(), origin, database.clone()).unwrap();
    (party, database, session)
}

/// Tries whoever is due, and nobody answers. Gives whether somebody was.
async fn in_vain(party: &RelyingParty, now: Moment) -> bool {
    let mut act = party.database.act().await.unwrap();
    let due = act.take_logout(&[], now, now + AGAIN).await.unwrap();
    act.commit().await.unwrap();
    let Some(logout) = due else { return false };
    let silence = Err(NotTold::from("no answer".to_owned()));
    finish(party, &logout, &silence, now).await.unwrap();
    true
}

async fn state(database: &Database, session: &SessionId) -> (String, Option<String>) {
    let (client, state, detail) = database.logouts_of(session).await.unwrap().remove(0);
    assert_eq!(client, CLIENT);
    (state, detail)
}

#[tokio::test]
async fn who_never_answers_is_given_up_after_an_hour() {
    each(|fresh| async move {
        let (party, database, session) = ended(&fresh).await;
        let second = Duration::from_secs(1);
        let (mut now, mut tries) = (NOW, Vec::new());
        // Three hours, in steps that get longer as the pauses do.
        while now.since(NOW) < 3 * GIVEN_UP {
            if in_vain(&party, now).await {
                tries.push(now.since(NOW));
            }
            now = now + (now.since(NOW) / 64).max(second);
        }
        let last = *tries.last().unwrap();
        assert!(tries.len() > 8, "{tries:?}");
        assert!(last > GIVEN_UP / 4 && last <= GIVEN_UP, "{tries:?}");
        let pauses: Vec<_> = tries.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        assert!(pauses.is_sorted(), "less and less often: {pauses:?}");
        assert_eq!(
            state(&database, &session).await,
            ("failed".to_owned(), Some("no answer".to_owned()))
        );
    })
    .await;
}

#[tokio::test]
async fn the_hour_ends_to_the_millisecond() {
    each(|fresh| async move {
        let (party, database, session) = ended(&fresh).await;
        // The next try would be at the very end of the hour, so it is made.
        assert!(in_vain(&party, NOW + GIVEN_UP / 2).await);
        assert_eq!(state(&database, &session).await.0, "due");
        assert!(!in_vain(&party, NOW + GIVEN_UP - Duration::from_millis(1)).await);
        assert!(in_vain(&party, NOW + GIVEN_UP).await);
        assert_eq!(state(&database, &session).await.0, "failed");
        assert!(!in_vain(&party, NOW + 2 * GIVEN_UP).await);

        // Its file lasts as long as this.
        let other = Fresh::sqlite();
        let (party, database, session) = ended(&other).await;
        assert!(in_vain(&party, NOW + GIVEN_UP / 2 + Duration::from_millis(1)).await);
        assert_eq!(state(&database, &session).await.0, "failed", "the next would be too late");
    })
    .await;
}

/// A sandbox that dies while it tells an application leaves it to the next, but not for ever.
#[tokio::test]
async fn what_a_killed_process_left_ends_as_well() {
    each(|fresh| async move {
        let (party, database, session) = ended(&fresh).await;
        let mut act = database.act().await.unwrap();
        let late = NOW + GIVEN_UP - Duration::from_secs(1);
        act.take_logout(&[], late, late + AGAIN).await.unwrap().unwrap();
        act.commit().await.unwrap();
        assert!(!in_vain(&party, NOW + GIVEN_UP).await, "somebody is at it");
        assert!(in_vain(&party, late + AGAIN).await);
        assert_eq!(state(&database, &session).await.0, "failed");
    })
    .await;
}
