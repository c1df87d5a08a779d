//! Each way in which a tunnel does not open.

use std::time::Duration;

use tokio::net::TcpSocket;
use wardkey_core::hybrid::session::PhoneConfig;
use wardkey_core::hybrid::{Blame, Cause, Error, NetworkFault, Stage, TunnelFailure};
use wardkey_driver::radio::loopback::Loopback;
use wardkey_driver::radio::{Advertiser, Scanner};
use wardkey_driver::{Detail, DriveError, TunnelAccess, TunnelError};
use wardkey_local_tls::Authority;

use crate::fake::{Fake, GOOD, closed, header};
use crate::world::{ANY_PORT, DOMAIN, Device, Echo, GET_INFO, failure, workstation};

async fn phone(access: &TunnelAccess) -> Result<(), DriveError> {
    let air = Loopback::new();
    let code = workstation().qr().clone();
    Device::new().phone(&air, access, code, Echo).await
}

/// Checks the kind of failure; gives the story behind it.
fn expect(result: Result<(), DriveError>, failure: TunnelFailure) -> TunnelError {
    let error = result.unwrap_err();
    let cause = Cause::Network(NetworkFault::Tunnel(failure));
    assert_eq!(error.error, Error { stage: Stage::OpeningTunnel, cause });
    assert_eq!(error.error.blame(), Blame::Network);
    let Some(Detail::Tunnel(detail)) = error.detail else { panic!("{error:?}") };
    assert_eq!(detail.failure(), failure);
    detail
}

/// What the resolver says to a name that never has an address (RFC 6761 §6.4): that there is none, or on a
/// machine without a network that it could not ask, which comes to the same.
#[tokio::test]
async fn a_name_without_address() {
    let mut config = PhoneConfig::new(GET_INFO.to_vec());
    // Resolvers that ask several servers in vain take their time.
    config.deadlines.tunnel = Duration::from_mins(2);
    let air = Loopback::new();
    let code = workstation().qr().clone();
    let mut device = Device::new();
    let address = "tunnel.invalid:443";
    let access = TunnelAccess::new().unwrap().connecting_to(address.parse().unwrap());
    let result = device.configured_phone(&air, &access, code, Echo, config).await;
    let detail = expect(result, TunnelFailure::NameNotFound);
    assert!(detail.to_string().starts_with(&format!("{address} has no address: ")), "{detail}");
}

