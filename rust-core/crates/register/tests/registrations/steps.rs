//! Each step in its order, and what becomes of it when it is not taken.

use wardkey_evidence::Event;
use wardkey_register::{
    AuthenticatorState, NewAuthenticator,
    registrations::{
        Hindrance, MadePasskey, NewRegistration, Refused, RegistrationState as State, Step,
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
        let hindrance = Hindrance { stage: "passkey".into(), why: "another origin".into() };
        let mut act = desk.database.act().await.unwrap();
        let step = act.fail_registration(&desk.id, &hindrance, after(3)).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(step, Step::Done);
        assert_eq!(desk.state().await, State::Failed);
        let events = desk.database.registration_events(&desk.id, 3).await.unwrap();
        assert_eq!(serde_json::from_str::<Hindrance>(&events[0].detail).unwrap(), hindrance);
        assert_eq!(desk.evidence().await.last().unwrap(), "registration-failed");
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
