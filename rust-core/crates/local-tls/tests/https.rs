//! The listener answers over TLS and ends when told to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, oneshot},
    task::JoinHandle,
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

#[tokio::test]
async fn a_client_that_sends_no_request_is_not_kept() {
    let authority = Authority::generate().unwrap();
    let listener = HttpsListener::bind(loopback(), &authority.issue(&["localhost"]).unwrap())
        .unwrap()
        // It is the time of the handshake as well, which has to be done.
        .head_time(Duration::from_secs(1));
    let address = listener.local_addr();
    tokio::spawn(listener.serve(Router::new(), Duration::ZERO, std::future::pending()));
    let connector = tokio_rustls::TlsConnector::from(
        client_config(authority.certificate_pem().as_bytes()).unwrap(),
    );
    for sent in [&b""[..], b"GET / HTTP/1.1\r\nHost: local"] {
        let tcp = TcpStream::connect(address).await.unwrap();
        let mut stream =
            connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut answer = Vec::new();
        let ended =
            tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "the connection is still open after {sent:?}");
    }
}

/// A server whose only page answers when `release` is notified, with a request under way.
async fn busy(
    drain: Duration,
) -> (
    tokio_rustls::client::TlsStream<TcpStream>,
    Arc<Notify>,
    oneshot::Sender<()>,
    JoinHandle<Result<(), HttpsError>>,
) {
    let authority = Authority::generate().unwrap();
    let listener =
        HttpsListener::bind(loopback(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let address = listener.local_addr();
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let page = {
        let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
        get(move || async move {
            entered.notify_one();
            release.notified().await;
            "done"
        })
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener.serve(Router::new().route("/", page), drain, async {
        stopped.await.ok();
    }));
    let connector = tokio_rustls::TlsConnector::from(
        client_config(authority.certificate_pem().as_bytes()).unwrap(),
    );
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut stream =
        connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    entered.notified().await;
    (stream, release, stop, serving)
}

#[tokio::test]
async fn a_request_under_way_is_finished_after_the_order_to_stop() {
    let (mut stream, release, stop, serving) = busy(Duration::from_secs(20)).await;
    stop.send(()).unwrap();
    release.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_finish_is_cut() {
    let (mut stream, _release, stop, serving) = busy(Duration::from_millis(50)).await;
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    let mut answer = String::new();
    assert!(stream.read_to_string(&mut answer).await.is_err() || answer.is_empty(), "{answer}");
}
