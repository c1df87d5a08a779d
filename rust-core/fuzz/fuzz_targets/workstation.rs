//! A workstation session ends, whatever happens: before a phone comes, and in a valid tunnel.
#![no_main]

mod happening;

use core::time::Duration;
use happening::{Happening, run};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use wardkey_core::hybrid::Stage;
use wardkey_core::hybrid::crypter::{Crypter, TransportKeys};
use wardkey_core::hybrid::eid::Eid;
use wardkey_core::hybrid::noise::Responder;
use wardkey_core::hybrid::point::PrivateKey;
use wardkey_core::hybrid::qr::RequestType;
use wardkey_core::hybrid::session::{
    Input, Output, Session, WorkstationConfig, WorkstationRandomness, WorkstationRequest,
    WorkstationSession,
};
use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain};

fuzz_target!(|case: (bool, Vec<Happening>)| {
    let (established, happenings) = case;
    let randomness = WorkstationRandomness::new([1; 32], [2; 32], [3; 16]).expect("keys");
    let request =
        WorkstationRequest { command: vec![2, 0xa0], request_type: RequestType::GetAssertion };
    let config = WorkstationConfig::default();
    let mut workstation = WorkstationSession::new(randomness, request, Duration::ZERO, config);
    let crypter = established.then(|| establish(&mut workstation));
    run(&mut workstation, crypter, happenings);
});

fn establish(workstation: &mut WorkstationSession) -> Crypter {
    let secret = workstation.qr().secret.clone();
    workstation.handle(Duration::ZERO, Input::AdvertSeen(secret.eid_key().encrypt(&EID)));
    workstation.handle(Duration::ZERO, Input::TunnelOpened { routing_id: None });
    let (answer, keys) = OPPOSITE.get_or_init(|| respond(workstation));
    workstation.handle(Duration::ZERO, Input::TunnelMessage(answer.clone()));
    assert_eq!(workstation.stage(), Stage::Introduction);
    Crypter::phone(keys.clone())
}

/// The handshake of all runs, made once: with sanitizers it takes longer than all the rest.
static OPPOSITE: OnceLock<(Vec<u8>, TransportKeys)> = OnceLock::new();

const EID: Eid =
    Eid { nonce: [5; 10], routing_id: RoutingId([6; 3]), domain: TunnelDomain::DEFAULT };

fn respond(workstation: &mut WorkstationSession) -> (Vec<u8>, TransportKeys) {
    let message =
        core::iter::from_fn(|| workstation.poll_output()).find_map(|output| match output {
            Output::Send(message) => Some(message),
            _ => None,
        });
    let ephemeral = PrivateKey::from_bytes([4; 32]).expect("a key");
    let psk = workstation.qr().secret.psk(&EID);
    let responder = Responder::for_qr(&psk, &workstation.qr().public_key, ephemeral);
    let responded = responder.respond(&message.expect("a message"));
    let (established, answer) = responded.expect("our own handshake");
    (answer, established.keys)
}
