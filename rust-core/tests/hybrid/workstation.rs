//! The workstation session against a real phone's capture, and against a phone that does what it
//! likes inside a valid tunnel.

use crate::vectors::{Fixture, array};
use core::time::Duration;
use wardkey_core::hybrid::crypter::Crypter;
use wardkey_core::hybrid::eid::{Advert, Eid};
use wardkey_core::hybrid::noise::Responder;
use wardkey_core::hybrid::point::PrivateKey;
use wardkey_core::hybrid::qr::RequestType;
use wardkey_core::hybrid::session::{
    Input, Output, Session, WorkstationConfig, WorkstationRandomness, WorkstationRequest,
    WorkstationSession,
};
use wardkey_core::hybrid::tunnel::{MAX_MESSAGE, RoutingId, TunnelDomain, TunnelRole};
use wardkey_core::hybrid::{Cause, Error, LocalFault, PeerFault, Stage};

fn drain(session: &mut WorkstationSession) -> Vec<Output> {
    core::iter::from_fn(|| session.poll_output()).collect()
}

#[test]
fn a_real_iphone_answers_the_session() {
    let fixture = Fixture::load("iphone-get");
    let padded = fixture.expect("request_padded");
    let length = padded.len() - 1 - usize::from(*padded.last().unwrap());
    let randomness = WorkstationRandomness::new(
        array(&fixture.input("client_identity_private")),
        array(&fixture.input("client_ephemeral_private")),
        array(&fixture.input("qr_secret")),
    );
    let request = WorkstationRequest {
        // Behind the type byte.
        command: padded[1..length].to_vec(),
        request_type: RequestType::GetAssertion,
    };
    let now = Duration::ZERO;
    let config = WorkstationConfig::default();
    let mut session = WorkstationSession::new(randomness.unwrap(), request, now, config);
    assert_eq!(drain(&mut session), [Output::Stage(Stage::ShowingCode), Output::StartScanning]);

    let advert = Advert::from_service_data(&fixture.input("advert")).unwrap();
    session.handle(now, Input::AdvertSeen(advert));
    let outputs = drain(&mut session);
    let [Output::StopScanning, Output::Stage(Stage::OpeningTunnel), Output::Connect(request)] =
        outputs.as_slice()
    else {
        panic!("{outputs:?}");
    };
    let eid = fixture.expect("eid_plaintext");
    let (routing, tunnel) = (hex::encode(&eid[11..14]), hex::encode(fixture.expect("tunnel_id")));
    assert_eq!(request.path, format!("/cable/connect/{routing}/{tunnel}"));
    assert_eq!(request.domain, "cable.auth.com");
    assert_eq!(request.role, TunnelRole::Workstation);

    session.handle(now, Input::TunnelOpened { routing_id: None });
    let message1 = Output::Send(fixture.expect("message1"));
    assert_eq!(drain(&mut session), [Output::Stage(Stage::Handshake), message1]);

    session.handle(now, Input::TunnelMessage(fixture.input("message2")));
    assert_eq!(drain(&mut session), [Output::Stage(Stage::Introduction)]);
    assert_eq!(session.get_info(), None);

    session.handle(now, Input::TunnelMessage(fixture.input("introduction_ciphertext")));
    assert!(session.get_info().is_some());
    let command = Output::Send(fixture.expect("request_ciphertext"));
    assert_eq!(drain(&mut session), [command, Output::Stage(Stage::AwaitingResponse)]);

    session.handle(now, Input::TunnelMessage(fixture.input("response_ciphertext")));
    let outputs = drain(&mut session);
    let [Output::Response(response), Output::Send(_), Output::Close, Output::Finished(Ok(()))] =
        outputs.as_slice()
    else {
        panic!("{outputs:?}");
    };
    assert_eq!(response[0], 0);
}

const COMMAND: &[u8] = &[2, 0xa0];
/// `{1: h'a0', 3: ["ctap"]}`
const INTRODUCTION: &[u8] = b"\xa2\x01\x41\xa0\x03\x81\x64ctap";

fn fresh(command: &[u8]) -> WorkstationSession {
    let randomness = WorkstationRandomness::new([1; 32], [2; 32], [3; 16]).unwrap();
    let request =
        WorkstationRequest { command: command.to_vec(), request_type: RequestType::GetAssertion };
    WorkstationSession::new(randomness, request, Duration::ZERO, WorkstationConfig::default())
}

