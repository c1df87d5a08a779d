//! Registrations a second, as the desk sees them through: a link is issued and opened, the browser checked, the
//! passkey made and its code confirmed, each in an act of its own with its event and its evidence. One after
//! the other and sixteen at once, on SQLite and PostgreSQL, beside the least that is written for good: one line.
//!
//! `scripts/with-postgres --durable cargo bench` has PostgreSQL write to the disk as it does in earnest; SQLite
//! always does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::{runtime::Runtime, task::JoinSet};
use wardkey_evidence::{Binding, Event};
use wardkey_register::{
    AuditLine, Database, NewAuthenticator, NewPerson, PersonId,
    registrations::{MadePasskey, NewRegistration, RegistrationId, Step},
    testing::{Fresh, LIFE, NOW},
};

const AT_ONCE: u64 = 16;
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The people whose passkeys they are, and the authority. An authority has one unopened link for each of them.
#[derive(Clone)]
struct Desk {
    database: Database,
    people: Vec<PersonId>,
    authority: PersonId,
}

impl Desk {
    async fn open(fresh: &Fresh) -> Self {
        let database = fresh.open().await;
        database.seed_people(NOW).await.unwrap();
        let authority = database.person_by_name("desk.a@example.org").await.unwrap().unwrap().id;
        let mut people = Vec::new();
        let mut act = database.act().await.unwrap();
        for number in 0..AT_ONCE {
            let person = NewPerson {
                name: format!("clinician.{number}@example.org"),
                display_name: "Test clinician".into(),
                names: wardkey_register::Names::default(),
                managed: true,
                issues_authenticators: false,
                roles: Vec::new(),
            };
            people.push(act.add_person(&person, NOW).await.unwrap());
        }
        act.commit().await.unwrap();
        Self { database, people, authority }
    }

    /// The five steps, each as the request that takes it does.
    async fn register(&self, person: &PersonId) {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut act = self.database.act().await.unwrap();
        let new = NewRegistration {
            person: person.clone(),
            authority: Some(self.authority.clone()),
            ends: NOW + LIFE,
        };
        let (id, token) = act.issue_registration(&new, NOW).await.unwrap();
        act.commit().await.unwrap();

        let mut act = self.database.act().await.unwrap();
        act.open_registration(token.as_str(), None, NOW).await.unwrap();
        act.commit().await.unwrap();

        let mut act = self.database.act().await.unwrap();
        let able = r#"{"platform":true,"hybrid":null,"browser":"a browser"}"#;
        act.check_registration(&id, able, NOW).await.unwrap();
        act.commit().await.unwrap();

        let authenticator = self.authenticator(person, number);
        let event = registered(&id, &authenticator);
        let made = MadePasskey {
            authenticator: &authenticator,
            witness: "1234 5678 9012",
            event: &event,
            ends: NOW + LIFE,
        };
        let mut act = self.database.act().await.unwrap();
        let step = act.make_registration(&id, &made, NOW).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(step, Step::Done);

        let mut act = self.database.act().await.unwrap();
        let step = act.confirm_registration(&id, Some(&self.authority), NOW).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(step, Step::Done);
    }

    fn authenticator(&self, person: &PersonId, number: u64) -> NewAuthenticator {
        NewAuthenticator {
            credential_id: number.to_be_bytes().repeat(4),
            person: person.clone(),
            // As long as a verifier's record with a chain of four certificates, and a verdict.
            credential: "x".repeat(6000),
            transports: vec!["hybrid".into()],
            sign_count: 0,
            assurance: 3,
            verdict: Some("x".repeat(4000)),
            issued_by: Some(self.authority.clone()),
        }
    }
}

fn registered(id: &RegistrationId, authenticator: &NewAuthenticator) -> Event {
    let digest = || "5a".repeat(32);
    Event::Registered {
        registration: Some(id.to_string()),
        person: authenticator.person.to_string(),
        credential: "Y3JlZGVudGlhbCBjcmVkZW50aWFsIGNyZWRlbnRpYWw".into(),
        verdict: Some("accept".into()),
        policy: Some("AAL3".into()),
        key_level: Some("STRONG_BOX".into()),
        certificate: Some(digest()),
        assurance: 3,
        binding: Some(Binding {
            form: Binding::FORM,
            verdict: Some(digest()),
            policy: Some(digest()),
            key: digest(),
        }),
    }
}

async fn register_at_once(desk: &Desk) {
    let mut tasks = JoinSet::new();
    for person in desk.people.clone() {
        let desk = desk.clone();
        tasks.spawn(async move { desk.register(&person).await });
    }
    tasks.join_all().await;
}

fn registrations(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engines =
        [("SQLite", Fresh::sqlite()), ("PostgreSQL", runtime.block_on(Fresh::postgres()))];
    for (engine, fresh) in &engines {
        let desk = runtime.block_on(Desk::open(fresh));
        let mut group = criterion.benchmark_group(format!("registrations, {engine}"));
        group.sample_size(20).throughput(Throughput::Elements(1));
        let (act, detail) = ("link-unknown".into(), "from 203.0.113.7".into());
        let line = AuditLine { at: NOW, person: None, act, subject: None, detail };
        group.bench_function("one line", |bencher| {
            bencher.iter(|| runtime.block_on(desk.database.audit(&line)).unwrap());
        });
        group.bench_function("one after the other", |bencher| {
            bencher.iter(|| runtime.block_on(desk.register(&desk.people[0])));
        });
        group.throughput(Throughput::Elements(AT_ONCE));
        group.bench_function("sixteen at once", |bencher| {
            bencher.iter(|| runtime.block_on(register_at_once(&desk)));
        });
    }
}

criterion_group!(benches, registrations);
criterion_main!(benches);
