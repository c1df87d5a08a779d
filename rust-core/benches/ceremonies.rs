//! How much a ceremony takes beyond the cryptography it cannot do without: each is measured beside the
//! bare operations of ring it contains, with keys and credentials in memory and a user who agrees at once.
//!
//! The last lines compare the two of a pair in turns, so that whatever else the machine does meanwhile
//! falls on both alike, and end the program with an error where a ceremony takes much more than it may:
//! `cargo bench -p wardkey-core --features software --bench ceremonies -- --test` looks at nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../tests/agreeable/mod.rs"]
mod agreeable;

use agreeable::{Memory, Willing, run};
use criterion::{Criterion, criterion_group, criterion_main};
use der::{Decode as _, Encode as _};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use wardkey_core::{
    attestation::android_key,
    authenticator::{AttestationFormat, Authenticator, Moment, Settings},
    ctap::{
        Command, get_assertion, make_credential,
        request::{RelyingParty, User},
        status::Status,
    },
    keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation},
};
use x509_cert::Certificate;

const NOW: u64 = 1_767_225_600;
/// The longest of the messages that are signed below.
const MESSAGE: [u8; 1024] = [0x5a; 1024];
/// In a sign-in: authenticator data without a credential, and the client data hash.
const SIGN_IN: usize = 37 + 32;
/// In a registration: authenticator data with a credential of 32 bytes and its key, and the client data hash.
const REGISTRATION: usize = 37 + 16 + 2 + 32 + 77 + 32;

/// An authenticator, and a count that gives every registration an entropy of its own.
struct Phone {
    authenticator: Authenticator<SoftwareKeys<MemoryRecords>, Memory, Willing>,
    ceremonies: u64,
}

impl Phone {
    fn new(attestation: AttestationFormat) -> Self {
        let chain = TestAttestation::generate(NOW).unwrap();
        let keys = SoftwareKeys::open(MemoryRecords::default(), chain, || NOW).unwrap();
        let settings = Settings::test(attestation);
        let authenticator =
            run(Authenticator::open(keys, Memory::default(), Willing, settings)).unwrap();
        Self { authenticator, ceremonies: 0 }
    }

    /// With passkeys of `count` accounts at one site.
    fn with_passkeys(count: u8) -> Self {
        let mut phone = Self::new(AttestationFormat::PackedSelf);
        for account in 0..count {
            phone.handle(&registration(account));
        }
        phone
    }

    /// Makes room for a first registration.
    fn forget(&mut self) {
        let ids = self.authenticator.credentials().iter().map(|credential| credential.id.clone());
        for id in ids.collect::<Vec<_>>() {
            run(self.authenticator.remove(&id)).unwrap();
        }
    }

    /// How much is signed for the certificate of a new key, if it gets one.
    fn certificate_length(&mut self) -> Option<usize> {
        let answer = self.handle(&registration(0));
        self.forget();
        let response = make_credential::Response::decode(&answer[1..]).unwrap();
        let statement = android_key::Statement::decode(response.statement).ok()?;
        let certificate = Certificate::from_der(&statement.certificate_chain[0]).unwrap();
        Some(certificate.tbs_certificate().to_der().unwrap().len())
    }

    fn handle(&mut self, message: &[u8]) -> Vec<u8> {
        self.ceremonies += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.ceremonies.to_be_bytes());
        let response = run(self.authenticator.handle(Moment { now: NOW, entropy }, message));
        assert_eq!(response[0], Status::Ok.code());
        response
    }
}

/// As a browser asks for it.
fn registration(account: u8) -> Vec<u8> {
    let rp = RelyingParty { id: "example.org".into(), name: Some("Example".into()) };
    let user = User {
        id: vec![account; 32],
        name: Some("clinician@example.org".into()),
        display_name: Some("Test clinician".into()),
    };
    let mut request = make_credential::Request::new([0x5a; 32], rp, user);
    request.options.discoverable = Some(true);
    message(Command::MakeCredential, &request.encode())
}

fn sign_in() -> Vec<u8> {
    let request = get_assertion::Request::new("example.org", [0x5a; 32]);
    message(Command::GetAssertion, &request.encode())
}

fn message(command: Command, parameters: &[u8]) -> Vec<u8> {
    [&[command.byte()], parameters].concat()
}

fn new_key_pair(random: &SystemRandom) -> EcdsaKeyPair {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), random).unwrap()
}

/// A ceremony and the operations of ring it contains.
struct Pair {
    name: &'static str,
    /// How many times as long as the bare operations it may take at most.
    aim: Option<f64>,
    phone: Phone,
    request: Vec<u8>,
    bare: Box<dyn Fn()>,
}

