//! A tunnel service that does whatever a test wants.

use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};
use wardkey_local_tls::Authority;

use crate::town::private_folder;

/// What a good service adds to its answer to a phone.
pub const GOOD: &str = "Sec-WebSocket-Protocol: fido.cable\r\nX-caBLE-Routing-ID: 010203\r\n";

/// How the service answers a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With these bytes.
    Bytes(String),
    /// As a WebSocket with these header lines, over which these bytes come.
    WebSocket(&'static str, Vec<u8>),
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"))
    }
}

pub struct Fake {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    certificate: tempfile::TempDir,
}

impl Fake {
    /// A service whose certificate is for `name`.
    pub async fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = Authority::generate().unwrap();
        let config = authority.issue(&[name]).unwrap().server_config().unwrap();
        let certificate = private_folder();
        std::fs::write(certificate.path().join("ca.pem"), authority.certificate_pem()).unwrap();
        Self { listener, acceptor: TlsAcceptor::from(config), certificate }
    }

    pub fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    pub fn certificate(&self) -> String {
        self.certificate.path().join("ca.pem").to_str().unwrap().to_owned()
    }

    /// Answers one request, then waits until the other side hangs up; gives the head of the request.
    pub async fn serve(&self, answer: Answer) -> String {
        let (stream, _) = self.listener.accept().await.unwrap();
        // Who does not trust the certificate says goodbye here.
        let Ok(mut stream) = self.acceptor.accept(stream).await else { return String::new() };
        let head = read_head(&mut stream).await;
        match answer {
            Answer::Bytes(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                let _ = stream.read_to_end(&mut vec![]).await;
            }
            Answer::WebSocket(headers, frames) => {
                let bytes = [upgrade(&head, headers), frames].concat();
                // Who has read enough hangs up.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                // This also answers a polite goodbye.
                let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
                while let Some(Ok(_)) = socket.next().await {}
            }
        }
        head
    }
}

async fn read_head(stream: &mut TlsStream<TcpStream>) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

fn upgrade(head: &str, headers: &str) -> Vec<u8> {
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("Sec-WebSocket-Key").then_some(value)
    });
    let accept = derive_accept_key(key.unwrap().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{headers}\r\n"
    )
    .into_bytes()
}

/// The frames that a hostile service or device may send, with what is said about each and to do.
pub fn bad_frames() -> Vec<(Vec<u8>, &'static str, &'static str)> {
    const TOO_LARGE: u64 = (1 << 20) + 1;
    let oversize = [&[0x82, 0x7f][..], &TOO_LARGE.to_be_bytes()].concat();
    // Each part is within the limit, the message is not.
    let mut parts = [&[0x02, 0x7f][..], &(1_u64 << 20).to_be_bytes()].concat();
    parts.resize(parts.len() + (1 << 20), 0);
    parts.extend([0x80, 1, 0]);
    let update = "update the software";
    vec![
        (b"\x81\x02hi".to_vec(), "sent text instead of a binary message", update),
        (oversize, "over the size limit", update),
        (parts, "over the size limit", update),
        (b"\x83\x00".to_vec(), "broke the WebSocket protocol", update),
        (b"\x88\x00".to_vec(), "was cut", "a new code"),
        (b"\x82\x00".to_vec(), "handshake does not match the code", "a new code"),
        ([&b"\x82\x41"[..], &[4; 65]].concat(), "handshake does not match the code", "a new code"),
    ]
}
