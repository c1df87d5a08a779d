//! The listener answers over TLS and ends when told to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
};
use wardkey_local_tls::{Authority, HttpsError, HttpsListener, client_config};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

#[tokio::test]
async fn a_request_is_answered_and_then_the_listener_ends() {
    let authority = Authority::generate().unwrap();
    let listener =
        HttpsListener::bind(loopback(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let address = listener.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new().route(
        "/who",
        get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
    );
    let serving = tokio::spawn(listener.serve(router, Duration::from_secs(5), async {
        stopped.await.ok();
    }));

    let connector = tokio_rustls::TlsConnector::from(
        client_config(authority.certificate_pem().as_bytes()).unwrap(),
    );
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut stream =
        connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    stream
        .write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("127.0.0.1"), "{answer}");

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "the port is free again");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let identity = Authority::generate().unwrap().issue(&["localhost"]).unwrap();
    let first = HttpsListener::bind(loopback(), &identity).unwrap();
    let refused = HttpsListener::bind(first.local_addr(), &identity).unwrap_err();
    assert!(matches!(refused, HttpsError::Listen { .. }));
    assert!(refused.to_string().contains(&first.local_addr().to_string()), "{refused}");
}
