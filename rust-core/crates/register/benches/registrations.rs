//! Registrations a second: a person, an authenticator and the evidence of both in one act, one after the
//! other and sixteen at once, on SQLite and PostgreSQL, beside the least that is written for good: one
//! line. `scripts/with-postgres --durable cargo bench` has
//! PostgreSQL write to the disk as it does in earnest; SQLite always does.
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
use wardkey_evidence::Event;
use wardkey_register::{
    AuditLine, Database, NewAuthenticator, NewPerson,
    testing::{Fresh, NOW},
};

const AT_ONCE: u64 = 16;
static NEXT: AtomicU64 = AtomicU64::new(0);

async fn register(database: &Database) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let person = NewPerson {
        name: format!("clinician.{number}@example.org"),
        display_name: "Test clinician".into(),
        names: wardkey_register::Names::default(),
        managed: true,
        issues_authenticators: false,
        roles: Vec::new(),
    };
    let mut act = database.act().await.unwrap();
    let person = act.add_person(&person, NOW).await.unwrap();
    let authenticator = NewAuthenticator {
        credential_id: number.to_be_bytes().repeat(4),
        person: person.clone(),
        // As long as a verifier's record with a chain of four certificates, and a verdict.
        credential: "x".repeat(6000),
        transports: vec!["hybrid".into()],
        sign_count: 0,
        assurance: 3,
        verdict: Some("x".repeat(4000)),
        issued_by: None,
    };
    act.add_authenticator(&authenticator, true, NOW).await.unwrap();
    let event = Event::Registered {
        registration: None,
        person: person.to_string(),
        credential: number.to_string(),
        verdict: Some("accept".into()),
        policy: Some("AAL3".into()),
        key_level: Some("STRONG_BOX".into()),
        certificate: Some("5a".repeat(32)),
        assurance: 3,
    };
    act.record(&event, NOW).await.unwrap();
    act.commit().await.unwrap();
}

async fn register_at_once(database: &Database) {
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let database = database.clone();
        tasks.spawn(async move { register(&database).await });
    }
    tasks.join_all().await;
}

fn registrations(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engines =
        [("SQLite", Fresh::sqlite()), ("PostgreSQL", runtime.block_on(Fresh::postgres()))];
    for (engine, fresh) in &engines {
        let database = runtime.block_on(fresh.open());
        let mut group = criterion.benchmark_group(format!("registrations, {engine}"));
        group.sample_size(20).throughput(Throughput::Elements(1));
        let (act, detail) = ("link-unknown".into(), "from 203.0.113.7".into());
        let line = AuditLine { at: NOW, person: None, act, subject: None, detail };
        group.bench_function("one line", |bencher| {
            bencher.iter(|| runtime.block_on(database.audit(&line)).unwrap());
        });
        group.bench_function("one after the other", |bencher| {
            bencher.iter(|| runtime.block_on(register(&database)));
        });
        group.throughput(Throughput::Elements(AT_ONCE));
        group.bench_function("sixteen at once", |bencher| {
            bencher.iter(|| runtime.block_on(register_at_once(&database)));
        });
    }
}

criterion_group!(benches, registrations);
criterion_main!(benches);
