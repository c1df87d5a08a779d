//! A desk with people, and one link.

use wardkey_evidence::Event;
use wardkey_register::{
    AuthenticatorState, Database, Moment, NewAuthenticator, PersonId,
    registrations::{
        BrowserToken, EventKind, History, LinkToken, MadePasskey, Opening, RegistrationId,
        RegistrationState as State, Step,
    },
    testing::{self, Fresh},
};

pub(crate) use wardkey_register::testing::NOW;

pub(crate) const LIFE: i64 = 900_000;
pub(crate) const ENDS: Moment = after(LIFE);
pub(crate) const CREDENTIAL: &[u8] = b"credential";

pub(crate) const fn after(millis: i64) -> Moment {
    Moment::from_millis(NOW.millis() + millis)
}

/// A register with two authorities and a clinician, and one link for the clinician.
pub(crate) struct Desk {
    pub(crate) database: Database,
    pub(crate) clinician: PersonId,
    pub(crate) authority: PersonId,
    pub(crate) other: PersonId,
    pub(crate) id: RegistrationId,
    pub(crate) token: LinkToken,
}

impl Desk {
    pub(crate) async fn new(fresh: &Fresh) -> Self {
        let database = fresh.open().await;
        let (id, token) = testing::link(&database).await;
        let clinician = person(&database, "ward.one@example.org").await;
        let authority = person(&database, "desk.a@example.org").await;
        let other = person(&database, "desk.b@example.org").await;
        Self { database, clinician, authority, other, id, token }
    }

    pub(crate) async fn open(&self, browser: Option<&BrowserToken>, now: Moment) -> Opening {
        let mut act = self.database.act().await.unwrap();
        let browser = browser.map(BrowserToken::as_str);
        let opening = act.open_registration(self.token.as_str(), browser, now).await.unwrap();
        act.commit().await.unwrap();
        opening
    }

    pub(crate) async fn check(&self, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.check_registration(&self.id, r#"{"webauthn":true}"#, now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    pub(crate) async fn make(&self, now: Moment) -> Step {
        let event = Event::Registered {
            registration: Some(self.id.to_string()),
            person: self.clinician.to_string(),
            credential: "Y3JlZGVudGlhbA".into(),
            verdict: Some("accept".into()),
            policy: Some("Test".into()),
            key_level: Some("STRONG_BOX".into()),
            certificate: None,
            assurance: 3,
            binding: None,
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

    pub(crate) fn authenticator(&self) -> NewAuthenticator {
        NewAuthenticator {
            credential_id: CREDENTIAL.into(),
            person: self.clinician.clone(),
            credential: "{}".into(),
            transports: vec!["internal".into()],
            sign_count: 0,
            assurance: 3,
            verdict: Some(r#"{"verdict":"accept","test":false}"#.into()),
            issued_by: Some(self.authority.clone()),
        }
    }

    /// Up to the point where the codes are compared.
    pub(crate) async fn made(fresh: &Fresh) -> Self {
        let desk = Self::new(fresh).await;
        desk.open(None, after(1)).await;
        assert_eq!(desk.check(after(2)).await, Step::Done);
        assert_eq!(desk.make(after(3)).await, Step::Done);
        desk
    }

    pub(crate) async fn confirm(&self, by: &PersonId, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.confirm_registration(&self.id, Some(by), now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    pub(crate) async fn differ(&self, by: &PersonId, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.differ_registration(&self.id, Some(by), now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    pub(crate) async fn revoke(&self, by: &PersonId, now: Moment) -> Step {
        let mut act = self.database.act().await.unwrap();
        let step = act.revoke_registration(&self.id, by, now).await.unwrap();
        act.commit().await.unwrap();
        step
    }

    pub(crate) async fn state(&self) -> State {
        self.database.registration(&self.id).await.unwrap().unwrap().state
    }

    pub(crate) async fn authenticator_state(&self) -> Option<AuthenticatorState> {
        let found = self.database.authenticator(CREDENTIAL).await.unwrap();
        found.map(|authenticator| authenticator.state)
    }

    pub(crate) async fn history(&self) -> History {
        self.database.registration_history(&self.id).await.unwrap().unwrap()
    }

    /// The events, whose numbers have no gap.
    pub(crate) async fn told(&self) -> Vec<EventKind> {
        let events = self.history().await.events;
        let numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
        events.iter().map(|event| event.kind).collect()
    }

    /// The kinds of the records of evidence.
    pub(crate) async fn evidence(&self) -> Vec<String> {
        let lines = self.database.evidence_after(0).await.unwrap();
        let kind = |line: &String| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["event"]["kind"].as_str().unwrap().to_owned()
        };
        lines.iter().map(kind).collect()
    }
}

pub(crate) async fn person(database: &Database, name: &str) -> PersonId {
    database.person_by_name(name).await.unwrap().unwrap().id
}
