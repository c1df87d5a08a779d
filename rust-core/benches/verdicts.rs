//! Verdicts a second on the chains of real phones, up to Google's roots.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{fs, hint::black_box, path::Path};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wardkey_core::attestation::verdict::{
    Check, Evidence, Grade, Policy, RevocationList, Roots, judge,
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/attestation");
/// Keys of elliptic curves and RSA, remotely provisioned and not, each with a day on which it was in force.
const CHAINS: [(&str, u64); 3] = [
    ("akita/sdk34/TEE_EC_NONE", 1_735_689_600),
    ("akita/sdk34/SB_RSA_NONE", 1_735_689_600),
    ("caiman/sdk36/TEE_EC_RKP", 1_759_276_800),
];

fn verdicts(criterion: &mut Criterion) {
    let (roots, policy) = (Roots::google(), Policy::aal3());
    let revocation = RevocationList::parse(r#"{"entries": {}}"#).unwrap();
    let mut group = criterion.benchmark_group("verdicts");
    group.throughput(Throughput::Elements(1));
    for (name, now) in CHAINS {
        let pem = fs::read(Path::new(FIXTURES).join(format!("{name}.pem"))).unwrap();
        let chain = pem::parse_many(pem).unwrap().into_iter().map(pem::Pem::into_contents);
        let certificates: Vec<_> = chain.collect();
        let evidence = Evidence {
            certificates: &certificates,
            challenge: Some(&[0x5a; 32]),
            fault: None,
            revocation: Some(&revocation),
            roots: &roots,
            now,
        };
        let lines = judge(&evidence, &policy).lines;
        let chain = lines.iter().find(|line| line.check == Check::Chain).unwrap();
        assert_eq!(chain.grade, Grade::Pass, "{name}: the signatures are looked at");
        group.bench_function(name, |bencher| {
            bencher.iter(|| judge(black_box(&evidence), &policy));
        });
    }
}

criterion_group!(benches, verdicts);
criterion_main!(benches);
