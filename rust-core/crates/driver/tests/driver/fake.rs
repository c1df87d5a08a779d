//! A service at the end of a TLS connection that does whatever a test wants.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use wardkey_driver::TunnelAccess;
use wardkey_local_tls::Authority;

use crate::world::{ANY_PORT, DOMAIN};

pub(crate) type Stream = TlsStream<TcpStream>;

/// What a good service adds to its answer to a phone.
pub(crate) const GOOD: &str =
    "Sec-WebSocket-Protocol: fido.cable\r\nX-caBLE-Routing-ID: 010203\r\n";

pub(crate) struct Fake {
    pub(crate) access: TunnelAccess,
    pub(crate) listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        Self::start_with(DOMAIN, &Authority::generate().unwrap()).await
    }

    /// A service whose certificate is for `name`, visited by those who trust `trusted`.
    pub(crate) async fn start_with(name: &str, trusted: &Authority) -> Self {
        Self::start_issued(name, trusted, trusted).await
    }

    pub(crate) async fn start_issued(name: &str, issuer: &Authority, trusted: &Authority) -> Self {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let identity = issuer.issue(&[name]).unwrap();
        let access = TunnelAccess::trusting(trusted.certificate_pem().as_bytes()).unwrap();
        let acceptor = TlsAcceptor::from(identity.server_config().unwrap());
        Self { access: access.connecting_to(address), listener, acceptor }
    }

    /// A service whose certificate is trusted and for the right name, but ended long ago.
    pub(crate) async fn start_expired() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([DOMAIN.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, key).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([DOMAIN.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 4, 1);
        let leaf = params.signed_by(&key, &root).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let access = TunnelAccess::trusting(root.pem().as_bytes()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self { access: access.connecting_to(address), listener, acceptor }
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        let (stream, _) = self.listener.accept().await?;
        self.acceptor.accept(stream).await
    }

    /// Accepts a connection and reads its request; gives both.
    pub(crate) async fn accept_request(&self) -> (Stream, String) {
        let mut stream = self.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (stream, String::from_utf8(head).unwrap())
    }

    /// Answers the next request with these bytes; gives the connection.
    pub(crate) async fn answer(&self, response: &str) -> Stream {
        let (mut stream, _) = self.accept_request().await;
        stream.write_all(response.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        stream
    }

    /// Upgrades the next request to WebSocket with these header lines.
    pub(crate) async fn upgrade(&self, headers: &str) -> WebSocketStream<Stream> {
        let (mut stream, head) = self.accept_request().await;
        let key = header(&head, "Sec-WebSocket-Key").unwrap();
        let accept = derive_accept_key(key.as_bytes());
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{headers}\r\n"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        WebSocketStream::from_raw_socket(stream, Role::Server, None).await
    }
}

/// The value of a header in a request.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}

/// Waits until the other side has closed the connection, however it does.
pub(crate) async fn closed(mut stream: Stream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}