/// A workstation that awaits the introduction, and the other end of its tunnel.
struct Bench {
    workstation: WorkstationSession,
    crypter: Crypter,
}

impl Bench {
    fn new(command: &[u8]) -> Self {
        let mut workstation = fresh(command);
        let secret = workstation.qr().secret.clone();
        let eid = Eid {
            nonce: [5; 10],
            routing_id: RoutingId([6; 3]),
            domain: TunnelDomain::new(300).unwrap(),
        };
        let advert = secret.eid_key().encrypt(&eid);
        workstation.handle(Duration::ZERO, Input::AdvertSeen(advert));
        workstation.handle(Duration::ZERO, Input::TunnelOpened { routing_id: None });
        let Some(Output::Send(message)) = drain(&mut workstation).pop() else {
            panic!("no handshake message");
        };
        let ephemeral = PrivateKey::from_bytes([4; 32]).unwrap();
        let identity = workstation.qr().public_key;
        let responder = Responder::for_qr(&secret.psk(&eid), &identity, ephemeral);
        let (established, answer) = responder.respond(&message).unwrap();
        workstation.handle(Duration::ZERO, Input::TunnelMessage(answer));
        assert_eq!(drain(&mut workstation), [Output::Stage(Stage::Introduction)]);
        Self { workstation, crypter: Crypter::phone(established.keys) }
    }

    /// A workstation that awaits the response.
    fn introduced() -> Self {
        let mut bench = Self::new(COMMAND);
        let outputs = bench.send(INTRODUCTION);
        let [Output::Send(message), Output::Stage(Stage::AwaitingResponse)] = outputs.as_slice()
        else {
            panic!("{outputs:?}");
        };
        assert_eq!(bench.crypter.open(message.clone()).unwrap(), [&[1], COMMAND].concat());
        bench
    }

    fn send(&mut self, plaintext: &[u8]) -> Vec<Output> {
        let message = self.crypter.seal(plaintext).unwrap();
        self.workstation.handle(Duration::ZERO, Input::TunnelMessage(message));
        drain(&mut self.workstation)
    }
}

fn failed(stage: Stage, cause: impl Into<Cause>) -> Output {
    Output::Finished(Err(Error { stage, cause: cause.into() }))
}

#[test]
fn introductions_that_are_none_close_the_tunnel() {
    let malformed = PeerFault::MalformedIntroduction;
    let table: [(&[u8], PeerFault); 9] = [
        (b"", malformed),
        (b"\x01", malformed),
        (b"\xa0", malformed),
        (b"\xa1\x01\x01", malformed),
        (b"\xa1\x01\x41\xa0\x00", malformed),
        (b"\xa2\x03\x81\x64ctap\x01\x41\xa0", malformed),
        (b"\xa2\x01\x41\xa0\x03\x64ctap", malformed),
        (b"\xa2\x01\x41\xa0\x03\x81\x01", malformed),
        (b"\xa2\x01\x41\xa0\x03\x81\x62dc", PeerFault::CtapNotOffered),
    ];
    for (introduction, fault) in table {
        let mut bench = Bench::new(COMMAND);
        let end = failed(Stage::Introduction, fault);
        assert_eq!(bench.send(introduction), [Output::Close, end], "{introduction:02x?}");
        assert_eq!(bench.workstation.get_info(), None);
    }
}

#[test]
fn introductions_of_older_and_newer_phones_are_read() {
    let table: [&[u8]; 3] = [
        b"\xa1\x01\x41\xa0",
        b"\xa3\x00\x40\x01\x41\xa0\x18\x63\x80",
        b"\xa2\x01\x41\xa0\x03\x82\x62dc\x64ctap",
    ];
    for introduction in table {
        let mut bench = Bench::new(COMMAND);
        bench.send(introduction);
        assert_eq!(bench.workstation.stage(), Stage::AwaitingResponse);
        assert_eq!(bench.workstation.get_info(), Some(&[0xa0][..]));
    }
}

