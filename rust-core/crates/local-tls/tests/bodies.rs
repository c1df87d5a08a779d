//! A client that sends half a body and stalls holds nobody up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{error::Error, net::SocketAddr, time::Duration};

use axum::{Router, body::Bytes, extract::FromRequest as _, extract::Request, routing::post};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use tokio_rustls::client::TlsStream;
use wardkey_local_tls::{Authority, BodyTooSlow, HttpsListener, client_config};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with this limit that says of each body how reading it went: its length, or whether it was too slow.
/// `/deaf` reads none.
fn server(limit: Duration) -> (Client, UnboundedReceiver<Result<usize, bool>>) {
    let authority = Authority::generate().unwrap();
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    let listener = HttpsListener::bind(address, &identity).unwrap().body_time(limit);
    let address = listener.local_addr();
    let (said, heard) = unbounded_channel();
    let read = async move |request: Request| {
        let body = Bytes::from_request(request, &()).await;
        let too_slow = |error: &dyn Error| error.source().is_some_and(BodyTooSlow::caused);
        let result = body.map(|body| body.len()).map_err(|error| too_slow(&error));
        said.send(result).unwrap();
        "read"
    };
    let router = Router::new().route("/", post(read)).route("/deaf", post(async || "deaf"));
    tokio::spawn(listener.serve(router, Duration::ZERO, std::future::pending()));
    (Client { authority, address }, heard)
}

struct Client {
    authority: Authority,
    address: SocketAddr,
}

impl Client {
    async fn send(&self, text: &str) -> TlsStream<TcpStream> {
        let config = client_config(self.authority.certificate_pem().as_bytes()).unwrap();
        let connector = tokio_rustls::TlsConnector::from(config);
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, tcp).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// All that comes until the server closes.
async fn rest(mut stream: TlsStream<TcpStream>) -> String {
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "the connection is still open");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn half_a_body_ends_in_an_error_and_the_connection_with_it() {
    let (client, mut bodies) = server(Duration::from_millis(50));
    for head in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
        let half = if head.starts_with('T') { "5\r\nhello\r\n" } else { "hello" };
        let stream = client
            .send(&format!("POST / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n{half}"))
            .await;
        let result = timeout(PATIENCE, bodies.recv()).await.expect("reading ends").unwrap();
        assert_eq!(result, Err(true), "{head}");
        assert!(rest(stream).await.starts_with("HTTP/1.1 200"), "{head}");
    }
}

#[tokio::test]
async fn who_does_not_read_the_body_does_not_wait_for_it() {
    let (client, _bodies) = server(Duration::from_hours(1));
    let head = "POST /deaf HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n";
    let stream = client.send(&format!("{head}hello")).await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("deaf"), "{answer}");
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_is_read() {
    let (client, mut bodies) = server(PATIENCE);
    let head =
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10\r\n\r\n";
    let mut stream = client.send(&format!("{head}hello")).await;
    stream.write_all(b"again").await.unwrap();
    assert_eq!(bodies.recv().await.unwrap(), Ok(10));
    assert!(rest(stream).await.ends_with("read"));
}
