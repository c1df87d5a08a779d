//! Applications hear of a session's end, also when the process that was to tell them is gone.

use std::time::Duration;

use wardkey_register::testing::each;

use crate::common::{NOW, signed_in, with_passkey};

#[tokio::test]
async fn each_application_is_due_once() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ward = with_passkey(&database, "ward.one@example.org").await;
        let (session, _) = signed_in(&database, &ward, None, NOW).await;
        let mut act = database.act().await.unwrap();
        for client in ["ward", "theatre", "ward"] {
            act.grant(&session, client, "{}", NOW).await.unwrap();
        }
        assert_eq!(act.take_logout(&[], NOW, NOW).await.unwrap(), None);
        act.end_session(&session, "signed out", NOW).await.unwrap();

        let again = NOW + Duration::from_mins(2);
        let first = act.take_logout(&[], NOW, again).await.unwrap().unwrap();
        let second = act.take_logout(&[], NOW, again).await.unwrap().unwrap();
        assert_eq!((&first.session, &first.person), (&session, &ward.0.id));
        assert_ne!(first.client, second.client);
        assert_eq!(act.take_logout(&[], NOW, again).await.unwrap(), None);

        act.finish_logout(&first, Ok(())).await.unwrap();
        // Nobody said what came of the second.
        assert_eq!(act.take_logout(&[], again, again).await.unwrap(), Some(second.clone()));
        act.finish_logout(&second, Err("no answer")).await.unwrap();
        assert_eq!(
            act.take_logout(&[], again + Duration::from_hours(1), again).await.unwrap(),
            None
        );
        act.commit().await.unwrap();

        let mut outcomes = database.logouts_of(&session).await.unwrap();
        outcomes.sort_by_key(|(client, ..)| *client != first.client);
        let failed = Some("no answer".to_owned());
        assert_eq!(outcomes[0], (first.client, "told".to_owned(), None));
        assert_eq!(outcomes[1], (second.client, "failed".to_owned(), failed));
    })
    .await;
}

/// One that does not answer keeps nobody else waiting.
#[tokio::test]
async fn a_busy_application_is_passed_over() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ward = with_passkey(&database, "ward.one@example.org").await;
        let mut sessions = Vec::new();
        for client in ["ward", "ward", "theatre", "post"] {
            let (session, _) = signed_in(&database, &ward, None, NOW).await;
            let mut act = database.act().await.unwrap();
            act.grant(&session, client, "{}", NOW).await.unwrap();
            act.end_session(&session, "signed out", NOW).await.unwrap();
            act.commit().await.unwrap();
            sessions.push(session);
        }
        let again = NOW + Duration::from_mins(2);
        let mut act = database.act().await.unwrap();
        let busy = ["ward".to_owned(), "post".to_owned()];
        let taken = act.take_logout(&busy, NOW, again).await.unwrap().unwrap();
        assert_eq!((taken.client.as_str(), taken.ended_at), ("theatre", NOW));
        assert_eq!(act.take_logout(&busy, NOW, again).await.unwrap(), None);
        let taken = act.take_logout(&busy[..1], NOW, again).await.unwrap().unwrap();
        assert_eq!(taken.client, "post");
        assert_eq!(act.take_logout(&[], NOW, again).await.unwrap().unwrap().client, "ward");
    })
    .await;
}
