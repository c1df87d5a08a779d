//! Each step in its order, and what becomes of it when it is not taken.

use wardkey_evidence::{Event, verify};
use wardkey_register::{
    AuthenticatorState, NewAuthenticator,
    registrations::{
        Hindrance, LinkToken, MadePasskey, NewRegistration, Opening, Refused, RegistrationId,
        RegistrationState as State, Step,
    },
    testing::each,
};

use crate::desk::*;

#[tokio::test]
async fn steps_are_taken_in_order() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        assert_eq!(desk.check(after(1)).await, Step::Instead(State::Issued));
        assert_eq!(desk.make(after(1)).await, Step::Instead(State::Issued));
        assert_eq!(desk.confirm(&desk.authority, after(1)).await, Step::Instead(State::Issued));
        desk.open(None, after(1)).await;
        assert_eq!(desk.make(after(2)).await, Step::Instead(State::Opened));
        assert_eq!(desk.differ(&desk.authority, after(2)).await, Step::Instead(State::Opened));
        assert_eq!(desk.authenticator_state().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_refused_passkey_is_not_kept() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        desk.check(after(2)).await;
        let event = Event::RegistrationRefused {
            registration: Some(desk.id.to_string()),
            person: desk.clinician.to_string(),
            credential: "Y3JlZGVudGlhbA".into(),
            policy: "AAL3".into(),
            failed: vec!["key-level".into()],
            certificate: None,
        };
        let verdict = r#"{"outcome":"refuse"}"#;
        let refused = Refused { credential_id: CREDENTIAL, verdict, event: &event };
        let mut act = desk.database.act().await.unwrap();
        let step = act.refuse_registration(&desk.id, &refused, after(3)).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(step, Step::Done);
        assert_eq!(desk.state().await, State::Refused);
        assert_eq!(desk.authenticator_state().await, None);
        let found = desk.database.registration(&desk.id).await.unwrap().unwrap();
        assert_eq!(found.passkey.unwrap().verdict, verdict);
        assert_eq!(desk.evidence().await.last().unwrap(), "registration-refused");
        assert_eq!(desk.make(after(4)).await, Step::Instead(State::Refused));
    })
    .await;
}

#[tokio::test]
async fn what_is_no_passkey_ends_it() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        desk.check(after(2)).await;
        let hindrance = Hindrance {
            stage: "passkey".into(),
            why: "another origin".into(),
            tell: String::new(),
        };
        let mut act = desk.database.act().await.unwrap();
        let step = act.fail_registration(&desk.id, &hindrance, after(3)).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(step, Step::Done);
        assert_eq!(desk.state().await, State::Failed);
        let history = desk.history().await;
        assert_eq!(
            serde_json::from_str::<Hindrance>(&history.after(3)[0].detail).unwrap(),
            hindrance
        );
        assert_eq!(desk.evidence().await.last().unwrap(), "registration-failed");
    })
    .await;
}

#[tokio::test]
async fn a_reason_without_end_is_cut() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        let long = Hindrance {
            stage: "é".repeat(100_000),
            why: "é".repeat(100_000),
            tell: "é".repeat(100_000),
        };
        let mut act = desk.database.act().await.unwrap();
        act.hinder_registration(&desk.id, &long, after(2)).await.unwrap();
        act.fail_registration(&desk.id, &long, after(3)).await.unwrap();
        act.commit().await.unwrap();
        for event in desk.history().await.after(2) {
            let kept: Hindrance = serde_json::from_str(&event.detail).unwrap();
            assert_eq!((kept.stage, kept.why), ("é".repeat(500), "é".repeat(500)));
        }
        let lines = desk.database.evidence_after(0).await.unwrap();
        let written = lines.join("\n") + "\n";
        assert_eq!(verify(written.as_bytes(), None).unwrap().records, lines.len() as u64);
    })
    .await;
}

#[tokio::test]
async fn a_credential_that_was_there_before_changes_nothing() {
    each(|fresh| async move {
        let first = Desk::made(&fresh).await;
        let second = Desk::new(&fresh).await;
        second.open(None, after(1)).await;
        second.check(after(2)).await;
        let event = Event::LinkOpened { registration: "unused".into() };
        let authenticator = second.authenticator();
        let made = MadePasskey {
            authenticator: &authenticator,
            witness: "0000 0000 0000",
            event: &event,
            ends: ENDS,
        };
        let mut act = second.database.act().await.unwrap();
        let error = act.make_registration(&second.id, &made, after(3)).await.unwrap_err();
        drop(act);
        assert!(error.is_duplicate(), "{error}");
        assert_eq!(second.state().await, State::Checked);
        assert_eq!(first.authenticator_state().await, Some(AuthenticatorState::Pending));
    })
    .await;
}

#[tokio::test]
async fn a_process_killed_in_between_leaves_the_step_before() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        desk.check(after(2)).await;
        let before = (desk.told().await, desk.evidence().await);
        let event = Event::LinkOpened { registration: "unused".into() };
        let authenticator = desk.authenticator();
        let made = MadePasskey {
            authenticator: &authenticator,
            witness: "0000 0000 0000",
            event: &event,
            ends: ENDS,
        };
        let mut act = desk.database.act().await.unwrap();
        act.make_registration(&desk.id, &made, after(3)).await.unwrap();
        drop(act);
        assert_eq!(desk.state().await, State::Checked);
        assert_eq!(desk.authenticator_state().await, None);
        assert_eq!((desk.told().await, desk.evidence().await), before);
        assert_eq!(desk.make(after(4)).await, Step::Done);
    })
    .await;
}

