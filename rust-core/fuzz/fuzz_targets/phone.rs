//! A phone session ends, whatever happens: before a workstation comes, and in a valid tunnel.
#![no_main]

mod happening;

use core::time::Duration;
use happening::{Happening, run};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use wardkey_core::hybrid::Stage;
use wardkey_core::hybrid::crypter::{Crypter, TransportKeys};
use wardkey_core::hybrid::eid::Eid;
use wardkey_core::hybrid::keys::QrSecret;
use wardkey_core::hybrid::noise::{Initiator, Responder};
use wardkey_core::hybrid::point::{PrivateKey, PublicKey};
use wardkey_core::hybrid::qr::{QrCode, RequestType};
use wardkey_core::hybrid::session::{Input, PhoneConfig, PhoneRandomness, PhoneSession, Session};
use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain};

/// The handshake of all runs, made once: with sanitizers it takes longer than all the rest.
struct Opposite {
    identity: PublicKey,
    message: Vec<u8>,
    keys: TransportKeys,
}

static OPPOSITE: LazyLock<Opposite> = LazyLock::new(|| {
    let identity = PrivateKey::from_bytes([1; 32]).expect("a key");
    let public_key = identity.public_key();
    let psk = secret().psk(&EID);
    let ephemeral = PrivateKey::from_bytes([2; 32]).expect("a key");
    let (initiator, message) = Initiator::from_qr(&psk, identity, ephemeral);
    let ephemeral = PrivateKey::from_bytes([4; 32]).expect("a key");
    let responded = Responder::for_qr(&psk, &public_key, ephemeral).respond(&message);
    let (_, answer) = responded.expect("our own handshake");
    let keys = initiator.finish(&answer).expect("our own handshake").keys;
    Opposite { identity: public_key, message, keys }
});

const ROUTING_ID: RoutingId = RoutingId([6; 3]);
const EID: Eid = Eid { nonce: [5; 10], routing_id: ROUTING_ID, domain: TunnelDomain::DEFAULT };

fn secret() -> QrSecret {
    QrSecret::new([3; 16])
}

fuzz_target!(|case: (bool, Vec<Happening>)| {
    let (established, happenings) = case;
    let code = QrCode::new(OPPOSITE.identity, secret(), RequestType::GetAssertion, None);
    let randomness = PhoneRandomness::new([4; 32], EID.nonce).expect("a key");
    let config = PhoneConfig::new(vec![0xa0]);
    let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, config);
    let crypter = established.then(|| {
        phone.handle(Duration::ZERO, Input::TunnelOpened { routing_id: Some(ROUTING_ID) });
        phone.handle(Duration::ZERO, Input::TunnelMessage(OPPOSITE.message.clone()));
        assert_eq!(phone.stage(), Stage::AwaitingCommand);
        Crypter::workstation(OPPOSITE.keys.clone())
    });
    run(&mut phone, crypter, happenings);
});
