//! A registration is read while it goes on.

use wardkey_register::{
    Database,
    registrations::{
        EventKind, Hindrance, History, NewRegistration, RegistrationId, RegistrationState as State,
    },
    testing::{Fresh, each},
};

use crate::desk::*;

/// How many registrations go from their first event to their last under the eyes of readers.
const REGISTRATIONS: usize = 40;

/// The state that an event leads to.
const fn led_to(kind: EventKind) -> Option<State> {
    match kind {
        EventKind::Issued => Some(State::Issued),
        EventKind::Opened => Some(State::Opened),
        EventKind::Checked => Some(State::Checked),
        EventKind::Made => Some(State::Made),
        EventKind::Confirmed => Some(State::Active),
        EventKind::Differed => Some(State::Differed),
        EventKind::Revoked => Some(State::Revoked),
        EventKind::Refused => Some(State::Refused),
        EventKind::Failed => Some(State::Failed),
        EventKind::Expired => Some(State::Expired),
        EventKind::Reopened | EventKind::Problem => None,
    }
}

/// The state and the events are those of one moment.
fn agrees(history: &History) -> bool {
    let last = history.events.iter().rev().find_map(|event| led_to(event.kind));
    last == Some(history.registration.state)
}

/// Reads a registration until it is over.
async fn watch(database: Database, id: RegistrationId) {
    loop {
        let history = database.registration_history(&id).await.unwrap().unwrap();
        assert!(agrees(&history), "{history:?}");
        if history.registration.state.is_over() {
            return;
        }
    }
}

async fn goes_to_its_end(desk: &Desk, id: &RegistrationId, token: &str) {
    let act = || async { desk.database.act().await.unwrap() };
    let mut opening = act().await;
    opening.open_registration(token, None, after(1)).await.unwrap();
    opening.commit().await.unwrap();
    let mut check = act().await;
    check.check_registration(id, "{}", after(2)).await.unwrap();
    check.commit().await.unwrap();
    let why = Hindrance { stage: "answer".into(), why: "none".into(), tell: String::new() };
    let mut end = act().await;
    end.hinder_registration(id, &why, after(3)).await.unwrap();
    end.fail_registration(id, &why, after(3)).await.unwrap();
    end.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_reads_meanwhile_sees_one_moment() {
    each(|fresh: Fresh| async move {
        let desk = Desk::new(&fresh).await;
        for _ in 0..REGISTRATIONS {
            let new = NewRegistration {
                person: desk.clinician.clone(),
                authority: Some(desk.authority.clone()),
                ends: ENDS,
            };
            let mut act = desk.database.act().await.unwrap();
            let (id, token) = act.issue_registration(&new, NOW).await.unwrap();
            act.commit().await.unwrap();
            let readers: Vec<_> =
                (0..2).map(|_| tokio::spawn(watch(desk.database.clone(), id.clone()))).collect();
            goes_to_its_end(&desk, &id, token.as_str()).await;
            for reader in readers {
                reader.await.unwrap();
            }
        }
    })
    .await;
}
