//! The phone session against a workstation that does what it likes inside a valid tunnel.

use core::time::Duration;
use wardkey_core::hybrid::crypter::Crypter;
use wardkey_core::hybrid::keys::QrSecret;
use wardkey_core::hybrid::noise::Initiator;
use wardkey_core::hybrid::point::PrivateKey;
use wardkey_core::hybrid::qr::{QrCode, RequestType};
use wardkey_core::hybrid::session::{
    Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session,
};
use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain};
use wardkey_core::hybrid::{Cause, Error, LocalFault, PeerFault, Stage};

const SECRET: [u8; 16] = [3; 16];
const SHUTDOWN: &[u8] = &[0];
const MAKE_CREDENTIAL: &[u8] = &[1, 1, 0xa0];
const GET_ASSERTION: &[u8] = &[1, 2, 0xa0];
const GET_INFO: &[u8] = &[1, 4];

/// A phone that awaits commands, and the other end of its tunnel.
struct Bench {
    phone: PhoneSession,
    crypter: Crypter,
}

impl Bench {
    fn new() -> Self {
        Self::with(PhoneConfig::new(vec![0xa0]))
    }

    fn with(config: PhoneConfig) -> Self {
        let identity = PrivateKey::from_bytes([1; 32]).unwrap();
        let secret = QrSecret::new(SECRET);
        let code =
            QrCode::new(identity.public_key(), secret.clone(), RequestType::GetAssertion, None);
        let randomness = PhoneRandomness::new([4; 32], [5; 10]).unwrap();
        let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, config);
        let routing_id = Some(RoutingId([6; 3]));
        phone.handle(Duration::ZERO, Input::TunnelOpened { routing_id });
        let advert = drain(&mut phone).into_iter().find_map(|output| match output {
            Output::Advertise(advert) => Some(advert),
            _ => None,
        });
        let psk = secret.psk(&secret.eid_key().decrypt(&advert.unwrap()).unwrap());
        let ephemeral = PrivateKey::from_bytes([2; 32]).unwrap();
        let (initiator, message) = Initiator::from_qr(&psk, identity, ephemeral);
        phone.handle(Duration::ZERO, Input::TunnelMessage(message));
        let mut messages = sent(drain(&mut phone)).into_iter();
        let established = initiator.finish(&messages.next().unwrap()).unwrap();
        let mut crypter = Crypter::workstation(established.keys);
        crypter.open(messages.next().unwrap()).unwrap();
        Self { phone, crypter }
    }

    fn send(&mut self, plaintext: &[u8]) -> Vec<Output> {
        let message = self.crypter.seal(plaintext).unwrap();
        self.phone.handle(Duration::ZERO, Input::TunnelMessage(message));
        drain(&mut self.phone)
    }

    fn answer(&mut self, response: &[u8]) -> Vec<u8> {
        self.phone.handle(Duration::ZERO, Input::Response(response.to_vec()));
        let mut messages = sent(drain(&mut self.phone)).into_iter();
        self.crypter.open(messages.next().expect("an answer in the tunnel")).unwrap()
    }

    /// A command and its answer.
    fn exchange(&mut self, command: &[u8], response: &[u8]) {
        assert!(self.send(command).contains(&Output::Request(command[1..].to_vec())));
        assert_eq!(self.answer(response), [&[1], response].concat());
    }
}

fn drain(phone: &mut PhoneSession) -> Vec<Output> {
    core::iter::from_fn(|| phone.poll_output()).collect()
}

fn sent(outputs: Vec<Output>) -> Vec<Vec<u8>> {
    let messages = outputs.into_iter().filter_map(|output| match output {
        Output::Send(message) => Some(message),
        _ => None,
    });
    messages.collect()
}

fn failed(stage: Stage, fault: PeerFault) -> Output {
    Output::Finished(Err(Error { stage, cause: Cause::Peer(fault) }))
}

const DONE: Output = Output::Finished(Ok(()));

