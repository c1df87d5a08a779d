//! Each way in which an open tunnel misbehaves, and radios that fail.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::session::{PhoneConfig, WorkstationConfig};
use wardkey_core::hybrid::tunnel::MAX_MESSAGE;
use wardkey_core::hybrid::{Cause, LocalFault, NetworkFault, PeerFault, RadioFailure, Stage};
use wardkey_driver::radio::loopback::Loopback;
use wardkey_driver::radio::{Advert, Advertiser, RadioError};
use wardkey_driver::{Detail, DriveError, Phone, PhonePorts, WorkstationPorts};

use crate::fake::{Fake, GOOD, Stream, closed};
use crate::world::{Device, Echo, GET_INFO, configured_workstation, failure, workstation};

type Socket = WebSocketStream<Stream>;

/// Runs a phone against a service that opens the tunnel and then does `next`.
async fn phone(next: impl AsyncFnOnce(Socket)) -> (Stage, Cause) {
    let service = Fake::start().await;
    let air = Loopback::new();
    let code = workstation().qr().clone();
    let mut device = Device::new();
    let phone = device.phone(&air, &service.access, code, Echo);
    let (result, ()) = tokio::join!(phone, async {
        let socket = service.upgrade(GOOD).await;
        air.wait_for_adverts(1).await;
        next(socket).await;
        air.wait_for_adverts(0).await;
    });
    failure(result)
}

fn peer(fault: PeerFault) -> (Stage, Cause) {
    (Stage::Advertising, Cause::Peer(fault))
}

const CUT: (Stage, Cause) = (Stage::Advertising, Cause::Network(NetworkFault::TunnelClosed));

/// Answers the phone's goodbye, and waits until it has closed the connection.
async fn goodbye(mut socket: Socket) {
    while let Some(Ok(_)) = socket.next().await {}
    closed(socket.into_inner()).await;
}

#[tokio::test]
async fn text() {
    let result = phone(async |mut socket| {
        socket.send(Message::text("hello")).await.unwrap();
        goodbye(socket).await;
    });
    assert_eq!(result.await, peer(PeerFault::TextMessage));
}

#[tokio::test]
async fn a_message_of_the_largest_size_is_read_and_one_byte_more_is_not() {
    let largest = phone(async |mut socket| {
        socket.send(Message::binary(vec![0; MAX_MESSAGE])).await.unwrap();
        goodbye(socket).await;
    });
    let failed = (Stage::Handshake, Cause::Peer(PeerFault::HandshakeFailed));
    assert_eq!(largest.await, failed);

    let larger = phone(async |mut socket| {
        // The phone may hang up before it has heard everything.
        let _ = socket.send(Message::binary(vec![0; MAX_MESSAGE + 1])).await;
        goodbye(socket).await;
    });
    assert_eq!(larger.await, peer(PeerFault::MessageTooLarge));
}

#[tokio::test]
async fn a_message_too_large_in_small_pieces() {
    let result = phone(async |mut socket| {
        let piece = |code, last| {
            Message::Frame(Frame::message(vec![0; MAX_MESSAGE / 4], OpCode::Data(code), last))
        };
        let _ = socket.send(piece(Data::Binary, false)).await;
        for _ in 0..4 {
            let _ = socket.send(piece(Data::Continue, false)).await;
        }
        goodbye(socket).await;
    });
    assert_eq!(result.await, peer(PeerFault::MessageTooLarge));
}

#[tokio::test]
async fn bytes_that_are_no_frame() {
    let result = phone(async |socket| {
        let mut stream = socket.into_inner();
        stream.write_all(&[0xf2, 0]).await.unwrap();
        stream.flush().await.unwrap();
        closed(stream).await;
    });
    assert_eq!(result.await, peer(PeerFault::WebSocketViolation));
}

#[tokio::test]
async fn a_polite_end_and_a_rude_one() {
    let polite = phone(async |mut socket| {
        let frame = CloseFrame { code: CloseCode::Away, reason: "".into() };
        socket.close(Some(frame)).await.unwrap();
        goodbye(socket).await;
    });
    assert_eq!(polite.await, CUT);
    assert_eq!(phone(async |socket| drop(socket)).await, CUT);
}

#[tokio::test]
async fn pings_are_answered_and_mean_nothing() {
    let result = phone(async |mut socket| {
        socket.send(Message::Ping(vec![7].into())).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        assert_eq!(answer, Message::Pong(vec![7].into()));
        drop(socket);
    });
    assert_eq!(result.await, CUT);
}

#[tokio::test]
async fn a_finished_phone_says_goodbye() {
    let result = phone(async |mut socket| {
        socket.send(Message::binary(vec![0; 81])).await.unwrap();
        let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else { panic!() };
        assert_eq!(frame.code, CloseCode::Normal);
        goodbye(socket).await;
    });
    let failed = (Stage::Handshake, Cause::Peer(PeerFault::HandshakeFailed));
    assert_eq!(result.await, failed);
}