impl Pair {
    fn registration(name: &'static str, attestation: AttestationFormat) -> Self {
        let random = SystemRandom::new();
        let mut phone = Phone::new(attestation);
        let signed = [Some(REGISTRATION), phone.certificate_length()];
        let bare = move || {
            let key = new_key_pair(&random);
            for length in signed.into_iter().flatten() {
                black_box(key.sign(&random, black_box(&MESSAGE[..length])).unwrap());
            }
        };
        Self { name, aim: Some(1.3), phone, request: registration(0), bare: Box::new(bare) }
    }

    fn sign_in(name: &'static str, passkeys: u8, aim: Option<f64>) -> Self {
        let random = SystemRandom::new();
        let key = new_key_pair(&random);
        let bare = move || {
            black_box(key.sign(&random, black_box(&MESSAGE[..SIGN_IN])).unwrap());
        };
        let phone = Phone::with_passkeys(passkeys);
        Self { name, aim, phone, request: sign_in(), bare: Box::new(bare) }
    }

    fn time_ceremony(&mut self) -> Duration {
        if self.request[0] == Command::MakeCredential.byte() {
            self.phone.forget();
        }
        time(|| {
            black_box(self.phone.handle(black_box(&self.request)));
        })
    }

    fn time_bare(&self) -> Duration {
        time(&self.bare)
    }
}

fn pairs() -> Vec<Pair> {
    vec![
        Pair::registration("makeCredential, packed", AttestationFormat::PackedSelf),
        // The certificate is signed too.
        Pair::registration("makeCredential, android-key", AttestationFormat::AndroidKey),
        Pair::sign_in("getAssertion", 1, Some(1.2)),
        // What it takes to write down that many of them is not what is aimed at.
        Pair::sign_in("getAssertion, 25 passkeys", 25, None),
    ]
}

fn ceremonies(criterion: &mut Criterion) {
    for mut pair in pairs() {
        let mut group = criterion.benchmark_group(pair.name);
        group.bench_function("authenticator", |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| pair.time_ceremony()).sum());
        });
        group.bench_function("bare ring", |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| pair.time_bare()).sum());
        });
        group.finish();
    }
}

/// A ceremony and its bare operations, measured in turns.
struct Round {
    ceremony: Vec<Duration>,
    bare: Vec<Duration>,
}

impl Round {
    fn of(pair: &mut Pair) -> Self {
        const TURNS: usize = 2000;
        let turns = (0..TURNS).map(|_| (pair.time_ceremony(), pair.time_bare()));
        let (mut ceremony, mut bare): (Vec<_>, Vec<_>) = turns.unzip();
        ceremony.sort_unstable();
        bare.sort_unstable();
        Self { ceremony, bare }
    }

    /// How many times as long the fastest ceremony took as the fastest of the bare: whatever interrupts a turn
    /// only adds to it.
    fn of_the_fastest(&self) -> f64 {
        self.ceremony[0].as_secs_f64() / self.bare[0].as_secs_f64()
    }
}

/// Prints the medians of each pair and their ratio, measured in turns, and fails if a ceremony takes much
/// longer than is aimed at in every round: a busy machine may spoil some, but a slow ceremony is so in all of
/// them. Much: a neighbour on the same processor slows memory more than arithmetic, by some hundredths.
fn ratios(_: &mut Criterion) {
    const ROUNDS: usize = 20;
    const MUCH: f64 = 1.1;
    for mut pair in pairs() {
        let first = Round::of(&mut pair);
        let (ceremony, bare) = (median(&first.ceremony), median(&first.bare));
        let ratio = ceremony.as_secs_f64() / bare.as_secs_f64();
        println!("{}: {ceremony:.1?} against {bare:.1?}, {ratio:.2}×", pair.name);
        // Unoptimised, ring's assembler would be compared with what nobody runs.
        let Some(aim) = pair.aim.filter(|_| !cfg!(debug_assertions)) else { continue };
        let mut best = first.of_the_fastest();
        for _ in 1..ROUNDS {
            if best <= aim * MUCH {
                break;
            }
            best = best.min(Round::of(&mut pair).of_the_fastest());
        }
        println!("    of the fastest {best:.2}×; at most {aim:.1}× is aimed at");
        assert!(best <= aim * MUCH, "{} takes much longer than is aimed at", pair.name);
    }
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

criterion_group!(benches, ceremonies, ratios);
criterion_main!(benches);
