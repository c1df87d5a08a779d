//! The workstation session on its own.

use crate::vectors::{Fixture, array};
use core::time::Duration;
use wardkey_core::hybrid::Stage;
use wardkey_core::hybrid::eid::Advert;
use wardkey_core::hybrid::qr::RequestType;
use wardkey_core::hybrid::session::{
    Input, Output, Session, WorkstationConfig, WorkstationRandomness, WorkstationRequest,
    WorkstationSession,
};
use wardkey_core::hybrid::tunnel::TunnelRole;

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