#[test]
fn frames_that_may_not_come_close_the_tunnel() {
    let table = [
        (&[3, b'{', b'}'][..], PeerFault::ForbiddenMessageType(3)),
        (&[4], PeerFault::UnknownMessageType(4)),
        (&[255, 1], PeerFault::UnknownMessageType(255)),
        (&[], PeerFault::EmptyMessage),
    ];
    for (plaintext, fault) in table {
        let end = |stage| [Output::Close, failed(stage, fault)];
        assert_eq!(Bench::new().send(plaintext), end(Stage::AwaitingCommand));

        let mut bench = Bench::new();
        bench.send(GET_ASSERTION);
        let outputs = bench.send(plaintext);
        assert_eq!(outputs[0], Output::CancelRequest);
        assert_eq!(outputs[1..], end(Stage::AwaitingUser));

        let mut bench = Bench::new();
        bench.exchange(GET_ASSERTION, &[0, 0xa0]);
        assert_eq!(bench.send(plaintext), [Output::Close, DONE], "the answer is sent already");
    }
}

#[test]
fn updates_are_ignored_and_buy_no_time() {
    let mut bench = Bench::new();
    let deadline = bench.phone.poll_timeout();
    assert_eq!(bench.send(&[2, 0xa0]), []);
    assert_eq!(bench.phone.poll_timeout(), deadline);
    bench.send(GET_ASSERTION);
    assert_eq!(bench.send(&[2]), []);
    bench.answer(&[0, 0xa0]);
    assert_eq!(bench.send(&[2, 1, 2, 3]), []);
    assert_eq!(bench.send(SHUTDOWN), [Output::Close, DONE]);
}

#[test]
fn malformed_commands_go_to_the_authenticator() {
    for command in [&[1][..], &[1, 0xff], &[1, 1], &[1, 2, 0xbf, 0xff]] {
        let mut bench = Bench::new();
        bench.exchange(command, &[0x12]);
        assert_eq!(bench.phone.stage(), Stage::AwaitingCommand);
        bench.exchange(GET_ASSERTION, &[0, 0xa0]);
        assert_eq!(bench.send(SHUTDOWN), [Output::Close, DONE]);
    }
}

#[test]
fn one_ceremony_a_tunnel_whatever_the_person_decides() {
    for status in [0x00, 0x27, 0x2d, 0x2f] {
        for command in [MAKE_CREDENTIAL, GET_ASSERTION] {
            let mut bench = Bench::new();
            bench.exchange(GET_INFO, &[0, 0xa0]);
            bench.exchange(command, &[status]);
            assert_eq!(bench.phone.stage(), Stage::ShuttingDown);
            assert_eq!(bench.send(command), [Output::Close, DONE], "nobody is asked again");
        }
    }
}

#[test]
fn a_ceremony_refused_for_its_form_may_be_corrected() {
    let mut bench = Bench::new();
    bench.exchange(MAKE_CREDENTIAL, &[0x26]);
    bench.exchange(MAKE_CREDENTIAL, &[0x00]);
    assert_eq!(bench.send(SHUTDOWN), [Output::Close, DONE]);

    let mut bench = Bench::new();
    bench.exchange(GET_ASSERTION, &[0x2e]);
    assert_eq!(bench.send(SHUTDOWN), [Output::Close, DONE]);
}

#[test]
fn more_ceremonies_where_the_host_allows_them() {
    let mut config = PhoneConfig::new(vec![0xa0]);
    config.ceremonies = 2;
    let mut bench = Bench::with(config);
    bench.exchange(GET_ASSERTION, &[0x00]);
    assert_eq!(bench.phone.stage(), Stage::AwaitingCommand);
    bench.exchange(GET_ASSERTION, &[0x00]);
    assert_eq!(bench.phone.stage(), Stage::ShuttingDown);
}

#[test]
fn no_ceremony_where_the_host_allows_none() {
    for command in [MAKE_CREDENTIAL, GET_ASSERTION] {
        let mut config = PhoneConfig::new(vec![0xa0]);
        config.ceremonies = 0;
        let end = failed(Stage::AwaitingCommand, PeerFault::TooManyCommands);
        assert_eq!(Bench::with(config).send(command), [Output::Close, end]);
    }
}

#[test]
fn commands_without_end_close_the_tunnel() {
    let mut bench = Bench::new();
    for _ in 0..16 {
        bench.exchange(GET_INFO, &[0, 0xa0]);
    }
    let end = failed(Stage::AwaitingCommand, PeerFault::TooManyCommands);
    assert_eq!(bench.send(GET_INFO), [Output::Close, end]);
}

