//! What may be logged: no secret in any `Debug` or `Display`.

use crate::pair::{Fault, Phone, Workstation, World};
use core::fmt::Debug;
use core::time::Duration;
use wardkey_core::hybrid::crypter::{Crypter, TransportKey, TransportKeys};
use wardkey_core::hybrid::eid::Eid;
use wardkey_core::hybrid::frame::Frame;
use wardkey_core::hybrid::keys::{Psk, QrSecret};
use wardkey_core::hybrid::noise::{Initiator, Responder};
use wardkey_core::hybrid::point::PrivateKey;
use wardkey_core::hybrid::qr::RequestType;
use wardkey_core::hybrid::session::{
    Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session, WorkstationConfig,
    WorkstationRandomness, WorkstationRequest, WorkstationSession,
};
use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain, TunnelId, TunnelRequest};

/// A byte that is secret wherever it stands in these tests: 171 in decimal, `ab` in hexadecimal.
const SECRET: u8 = 0xab;

fn assert_silent(shown: &impl Debug) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        let lower = text.to_lowercase();
        // Repeated, or it may be part of a word or a length.
        for needle in ["171", "abab", "0xab"] {
            assert!(!lower.contains(needle), "{needle} in {text}");
        }
    }
}

fn private_key() -> PrivateKey {
    PrivateKey::from_bytes([SECRET; 32]).unwrap()
}

#[test]
fn keys_hide() {
    let psk = Psk::new([SECRET; 32]);
    let key = || TransportKey::new([SECRET; 32]);
    let keys = || TransportKeys { to_phone: key(), to_workstation: key() };
    assert_silent(&QrSecret::new([SECRET; 16]));
    assert_silent(&psk);
    assert_silent(&private_key());
    assert_silent(&wardkey_core::hybrid::eid::EidKey::new(&[SECRET; 64]));
    assert_silent(&keys());
    assert_silent(&Crypter::phone(keys()));
    let identity = PrivateKey::from_bytes([1; 32]).unwrap().public_key();
    assert_silent(&Responder::for_qr(&psk, &identity, private_key()));
    assert_silent(&Initiator::linked(&psk, &identity, private_key()).0);
    let domain = TunnelDomain::DEFAULT;
    assert_silent(&Eid { nonce: [SECRET; 10], routing_id: RoutingId([0; 3]), domain });
    assert_silent(&TunnelRequest::new_tunnel(domain, TunnelId([SECRET; 16])));
}

#[test]
fn a_tunnel_id_shows_two_bytes() {
    let shown =
        format!("{:?}", TunnelId([0x01, 0x23, 0x45, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]));
    assert_eq!(shown, "TunnelId(0123…)");
}

#[test]
fn messages_hide() {
    let secret = || vec![SECRET; 40];
    for input in [Input::TunnelMessage(secret()), Input::Response(secret())] {
        assert_silent(&input);
    }
    for output in [Output::Send(secret()), Output::Request(secret()), Output::Response(secret())] {
        assert_silent(&output);
    }
    for frame in [Frame::Ctap(secret()), Frame::Update(secret()), Frame::Json(secret())] {
        assert_silent(&frame);
    }
}

#[test]
fn sessions_hide() {
    let randomness = PhoneRandomness::new([SECRET; 32], [SECRET; 10]).unwrap();
    assert_silent(&randomness);
    let secret = QrSecret::new([SECRET; 16]);
    let identity = PrivateKey::from_bytes([1; 32]).unwrap().public_key();
    let code =
        wardkey_core::hybrid::qr::QrCode::new(identity, secret, RequestType::MakeCredential, None);
    assert_silent(&code);
    let config = PhoneConfig::new(Vec::new());
    let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, config);
    assert_silent(&phone);
    phone.handle(Duration::ZERO, Input::TunnelOpened { routing_id: Some(RoutingId([0; 3])) });
    while phone.poll_output().is_some() {}
    assert_silent(&phone);

    let randomness = WorkstationRandomness::new([SECRET; 32], [SECRET; 32], [SECRET; 16]).unwrap();
    assert_silent(&randomness);
    let request =
        WorkstationRequest { command: vec![SECRET; 40], request_type: RequestType::MakeCredential };
    assert_silent(&request);
    let config = WorkstationConfig::default();
    assert_silent(&WorkstationSession::new(randomness, request, Duration::ZERO, config));
}

#[test]
fn a_pair_hides_the_answer_at_every_step() {
    let mut world = World::new(Some(Fault::Answer(vec![SECRET; 40])));
    while world.step() {
        assert_silent(&world.phone);
        assert_silent(&world.workstation);
    }
    assert_eq!([Phone, Workstation].map(|side| world.end(side)), [Some(Ok(())); 2]);
}

#[test]
fn every_error_names_its_stage_and_a_remedy() {
    use wardkey_core::hybrid::{
        Blame, Cause, Error, LocalFault, NetworkFault, PeerFault, Stage, TunnelFailure,
    };
    let causes: [(Cause, Blame); 7] = [
        (PeerFault::Silent.into(), Blame::Peer),
        (PeerFault::UnknownMessageType(9).into(), Blame::Peer),
        (NetworkFault::TunnelClosed.into(), Blame::Network),
        (NetworkFault::Tunnel(TunnelFailure::Certificate).into(), Blame::Network),
        (NetworkFault::Tunnel(TunnelFailure::HttpStatus(503)).into(), Blame::Network),
        (LocalFault::UserTimedOut.into(), Blame::Local),
        (Cause::Cancelled, Blame::Cancelled),
    ];
    let stages = [
        Stage::ShowingCode,
        Stage::OpeningTunnel,
        Stage::Advertising,
        Stage::Handshake,
        Stage::Introduction,
        Stage::AwaitingCommand,
        Stage::AwaitingUser,
        Stage::AwaitingResponse,
        Stage::ShuttingDown,
    ];
    for stage in stages {
        for (cause, blame) in causes {
            let error = Error { stage, cause };
            assert_eq!(error.blame(), blame);
            assert_eq!(error.to_string(), format!("{cause} (while {stage})"));
            assert!(error.remedy().ends_with('.'), "{}", error.remedy());
        }
    }
    let remedy = |stage, cause: Cause| Error { stage, cause }.remedy();
    let expired = remedy(Stage::ShowingCode, PeerFault::Silent.into());
    assert!(expired.contains("show a new code"));
    let gone = NetworkFault::Tunnel(TunnelFailure::HttpStatus(410));
    assert!(remedy(Stage::OpeningTunnel, gone.into()).contains("expired"));
}
