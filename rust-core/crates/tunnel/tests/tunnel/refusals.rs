//! Requests that are not answered with a tunnel say why.

use crate::common::{ID, Running, limits, receive, send, start};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wardkey_tunnel::Limits;

#[tokio::test]
async fn each_bad_address_is_told_what_is_wrong_with_it() {
    let running = start(limits());
    let cases = [
        ("/cable/new/0001", 400, "32 hexadecimal digits"),
        ("/cable/new/000102030405060708090a0b0c0d0e0g", 400, "32 hexadecimal digits"),
        ("/cable/new/000102030405060708090a0b0c0d0e0f00", 400, "32 hexadecimal digits"),
        ("/cable/connect/00/000102030405060708090a0b0c0d0e0f", 400, "6 hexadecimal digits"),
        ("/cable/connect/xyzxyz/000102030405060708090a0b0c0d0e0f", 400, "6 hexadecimal digits"),
        ("/cable/connect/000000/00", 400, "32 hexadecimal digits"),
        ("/cable/connect/000000/000102030405060708090a0b0c0d0e0f", 404, "No phone waits"),
        ("/cable/contact/AAAA", 410, "Linked phones are not offered"),
        ("/cable/new/", 404, "nothing here"),
        ("/", 404, "nothing here"),
    ];
    for (path, status, text) in cases {
        let (found, body) = running.open(Running::request(path)).await.unwrap_err();
        assert!(found == status && body.contains(text), "{path}: {found} {body}");
    }
}

#[tokio::test]
async fn a_missing_subprotocol_is_named() {
    let running = start(limits());
    for offered in [None, Some("fido.cable2"), Some("soap")] {
        let mut request = Running::request(&format!("/cable/new/{ID}"));
        request.headers_mut().remove("Sec-WebSocket-Protocol");
        if let Some(offered) = offered {
            request.headers_mut().insert("Sec-WebSocket-Protocol", offered.parse().unwrap());
        }
        let (status, body) = running.open(request).await.unwrap_err();
        assert!(
            status == 400 && body.contains("“fido.cable” must be requested"),
            "{status} {body}"
        );
    }
    assert_eq!(running.metric("refused_total{reason=\"subprotocol\"}").await, 3);
}

#[tokio::test]
async fn a_plain_request_is_told_that_this_is_a_websocket() {
    let running = start(limits());
    let (status, body) = running.get(&format!("/cable/new/{ID}")).await;
    assert!(status == 400 && body.contains("WebSocket requests only"), "{status} {body}");
}

#[tokio::test]
async fn only_the_advertised_routing_id_joins_and_only_once() {
    let running = start(limits());
    let (mut phone, routing_id) = running.phone(ID).await;
    let other = if routing_id == "000000" { "000001" } else { "000000" };
    assert_eq!(running.workstation(other, ID).await.unwrap_err().0, 404);

    let mut first = running.workstation(&routing_id, ID).await.unwrap();
    let (status, body) = running.workstation(&routing_id, ID).await.unwrap_err();
    assert!(status == 409 && body.contains("Another workstation"), "{status} {body}");

    send(&mut first, b"still here").await;
    assert_eq!(receive(&mut phone).await, b"still here");
}

#[tokio::test]
async fn a_tunnel_id_belongs_to_one_phone_until_it_ends() {
    let running = start(limits());
    let (mut first, _) = running.phone(ID).await;
    let (status, body) = running
        .open(Running::request(&format!("/cable/new/{}", ID.to_uppercase())))
        .await
        .unwrap_err();
    assert!(status == 409 && body.contains("in use by another phone"), "{status} {body}");

    first.close(None).await.unwrap();
    while running.metric("ended_total{reason=\"closed\"}").await == 0 {}
    let (_second, routing_id) = running.phone(ID).await;
    running.workstation(&routing_id, ID).await.unwrap();
}

#[tokio::test]
async fn one_address_has_a_bounded_number_of_tunnels() {
    let running = start(Limits { tunnels_per_peer: 2, ..Limits::default() });
    let (mut first, _) = running.phone(&"1".repeat(32)).await;
    let (_second, routing_id) = running.phone(&"2".repeat(32)).await;
    let third = Running::request(&format!("/cable/new/{}", "3".repeat(32)));
    let (status, body) = running.open(third.clone()).await.unwrap_err();
    assert!(status == 429 && body.contains("Too many tunnels"), "{status} {body}");
    running.workstation(&routing_id, &"2".repeat(32)).await.expect("workstations are not counted");

    first.close(None).await.unwrap();
    while running.metric("ended_total{reason=\"closed\"}").await == 0 {}
    running.open(third).await.expect("the place is free again");
}

#[tokio::test]
async fn noise_instead_of_http_does_not_disturb_the_service() {
    let running = start(limits());
    for noise in [&b"\0\0\0\0\r\n\r\n"[..], b"GET", b"GET / HTTP/9.9\r\n\r\n", &[0xff; 9000]] {
        let mut stream = running.tls().await;
        stream.write_all(noise).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // Answered with 400 or not at all; a reset is an answer too.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
    }
    assert_eq!(running.get("/healthz").await, (200, "ok\n".to_owned()));
}
