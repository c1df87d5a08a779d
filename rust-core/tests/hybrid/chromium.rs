//! Three sessions of a real Chromium, replayed byte for byte.

use crate::vectors::{Fixture, array, bytes};
use core::time::Duration;
use wardkey_core::hybrid::Stage;
use wardkey_core::hybrid::crypter::{Crypter, TransportKey, TransportKeys};
use wardkey_core::hybrid::eid::Advert;
use wardkey_core::hybrid::post_handshake::PostHandshake;
use wardkey_core::hybrid::qr::{KeySix, QrCode, RequestType};
use wardkey_core::hybrid::session::{
    Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session,
};
use wardkey_core::hybrid::tunnel::RoutingId;

const SESSIONS: [(&str, RequestType); 3] = [
    ("chromium-create", RequestType::MakeCredential),
    ("chromium-get", RequestType::GetAssertion),
    ("chromium-get-again", RequestType::GetAssertion),
];

struct Frame {
    from_phone: bool,
    plaintext: Vec<u8>,
    ciphertext: Vec<u8>,
}

fn frames(fixture: &Fixture) -> Vec<Frame> {
    let frames = fixture.input_value("frames").as_array().unwrap().iter();
    frames
        .map(|frame| Frame {
            from_phone: frame["from"] == "phone",
            plaintext: bytes(&frame["plaintext"]),
            ciphertext: bytes(&frame["ciphertext"]),
        })
        .collect()
}

fn drain(session: &mut PhoneSession) -> Vec<Output> {
    core::iter::from_fn(|| session.poll_output()).collect()
}

#[test]
fn codes_say_what_was_captured() {
    for (name, request_type) in SESSIONS {
        let fixture = Fixture::load(name);
        let text = fixture.input_value("qr").as_str().unwrap();
        let code = QrCode::parse(text).unwrap();
        assert_eq!(code.request_type, request_type);
        assert_eq!(code.known_domains, 2);
        assert_eq!(code.state_assisted, Some(false));
        assert_eq!(code.key_six, KeySix::Absent);
        assert_eq!(code.secret.tunnel_id().0.as_slice(), fixture.expect("tunnel_id"));
        assert_eq!(code.to_text().as_str(), text);
    }
}

#[test]
fn phone_sessions_send_the_captured_bytes() {
    for (name, _) in SESSIONS {
        replay(&Fixture::load(name));
    }
}

fn replay(fixture: &Fixture) {
    let frames = frames(fixture);
    let [introduction, command, response, shutdown] = frames.as_slice() else {
        panic!("four frames expected");
    };
    let code = QrCode::parse(fixture.input_value("qr").as_str().unwrap()).unwrap();
    let eid: [u8; 16] = array(&fixture.expect("eid_plaintext"));
    let ephemeral = array(&fixture.input("phone_ephemeral_private"));
    let randomness = PhoneRandomness::new(ephemeral, array(&eid[1..11])).unwrap();
    let mut config = PhoneConfig::new(Vec::new());
    config.introduction = PostHandshake::decode(&introduction.plaintext).unwrap();
    let now = Duration::ZERO;
    let mut session = PhoneSession::new(code, randomness, now, config);

    let outputs = drain(&mut session);
    let [Output::Stage(Stage::OpeningTunnel), Output::Connect(request)] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    let path = format!("/cable/new/{}", hex::encode(fixture.expect("tunnel_id")));
    assert_eq!(request.path, path);

    let routing_id = Some(RoutingId(array(&fixture.input("routing_id"))));
    session.handle(now, Input::TunnelOpened { routing_id });
    let advert = Advert(array(&fixture.expect("advert")));
    assert_eq!(drain(&mut session), [Output::Stage(Stage::Advertising), Output::Advertise(advert)]);

    session.handle(now, Input::TunnelMessage(fixture.input("message1")));
    assert_eq!(
        drain(&mut session),
        [
            Output::StopAdvertising,
            Output::Stage(Stage::Handshake),
            Output::Send(fixture.expect("message2")),
            Output::Send(introduction.ciphertext.clone()),
            Output::Stage(Stage::AwaitingCommand),
        ]
    );

    session.handle(now, Input::TunnelMessage(command.ciphertext.clone()));
    assert_eq!(
        drain(&mut session),
        [Output::Stage(Stage::AwaitingUser), Output::Request(command.plaintext[1..].to_vec()),]
    );

    session.handle(now, Input::Response(response.plaintext[1..].to_vec()));
    assert_eq!(
        drain(&mut session),
        [Output::Send(response.ciphertext.clone()), Output::Stage(Stage::ShuttingDown),]
    );

    session.handle(now, Input::TunnelMessage(shutdown.ciphertext.clone()));
    assert_eq!(drain(&mut session), [Output::Close, Output::Finished(Ok(()))]);
}

#[test]
fn workstation_side_opens_and_seals_the_captured_bytes() {
    for (name, _) in SESSIONS {
        let fixture = Fixture::load(name);
        let key = |name| TransportKey::new(array(&fixture.expect(name)));
        let mut crypter = Crypter::workstation(TransportKeys {
            to_phone: key("client_to_phone_key"),
            to_workstation: key("phone_to_client_key"),
        });
        for frame in frames(&fixture) {
            if frame.from_phone {
                assert_eq!(crypter.open(frame.ciphertext).unwrap(), frame.plaintext);
            } else {
                assert_eq!(crypter.seal(&frame.plaintext).unwrap(), frame.ciphertext);
            }
        }
    }
}