#[test]
fn a_response_is_given_out_and_the_phone_told_goodbye() {
    let mut bench = Bench::introduced();
    // Linking information before the response, as some phones send it.
    assert_eq!(bench.send(&[2, 0xa0]), []);
    let outputs = bench.send(&[1, 0, 0xa0]);
    let [Output::Response(response), Output::Send(message), rest @ ..] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    assert_eq!(response, &[0, 0xa0]);
    assert_eq!(bench.crypter.open(message.clone()).unwrap(), [0]);
    assert_eq!(rest, [Output::Close, Output::Finished(Ok(()))]);
}

#[test]
fn answers_that_are_none_close_the_tunnel() {
    let table: [(&[u8], PeerFault); 5] = [
        (&[], PeerFault::EmptyMessage),
        (&[0], PeerFault::Left),
        (&[1], PeerFault::EmptyMessage),
        (&[3, 0], PeerFault::ForbiddenMessageType(3)),
        (&[77], PeerFault::UnknownMessageType(77)),
    ];
    for (plaintext, fault) in table {
        let end = failed(Stage::AwaitingResponse, fault);
        assert_eq!(Bench::introduced().send(plaintext), [Output::Close, end]);
    }
}

#[test]
fn who_stops_waiting_says_so() {
    let mut bench = Bench::introduced();
    bench.workstation.handle(Duration::ZERO, Input::Cancel);
    let outputs = drain(&mut bench.workstation);
    let [Output::Send(message), Output::Close, end] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    assert_eq!(bench.crypter.open(message.clone()).unwrap(), [0]);
    assert_eq!(end, &failed(Stage::AwaitingResponse, Cause::Cancelled));

    let mut bench = Bench::introduced();
    let deadline = bench.workstation.poll_timeout().unwrap();
    bench.workstation.handle(deadline, Input::Timeout);
    let outputs = drain(&mut bench.workstation);
    let [Output::Send(message), Output::Close, end] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    assert_eq!(bench.crypter.open(message.clone()).unwrap(), [0]);
    assert_eq!(end, &failed(Stage::AwaitingResponse, PeerFault::Silent));

    // Nobody is there to hear it any more.
    let mut bench = Bench::introduced();
    let deadline = bench.workstation.poll_timeout().unwrap();
    bench.workstation.handle(deadline, Input::TunnelClosed);
    let end = failed(Stage::AwaitingResponse, PeerFault::Silent);
    assert_eq!(drain(&mut bench.workstation), [end]);
}

#[test]
fn a_command_over_the_limit_is_our_own_fault() {
    let mut bench = Bench::new(&vec![0; MAX_MESSAGE]);
    let end = failed(Stage::Introduction, LocalFault::MessageTooLarge);
    assert_eq!(bench.send(INTRODUCTION), [Output::Close, end]);
}

#[test]
fn authentic_adverts_of_the_future_are_named() {
    let table = [
        // The first byte says of what kind the rest is.
        (1, 0, PeerFault::UnknownAdvert),
        (0, 2, PeerFault::UnassignedDomain(2)),
        (0, 255, PeerFault::UnassignedDomain(255)),
    ];
    for (kind, domain, fault) in table {
        let mut workstation = fresh(COMMAND);
        drain(&mut workstation);
        let mut eid = [0; 16];
        eid[0] = kind;
        eid[14..].copy_from_slice(&u16::to_le_bytes(domain));
        let advert = forged_advert(&eid);
        workstation.handle(Duration::ZERO, Input::AdvertSeen(advert));
        let end = failed(Stage::ShowingCode, fault);
        assert_eq!(drain(&mut workstation), [Output::StopScanning, end]);
    }
}

/// An advert with a valid tag that the crate itself would not make.
fn forged_advert(eid: &[u8; 16]) -> Advert {
    use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
    let mut key = [0; 64];
    let material = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, &[]).extract(&[3; 16]);
    let info = 1_u32.to_le_bytes();
    material.expand(&[&info], Length).unwrap().fill(&mut key).unwrap();
    let mut block = Array::from(*eid);
    aes::Aes256::new_from_slice(&key[..32]).unwrap().encrypt_block(&mut block);
    let tag_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key[32..]);
    let tag = ring::hmac::sign(&tag_key, &block);
    Advert::from_service_data(&[block.as_slice(), &tag.as_ref()[..4]].concat()).unwrap()
}

struct Length;

impl ring::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        64
    }
}
