//! Registrations on both engines: every step, every end, and two at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use wardkey_evidence::Event;
use wardkey_register::{
    AuthenticatorState, Database, Moment, NewAuthenticator, PersonId,
    registrations::{
        BrowserToken, EventKind, Hindrance, LinkToken, MadePasskey, NewRegistration, Opening,
        Refused, RegistrationId, RegistrationState as State, Step,
    },
    testing::{Fresh, each},
};

const NOW: Moment = Moment::from_millis(1_795_000_000_000);
const LIFE: i64 = 900_000;
const ENDS: Moment = after(LIFE);
const CREDENTIAL: &[u8] = b"credential";

const fn after(millis: i64) -> Moment {
    Moment::from_millis(NOW.millis() + millis)
}

/// A register with two authorities and a clinician, and one link for the clinician.
struct Desk {
    database: Database,
    clinician: PersonId,
    authority: PersonId,
    other: PersonId,
    id: RegistrationId,
    token: LinkToken,
}

impl Desk {
    async fn new(fresh: &Fresh) -> Self {
        let database = fresh.open().await;
        database.seed_people(NOW).await.unwrap();
        let clinician = person(&database, "ward.one@example.org").await;
        let authority = person(&database, "desk.a@example.org").await;
        let other = person(&database, "desk.b@example.org").await;
        let new = NewRegistration {
            person: clinician.clone(),
            authority: Some(authority.clone()),
            ends: ENDS,
        };
        let mut act = database.act().await.unwrap();
        let (id, token) = act.issue_registration(&new, NOW).await.unwrap();
        act.commit().await.unwrap();
        Self { database, clinician, authority, other, id, token }
    }

    async fn open(&self, browser: Option<&BrowserToken>, now: Moment) -> Opening {
        let mut act = self.database.act().await.unwrap();
        let browser = browser.map(BrowserToken::as_str);
        let opening = act.open_registration(self.token.as_str(), browser, now).await.unwrap();
        act.commit().await.unwrap();
        opening
    }

    async fn check(&self, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.check_registration(&self.id, r#"{"webauthn":true}"#, now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    async fn make(&self, now: Moment) -> Step {
        let event = Event::Registered {
            registration: Some(self.id.to_string()),
            person: self.clinician.to_string(),
            credential: "Y3JlZGVudGlhbA".into(),
            verdict: Some("accept".into()),
            policy: Some("Test".into()),
            key_level: Some("STRONG_BOX".into()),
            certificate: None,
            assurance: 3,
        };
        let authenticator = self.authenticator();
        let made = MadePasskey {
            authenticator: &authenticator,
            witness: "1234 5678 9012",
            event: &event,
            ends: after(now.millis() - NOW.millis() + LIFE),
        };
        let mut act = self.database.act().await.unwrap();
        let step = act.make_registration(&self.id, &made, now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    fn authenticator(&self) -> NewAuthenticator {
        NewAuthenticator {
            credential_id: CREDENTIAL.into(),
            person: self.clinician.clone(),
            credential: "{}".into(),
            transports: vec!["internal".into()],
            sign_count: 0,
            assurance: 3,
            verdict: Some(r#"{"outcome":"accept"}"#.into()),
            issued_by: Some(self.authority.clone()),
        }
    }

    /// Up to the point where the codes are compared.
    async fn made(fresh: &Fresh) -> Self {
        let desk = Self::new(fresh).await;
        desk.open(None, after(1)).await;
        assert_eq!(desk.check(after(2)).await, Step::Done);
        assert_eq!(desk.make(after(3)).await, Step::Done);
        desk
    }

    async fn confirm(&self, by: &PersonId, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.confirm_registration(&self.id, Some(by), now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    async fn differ(&self, by: &PersonId, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.differ_registration(&self.id, Some(by), now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    async fn revoke(&self, by: &PersonId, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.revoke_registration(&self.id, by, now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    async fn state(&self) -> State {
        self.database.registration(&self.id).await.unwrap().unwrap().state
    }

    async fn authenticator_state(&self) -> Option<AuthenticatorState> {
        let found = self.database.authenticator(CREDENTIAL).await.unwrap();
        found.map(|authenticator| authenticator.state)
    }

    /// The events, whose numbers have no gap.
    async fn told(&self) -> Vec<EventKind> {
        let events = self.database.registration_events(&self.id, 0).await.unwrap();
        let numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
        events.iter().map(|event| event.kind).collect()
    }

    /// The kinds of the records of evidence.
    async fn evidence(&self) -> Vec<String> {
        let lines = self.database.evidence_after(0).await.unwrap();
        let kind = |line: &String| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["event"]["kind"].as_str().unwrap().to_owned()
        };
        lines.iter().map(kind).collect()
    }
}

async fn person(database: &Database, name: &str) -> PersonId {
    database.person_by_name(name).await.unwrap().unwrap().id
}

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
        assert_eq!(found.ended_by, Some(desk.authority));
        let later = desk.database.registration_events(&desk.id, 3).await.unwrap();
        assert_eq!(later.len(), 2);
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
        let hindrance = Hindrance { stage: "passkey".into(), why: "cancelled".into() };
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
        let mut act = desk.database.act().await.unwrap();
        assert_eq!(act.expire_registrations(after(2 + LIFE)).await.unwrap(), 0);
        assert_eq!(act.expire_registrations(late).await.unwrap(), 1);
        assert_eq!(act.expire_registrations(late).await.unwrap(), 0);
        act.commit().await.unwrap();
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