#[tokio::test]
async fn a_name_that_cannot_be_asked_for() {
    // A label of 64 characters: no query leaves the machine.
    let address = format!("{}.invalid:443", "a".repeat(64));
    let access = TunnelAccess::new().unwrap().connecting_to(address.parse().unwrap());
    let detail = expect(phone(&access).await, TunnelFailure::NameNotFound);
    assert!(detail.to_string().contains(&address), "{detail}");
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    // As long as this socket is there, the system gives its port to nobody else.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind(ANY_PORT).unwrap();
    let free = nobody.local_addr().unwrap().to_string();
    let access = TunnelAccess::new().unwrap().connecting_to(free.parse().unwrap());
    let detail = expect(phone(&access).await, TunnelFailure::Unreachable);
    assert!(detail.to_string().contains(&free), "{detail}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority() {
    let (known, unknown) = (Authority::generate().unwrap(), Authority::generate().unwrap());
    let service = Fake::start_issued(DOMAIN, &unknown, &known).await;
    let (result, _) = tokio::join!(phone(&service.access), service.accept());
    let detail = expect(result, TunnelFailure::Certificate);
    assert!(detail.to_string().contains("presented for cable.ua5v.com is not valid"), "{detail}");
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let service = Fake::start_with("cable.example.org", &Authority::generate().unwrap()).await;
    let (result, _) = tokio::join!(phone(&service.access), service.accept());
    let text = expect(result, TunnelFailure::Certificate).to_string();
    assert!(text.contains("presented for cable.ua5v.com"), "{text}");
    assert!(text.contains("cable.example.org"), "{text}");
}

#[tokio::test]
async fn a_certificate_that_ended() {
    let service = Fake::start_expired().await;
    let (result, _) = tokio::join!(phone(&service.access), service.accept());
    let text = expect(result, TunnelFailure::Certificate).to_string();
    assert!(text.contains("expired"), "{text}");
}

#[tokio::test]
async fn a_certificate_that_browsers_do_not_trust() {
    let service = Fake::start().await;
    let address = service.listener.local_addr().unwrap().to_string().parse().unwrap();
    let access = TunnelAccess::new().unwrap().connecting_to(address);
    let (result, _) = tokio::join!(phone(&access), service.accept());
    expect(result, TunnelFailure::Certificate);
}

#[tokio::test]
async fn a_service_without_tls() {
    use tokio::io::AsyncWriteExt;
    let service = Fake::start().await;
    let answer = async {
        let (mut stream, _) = service.listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    };
    let (result, _) = tokio::join!(phone(&service.access), answer);
    let detail = expect(result, TunnelFailure::NotWebSocket);
    assert!(matches!(detail, TunnelError::Tls { .. }), "{detail:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_off() {
    let service = Fake::start().await;
    let break_off = async { drop(service.listener.accept().await.unwrap()) };
    let (result, ()) = tokio::join!(phone(&service.access), break_off);
    expect(result, TunnelFailure::Unreachable);

    let break_off = async { drop(service.accept_request().await) };
    let (result, ()) = tokio::join!(phone(&service.access), break_off);
    expect(result, TunnelFailure::Unreachable);
}

#[tokio::test]
async fn an_http_status() {
    for status in [200, 302, 400, 404, 410, 429, 503] {
        let service = Fake::start().await;
        let response = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        let (result, _) = tokio::join!(phone(&service.access), service.answer(&response));
        let detail = expect(result, TunnelFailure::HttpStatus(status));
        assert!(detail.to_string().contains(&status.to_string()), "{detail}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_http() {
    for response in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"] {
        let service = Fake::start().await;
        let (result, _) = tokio::join!(phone(&service.access), service.answer(response));
        expect(result, TunnelFailure::NotWebSocket);
    }
}

#[tokio::test]
async fn no_subprotocol_or_another() {
    for headers in ["X-caBLE-Routing-ID: 010203\r\n", "Sec-WebSocket-Protocol: chat\r\n"] {
        let service = Fake::start().await;
        let (result, _) = tokio::join!(phone(&service.access), service.upgrade(headers));
        expect(result, TunnelFailure::NoSubprotocol);
    }
}

#[tokio::test]
async fn no_routing_id_or_a_bad_one() {
    for routing_id in ["", "X-caBLE-Routing-ID: 0102\r\n", "X-caBLE-Routing-ID: 01020z\r\n"] {
        let service = Fake::start().await;
        let headers = format!("Sec-WebSocket-Protocol: fido.cable\r\n{routing_id}");
        let (result, _) = tokio::join!(phone(&service.access), service.upgrade(&headers));
        expect(result, TunnelFailure::NoRoutingId);
    }
}

#[tokio::test]
async fn silence() {
    let service = Fake::start().await;
    let code = workstation().qr().clone();
    let mut config = PhoneConfig::new(GET_INFO.to_vec());
    // The handshake has to be done before, or there would be nobody to be silent.
    config.deadlines.tunnel = Duration::from_secs(2);
    let air = Loopback::new();
    let mut device = Device::new();
    let phone = device.configured_phone(&air, &service.access, code, Echo, config);
    let (result, ()) = tokio::join!(phone, async {
        let (stream, _) = service.accept_request().await;
        closed(stream).await;
    });
    let cause = Cause::Network(NetworkFault::TunnelTimedOut);
    assert_eq!(failure(result), (Stage::OpeningTunnel, cause));
}

#[tokio::test]
async fn the_phone_asks_as_the_convention_says() {
    let service = Fake::start().await;
    let (result, head) = tokio::join!(phone(&service.access), async {
        let (stream, head) = service.accept_request().await;
        drop(stream);
        head
    });
    expect(result, TunnelFailure::Unreachable);
    check_request(&head, "/cable/new/", 32);
}

#[tokio::test]
async fn the_workstation_asks_as_the_convention_says() {
    let service = Fake::start().await;
    let air = Loopback::new();
    let client = workstation();
    let code = client.qr().clone();
    let (mut phone, mut desk) = (Device::new(), Device::new());
    let phone_cancel = phone.cancel.clone();
    let (phone, desk, head) = tokio::join!(
        phone.phone(&air, &service.access, code, Echo),
        desk.workstation(&air, &service.access, client),
        async {
            let phone = service.upgrade(GOOD).await;
            let (workstation, head) = service.accept_request().await;
            drop(workstation);
            phone_cancel.cancel();
            drop(phone);
            head
        }
    );
    assert_eq!(failure(phone).1, Cause::Cancelled);
    let cause = Cause::Network(NetworkFault::Tunnel(TunnelFailure::Unreachable));
    assert_eq!(failure(desk), (Stage::OpeningTunnel, cause));
    check_request(&head, "/cable/connect/010203/", 32);
}

fn check_request(head: &str, path: &str, digits: usize) {
    let target = head.strip_prefix("GET ").unwrap().split(' ').next().unwrap();
    let tunnel_id = target.strip_prefix(path).unwrap();
    assert_eq!(tunnel_id.len(), digits);
    assert_eq!(header(head, "Host"), Some(DOMAIN));
    assert_eq!(header(head, "Origin"), Some("wss://cable.ua5v.com"));
    assert_eq!(header(head, "Sec-WebSocket-Protocol"), Some("fido.cable"));
    assert_eq!(header(head, "Sec-WebSocket-Extensions"), None);
}

#[tokio::test]
async fn no_failure_shows_the_tunnel_id() {
    let service = Fake::start().await;
    let (result, head) = tokio::join!(phone(&service.access), async {
        let (stream, head) = service.accept_request().await;
        drop(stream);
        head
    });
    let tunnel_id = head.split(['/', ' ']).nth(4).unwrap();
    let error = result.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(tunnel_id));
}

#[tokio::test]
async fn a_radio_is_needed_only_where_it_is_used() {
    // Both halves of a radio are objects: whoever chooses one at run time boxes it.
    let air = Loopback::new();
    let mut advertiser: Box<dyn Advertiser> = Box::new(air.advertiser());
    let mut scanner: Box<dyn Scanner> = Box::new(air.scanner());
    advertiser.stop().await.unwrap();
    scanner.stop().await.unwrap();
}
