//! How long a log of 100,000 records takes to check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wardkey_evidence::{Event, Hash, Moment, Record, verify};

const RECORDS: u64 = 100_000;

fn log() -> Vec<u8> {
    let mut log = Vec::new();
    let mut previous = Hash::START;
    for sequence in 1..=RECORDS {
        let event = Event::Registered {
            registration: Some("cmVnaXN0cmF0aW9uIHJlZ2lzdHJhdGlvbiByZWdpc3Q".into()),
            person: "cGVyc29uIHBlcnNvbiBwZXJzb24gcGVyc29uIHBlcnM".into(),
            credential: format!("Y3JlZGVudGlhbCBjcmVkZW50aWFs{sequence:06}"),
            verdict: Some("accept".into()),
            policy: Some("AAL3".into()),
            key_level: Some("STRONG_BOX".into()),
            certificate: Some("5a".repeat(32)),
            assurance: 3,
            binding: None,
        };
        let at = Moment::from_millis(1_795_000_000_000 + i64::try_from(sequence).unwrap());
        let record = Record::new(sequence, at, event, previous);
        previous = record.hash();
        log.extend_from_slice(record.line().as_bytes());
        log.push(b'\n');
    }
    log
}

fn verification(criterion: &mut Criterion) {
    let log = log();
    let mut group = criterion.benchmark_group("evidence");
    group.throughput(Throughput::Elements(RECORDS)).sample_size(10);
    group.bench_function("verify 100,000 records", |bencher| {
        bencher
            .iter(|| assert_eq!(verify(black_box(log.as_slice()), None).unwrap().records, RECORDS));
    });
}

criterion_group!(benches, verification);
criterion_main!(benches);
