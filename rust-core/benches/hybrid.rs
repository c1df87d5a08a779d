//! How long the phone's own part of a hybrid ceremony takes, without radio, network and person.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use core::time::Duration;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use wardkey_core::hybrid::crypter::{Crypter, TransportKey, TransportKeys};
use wardkey_core::hybrid::keys::Psk;
use wardkey_core::hybrid::noise::{Initiator, Responder};
use wardkey_core::hybrid::point::PrivateKey;
use wardkey_core::hybrid::qr::{QrCode, RequestType};
use wardkey_core::hybrid::session::{
    Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session, WorkstationConfig,
    WorkstationRandomness, WorkstationRequest, WorkstationSession,
};
use wardkey_core::hybrid::tunnel::RoutingId;

/// From a real Chromium; see fixtures/hybrid/chromium-create.json.
const CODE: &str = "FIDO:/582851205377558145907642284324910365280607321855523484191197396710373159\
    844905937519315297622583607841352031038441100860073986107900979148190501225628418109321447142404";

fn key(byte: u8) -> PrivateKey {
    PrivateKey::from_bytes([byte; 32]).unwrap()
}

fn codes(criterion: &mut Criterion) {
    criterion.bench_function("QR code, parse", |bencher| {
        bencher.iter(|| QrCode::parse(black_box(CODE)).unwrap());
    });
    let code = QrCode::parse(CODE).unwrap();
    criterion.bench_function("QR code, make", |bencher| bencher.iter(|| code.to_text()));
}

fn handshake(criterion: &mut Criterion) {
    let psk = Psk::new([7; 32]);
    let public_key = key(1).public_key();
    let (_, first) = Initiator::from_qr(&psk, key(1), key(2));
    criterion.bench_function("handshake, phone", |bencher| {
        bencher.iter_batched(
            || key(3),
            |ephemeral| {
                Responder::for_qr(&psk, &public_key, ephemeral).respond(black_box(&first)).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    let (_, second) = Responder::for_qr(&psk, &public_key, key(3)).respond(&first).unwrap();
    criterion.bench_function("handshake, workstation", |bencher| {
        bencher.iter_batched(
            || (key(1), key(2)),
            |(identity, ephemeral)| {
                let (initiator, first) = Initiator::from_qr(&psk, identity, ephemeral);
                black_box(first);
                initiator.finish(black_box(&second)).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

fn keys() -> TransportKeys {
    TransportKeys {
        to_phone: TransportKey::new([1; 32]),
        to_workstation: TransportKey::new([2; 32]),
    }
}

fn messages(criterion: &mut Criterion) {
    for (name, size) in [("100 B", 100), ("1 KiB", 1 << 10), ("64 KiB", 1 << 16)] {
        let plaintext = vec![0x5a; size];
        let mut group = criterion.benchmark_group(format!("message of {name}"));
        group.throughput(Throughput::Bytes(size as u64));
        let message = Crypter::phone(keys()).seal(&plaintext).unwrap();
        // A fresh crypter each time: a counter would run out, and a message opens only once.
        group.bench_function("seal", |bencher| {
            bencher.iter_batched_ref(
                || Crypter::phone(keys()),
                |phone| phone.seal(black_box(&plaintext)).unwrap(),
                BatchSize::SmallInput,
            );
        });
        group.bench_function("open", |bencher| {
            bencher.iter_batched(
                || (Crypter::workstation(keys()), message.clone()),
                |(mut workstation, message)| workstation.open(message).unwrap(),
                BatchSize::SmallInput,
            );
        });
        group.finish();
    }
}

/// Both roles, from the code to the shutdown, in one thread and with an authenticator that answers
/// at once. What a driver, a tunnel service and a real authenticator add to it, the driver's benchmarks measure.
fn ceremony() -> Vec<u8> {
    let randomness = WorkstationRandomness::new([1; 32], [2; 32], [3; 16]).unwrap();
    let request =
        WorkstationRequest { command: vec![2; 200], request_type: RequestType::GetAssertion };
    let config = WorkstationConfig::default();
    let mut workstation = WorkstationSession::new(randomness, request, Duration::ZERO, config);
    let code = QrCode::parse(&workstation.qr().to_text()).unwrap();
    let randomness = PhoneRandomness::new([4; 32], [5; 10]).unwrap();
    let config = PhoneConfig::new(vec![0xa0; 100]);
    let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, config);
    let mut answer = Vec::new();
    while phone.poll_timeout().is_some() || workstation.poll_timeout().is_some() {
        while let Some(output) = phone.poll_output() {
            match output {
                Output::Connect(_) => {
                    let routing_id = Some(RoutingId([6; 3]));
                    phone.handle(Duration::ZERO, Input::TunnelOpened { routing_id });
                }
                Output::Advertise(advert) => {
                    workstation.handle(Duration::ZERO, Input::AdvertSeen(advert));
                }
                Output::Send(message) => {
                    workstation.handle(Duration::ZERO, Input::TunnelMessage(message));
                }
                Output::Request(_) => phone.handle(Duration::ZERO, Input::Response(vec![0; 200])),
                _ => {}
            }
        }
        while let Some(output) = workstation.poll_output() {
            match output {
                Output::Connect(_) => {
                    workstation.handle(Duration::ZERO, Input::TunnelOpened { routing_id: None });
                }
                Output::Send(message) => {
                    phone.handle(Duration::ZERO, Input::TunnelMessage(message));
                }
                Output::Response(response) => answer = response,
                _ => {}
            }
        }
    }
    assert_eq!(answer, [0; 200], "the ceremony failed");
    answer
}

fn ceremonies(criterion: &mut Criterion) {
    criterion.bench_function("both sessions", |bencher| bencher.iter(ceremony));
}

criterion_group!(benches, codes, handshake, messages, ceremonies);
criterion_main!(benches);