#[tokio::test]
async fn a_workstation_that_never_comes() {
    let service = Fake::start().await;
    let air = Loopback::new();
    let code = workstation().qr().clone();
    let mut config = PhoneConfig::new(GET_INFO.to_vec());
    config.deadlines.workstation = Duration::from_millis(100);
    let mut device = Device::new();
    let phone = device.configured_phone(&air, &service.access, code, Echo, config);
    let (result, ()) = tokio::join!(phone, async { goodbye(service.upgrade(GOOD).await).await });
    assert_eq!(failure(result), peer(PeerFault::Silent));
}

/// Runs a workstation whose phone is a script.
async fn workstation_with(
    config: WorkstationConfig,
    next: impl AsyncFnOnce(Socket),
) -> (Stage, Cause) {
    let service = Fake::start().await;
    let air = Loopback::new();
    let client = configured_workstation(config);
    let code = client.qr().clone();
    let (mut phone, mut desk) = (Device::new(), Device::new());
    let phone_cancel = phone.cancel.clone();
    let (result, _, ()) = tokio::join!(
        async {
            let result = desk.workstation(&air, &service.access, client).await;
            phone_cancel.cancel();
            result
        },
        // Only its advert matters: its tunnel leads nowhere.
        phone.phone(&air, &service.access, code, Echo),
        async {
            let phone = service.upgrade(GOOD).await;
            let workstation = service.upgrade("Sec-WebSocket-Protocol: fido.cable\r\n").await;
            next(workstation).await;
            goodbye(phone).await;
        },
    );
    failure(result)
}

#[tokio::test]
async fn a_phone_that_falls_silent() {
    let mut config = WorkstationConfig::default();
    config.deadlines.handshake = Duration::from_millis(100);
    let result = workstation_with(config, goodbye).await;
    assert_eq!(result, (Stage::Handshake, Cause::Peer(PeerFault::Silent)));
}

#[tokio::test]
async fn a_phone_that_speaks_nonsense() {
    let config = WorkstationConfig::default();
    let result = workstation_with(config, async |mut socket| {
        socket.send(Message::binary(vec![4; 81])).await.unwrap();
        goodbye(socket).await;
    });
    let expected = (Stage::Handshake, Cause::Peer(PeerFault::HandshakeFailed));
    assert_eq!(Box::pin(result).await, expected);
}

#[tokio::test]
async fn a_code_that_nobody_scans() {
    let service = Fake::start().await;
    let air = Loopback::new();
    let mut config = WorkstationConfig::default();
    config.deadlines.scan = Duration::from_millis(100);
    let client = configured_workstation(config);
    let result = Device::new().workstation(&air, &service.access, client).await;
    assert_eq!(failure(result), (Stage::ShowingCode, Cause::Peer(PeerFault::Silent)));
}

/// A radio that is never right: fails at once, or later, and may not even stop.
struct Broken {
    later: bool,
}

impl Advertiser for Broken {
    fn advertise(&mut self, _: Advert) -> BoxFuture<'_, Result<(), RadioError>> {
        let result = if self.later { Ok(()) } else { Err(RadioError::BluetoothOff) };
        std::future::ready(result).boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        std::future::ready(Err(RadioError::NoAnswer)).boxed()
    }

    fn failure(&mut self) -> BoxFuture<'_, RadioError> {
        std::future::ready(RadioError::NoAdapter).boxed()
    }
}

async fn phone_with_radio(radio: &mut dyn Advertiser) -> DriveError {
    let service = Fake::start().await;
    let code = workstation().qr().clone();
    let phone = Phone::new(code, PhoneConfig::new(GET_INFO.to_vec())).unwrap();
    let ports = PhonePorts {
        access: &service.access,
        radio,
        handler: &mut Echo,
        cancel: &CancellationToken::new(),
        on_stage: &mut |_| {},
    };
    let (result, ()) =
        tokio::join!(phone.run(ports), async { goodbye(service.upgrade(GOOD).await).await });
    result.unwrap_err()
}

#[tokio::test]
async fn a_phone_whose_radio_fails_says_why() {
    for (later, kind, text) in [
        (false, RadioFailure::Off, "Bluetooth is off"),
        (true, RadioFailure::Unavailable, "no Bluetooth adapter"),
    ] {
        let error = phone_with_radio(&mut Broken { later }).await;
        let expected = (Stage::Advertising, Cause::Local(LocalFault::Radio(kind)));
        assert_eq!((error.error.stage, error.error.cause), expected);
        assert!(matches!(error.detail, Some(Detail::Radio(_))), "{error:?}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn a_workstation_whose_radio_fails_says_why() {
    let service = Fake::start().await;
    let ports = WorkstationPorts {
        access: &service.access,
        radio: &mut wardkey_driver::radio::lines::LinesScanner::new(&b"nonsense\n"[..]),
        cancel: &CancellationToken::new(),
        on_stage: &mut |_| {},
    };
    let error = workstation().run(ports).await.unwrap_err();
    let expected = Cause::Local(LocalFault::Radio(RadioFailure::Failed));
    assert_eq!((error.error.stage, error.error.cause), (Stage::ShowingCode, expected));
    assert!(error.to_string().contains("nonsense"), "{error}");
}