#[tokio::test]
async fn a_link_of_the_service_itself_is_confirmed_by_nobody_signed_in() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let new = NewRegistration { person: desk.authority.clone(), authority: None, ends: ENDS };
        let mut act = desk.database.act().await.unwrap();
        let (id, token) = act.issue_registration(&new, NOW).await.unwrap();
        act.open_registration(token.as_str(), None, NOW).await.unwrap();
        act.check_registration(&id, "{}", NOW).await.unwrap();
        let event = Event::LinkOpened { registration: "unused".into() };
        let authenticator = NewAuthenticator {
            person: desk.authority.clone(),
            issued_by: None,
            ..desk.authenticator()
        };
        let made = MadePasskey {
            authenticator: &authenticator,
            witness: "0000 0000 0000",
            event: &event,
            ends: ENDS,
        };
        act.make_registration(&id, &made, NOW).await.unwrap();
        let by_other = act.confirm_registration(&id, Some(&desk.other), NOW).await.unwrap();
        assert_eq!(by_other, Step::OfAnother);
        assert_eq!(act.confirm_registration(&id, None, NOW).await.unwrap(), Step::Done);
        act.commit().await.unwrap();
        assert_eq!(desk.authenticator_state().await, Some(AuthenticatorState::Active));
    })
    .await;
}

/// Begun by the service itself for the authority; gives its id and its link.
async fn set_up(desk: &Desk) -> (RegistrationId, LinkToken) {
    let new = NewRegistration { person: desk.authority.clone(), authority: None, ends: ENDS };
    let mut act = desk.database.act().await.unwrap();
    let issued = act.issue_registration(&new, NOW).await.unwrap();
    act.commit().await.unwrap();
    issued
}

#[tokio::test]
async fn of_the_services_own_links_for_somebody_the_newest_is_good() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let (opened, token) = set_up(&desk).await;
        let mut act = desk.database.act().await.unwrap();
        act.open_registration(token.as_str(), None, NOW).await.unwrap();
        act.commit().await.unwrap();
        let (first, token) = set_up(&desk).await;
        let (second, newest) = set_up(&desk).await;
        let mut act = desk.database.act().await.unwrap();
        for (id, state) in [(&opened, State::Opened), (&first, State::Revoked)] {
            assert_eq!(act.registration(id).await.unwrap().unwrap().state, state);
        }
        let old = act.open_registration(token.as_str(), None, NOW).await.unwrap();
        assert!(matches!(old, Opening::Over(_)), "{old:?}");
        let new = act.open_registration(newest.as_str(), None, NOW).await.unwrap();
        assert!(matches!(new, Opening::Opened(found, _) if found.id == second));
        // A link of an authority is none of the service's.
        assert_eq!(act.registration(&desk.id).await.unwrap().unwrap().state, State::Issued);
    })
    .await;
}

/// A passkey for the authority that can sign in.
async fn add_passkey(desk: &Desk) {
    let made = NewAuthenticator {
        credential_id: b"another".to_vec(),
        person: desk.authority.clone(),
        ..desk.authenticator()
    };
    let mut act = desk.database.act().await.unwrap();
    act.add_authenticator(&made, true, NOW).await.unwrap();
    act.commit().await.unwrap();
}

#[tokio::test]
async fn who_can_sign_in_needs_no_link_of_the_service() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let (id, token) = set_up(&desk).await;
        add_passkey(&desk).await;
        let mut act = desk.database.act().await.unwrap();
        let opening = act.open_registration(token.as_str(), None, NOW).await.unwrap();
        assert!(matches!(opening, Opening::Over(_)), "{opening:?}");
        act.commit().await.unwrap();
        let state = desk.database.registration(&id).await.unwrap().unwrap().state;
        assert_eq!(state, State::Revoked);
        assert_eq!(desk.evidence().await.last().unwrap(), "link-revoked");
    })
    .await;
}

#[tokio::test]
async fn who_can_sign_in_confirms_nothing_alone() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let (id, token) = set_up(&desk).await;
        let mut act = desk.database.act().await.unwrap();
        act.open_registration(token.as_str(), None, NOW).await.unwrap();
        act.check_registration(&id, "{}", NOW).await.unwrap();
        let event = Event::LinkOpened { registration: "unused".into() };
        let authenticator =
            NewAuthenticator { person: desk.authority.clone(), ..desk.authenticator() };
        let (witness, ends) = ("0000 0000 0000", ENDS);
        let made = MadePasskey { authenticator: &authenticator, witness, event: &event, ends };
        act.make_registration(&id, &made, NOW).await.unwrap();
        act.commit().await.unwrap();
        add_passkey(&desk).await;
        let mut act = desk.database.act().await.unwrap();
        let step = act.confirm_registration(&id, None, NOW).await.unwrap();
        assert_eq!(step, Step::Instead(State::Revoked));
        act.commit().await.unwrap();
        assert_eq!(desk.authenticator_state().await, Some(AuthenticatorState::Destroyed));
    })
    .await;
}