#[test]
fn a_command_while_the_person_decides_closes_the_tunnel() {
    let mut bench = Bench::new();
    bench.send(GET_ASSERTION);
    let end = failed(Stage::AwaitingUser, PeerFault::CommandWhileBusy);
    assert_eq!(bench.send(GET_INFO), [Output::CancelRequest, Output::Close, end]);
}

#[test]
fn leaving_before_an_answer_is_a_failure() {
    let end = failed(Stage::AwaitingCommand, PeerFault::Left);
    assert_eq!(Bench::new().send(SHUTDOWN), [Output::Close, end]);

    // That the phone only told what it can do is no success either.
    let mut bench = Bench::new();
    bench.exchange(GET_INFO, &[0, 0xa0]);
    let end = failed(Stage::AwaitingCommand, PeerFault::Left);
    assert_eq!(bench.send(SHUTDOWN), [Output::Close, end]);

    let mut bench = Bench::new();
    bench.send(GET_ASSERTION);
    let end = failed(Stage::AwaitingUser, PeerFault::Left);
    assert_eq!(bench.send(SHUTDOWN), [Output::CancelRequest, Output::Close, end]);
}

#[test]
fn after_an_answer_any_farewell_is_a_success() {
    for status in [0x00, 0x2e] {
        let mut bench = Bench::new();
        bench.exchange(GET_ASSERTION, &[status]);
        bench.phone.handle(Duration::ZERO, Input::TunnelClosed);
        // The tunnel is closed already.
        assert_eq!(drain(&mut bench.phone), [DONE]);

        let mut bench = Bench::new();
        bench.exchange(GET_ASSERTION, &[status]);
        let deadline = bench.phone.poll_timeout().unwrap();
        bench.phone.handle(deadline, Input::Timeout);
        assert_eq!(drain(&mut bench.phone), [Output::Close, DONE]);
    }
}

#[test]
fn what_comes_at_the_deadline_is_late() {
    let mut bench = Bench::new();
    bench.send(GET_ASSERTION);
    let deadline = bench.phone.poll_timeout().unwrap();
    bench.phone.handle(deadline, Input::Response(vec![0, 0xa0]));
    let cause = Cause::Local(LocalFault::UserTimedOut);
    let end = Output::Finished(Err(Error { stage: Stage::AwaitingUser, cause }));
    assert_eq!(drain(&mut bench.phone), [Output::Close, end]);
    assert_eq!(bench.phone.poll_timeout(), None);
}

#[test]
fn the_phone_chooses_the_domain() {
    let identity = PrivateKey::from_bytes([1; 32]).unwrap().public_key();
    let code = QrCode::new(identity, QrSecret::new(SECRET), RequestType::GetAssertion, None);
    let mut config = PhoneConfig::new(vec![0xa0]);
    config.domain = TunnelDomain::new(266).unwrap();
    let randomness = PhoneRandomness::new([4; 32], [5; 10]).unwrap();
    let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, config);
    let outputs = drain(&mut phone);
    let Output::Connect(request) = &outputs[1] else { panic!("{outputs:?}") };
    assert_eq!(request.domain, "cable.wufkweyy3uaxb.com");
    assert_eq!(request.origin(), "wss://cable.wufkweyy3uaxb.com");
    assert!(request.url().starts_with("wss://cable.wufkweyy3uaxb.com/cable/new/"));

    phone.handle(Duration::ZERO, Input::TunnelOpened { routing_id: Some(RoutingId([6; 3])) });
    let outputs = drain(&mut phone);
    let Output::Advertise(advert) = &outputs[1] else { panic!("{outputs:?}") };
    let eid = QrSecret::new(SECRET).eid_key().decrypt(advert).unwrap();
    assert_eq!(eid.domain.id(), 266);
    assert_eq!(eid.routing_id, RoutingId([6; 3]));
}

#[test]
fn random_bytes_that_are_no_key_are_refused() {
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let order: [u8; 32] = order.unwrap().try_into().unwrap();
    for bytes in [[0; 32], [255; 32], order] {
        assert!(PhoneRandomness::new(bytes, [5; 10]).is_err());
    }
    let mut largest = order;
    largest[31] -= 1;
    assert!(PhoneRandomness::new(largest, [5; 10]).is_ok());
}
