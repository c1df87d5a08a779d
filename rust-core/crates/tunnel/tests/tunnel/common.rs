//! A running service and clients for it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        handshake::client::{Request, Response},
        protocol::{WebSocketConfig, frame::coding::CloseCode},
    },
};
use wardkey_local_tls::{Authority, client_config};
use wardkey_tunnel::{Handle, Limits, Tunnel, TunnelError};

pub(crate) type Socket = WebSocketStream<TlsStream<TcpStream>>;

pub(crate) const ID: &str = "000102030405060708090a0b0c0d0e0f";

/// Longer than anything here takes: a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    client: Arc<ClientConfig>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), TunnelError>>,
}

/// Limits a test can wait for.
pub(crate) fn limits() -> Limits {
    Limits { tunnels_per_peer: 8, ..Limits::default() }
}

pub(crate) fn start(limits: Limits) -> Running {
    let authority = Authority::generate().unwrap();
    let identity = authority.issue(&["localhost", "cable.ua5v.com", "cable.auth.com"]).unwrap();
    let tunnel = Tunnel::bind("127.0.0.1:0".parse().unwrap(), &identity, limits).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    Running {
        address: tunnel.local_addr(),
        handle: tunnel.handle(),
        client: client_config(authority.certificate_pem().as_bytes()).unwrap(),
        stop: Some(stop),
        serving: tokio::spawn(tunnel.serve(async {
            stopped.await.ok();
        })),
    }
}

impl Running {
    pub(crate) async fn tls(&self) -> TlsStream<TcpStream> {
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.client));
        let tcp = TcpStream::connect(self.address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        connector.connect(ServerName::try_from("cable.ua5v.com").unwrap(), tcp).await.unwrap()
    }

    pub(crate) fn request(path: &str) -> Request {
        let mut request = format!("wss://cable.ua5v.com{path}").into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", "fido.cable".parse().unwrap());
        headers.insert("Origin", "wss://cable.ua5v.com".parse().unwrap());
        request
    }

    pub(crate) async fn open(&self, request: Request) -> Result<(Socket, Response), (u16, String)> {
        // What a client may send is not what is under test here.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        match client_async_with_config(request, self.tls().await, Some(config)).await {
            Ok(opened) => Ok(opened),
            Err(Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// The phone's side of `id`, with the routing id it was told.
    pub(crate) async fn phone(&self, id: &str) -> (Socket, String) {
        let (socket, response) =
            self.open(Self::request(&format!("/cable/new/{id}"))).await.unwrap();
        let routing_id = response.headers()["X-caBLE-Routing-ID"].to_str().unwrap().to_owned();
        (socket, routing_id)
    }

    pub(crate) async fn workstation(
        &self,
        routing_id: &str,
        id: &str,
    ) -> Result<Socket, (u16, String)> {
        let path = format!("/cable/connect/{routing_id}/{id}");
        self.open(Self::request(&path)).await.map(|(socket, _)| socket)
    }

    pub(crate) async fn pair(&self) -> (Socket, Socket) {
        let (phone, routing_id) = self.phone(ID).await;
        let workstation = self.workstation(&routing_id, ID).await.unwrap();
        (phone, workstation)
    }

    /// Status and body of a plain GET.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let mut stream = self.tls().await;
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }

    /// Value of one line of /metrics, 0 when it is not there yet.
    pub(crate) async fn metric(&self, line: &str) -> u64 {
        let (_, text) = self.get("/metrics").await;
        let prefix = format!("wardkey_tunnel_{line} ");
        text.lines()
            .find_map(|found| found.strip_prefix(&prefix))
            .map_or(0, |value| value.parse().unwrap())
    }

    pub(crate) fn order_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn stopped(self) {
        tokio::time::timeout(PATIENCE, self.serving).await.expect("serve() ends").unwrap().unwrap();
    }
}

pub(crate) async fn receive(socket: &mut Socket) -> Vec<u8> {
    match tokio::time::timeout(PATIENCE, socket.next()).await.expect("a frame in time") {
        Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
        other => panic!("a binary frame was expected: {other:?}"),
    }
}

pub(crate) async fn send(socket: &mut Socket, bytes: &[u8]) {
    socket.send(Message::binary(bytes.to_vec())).await.unwrap();
}

/// The code the service closes with; frames before it are passed over.
pub(crate) async fn closed(socket: &mut Socket) -> u16 {
    let told = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code,
                Some(Ok(_)) => {}
                other => panic!("a close frame was expected: {other:?}"),
            }
        }
    };
    CloseCode::into(tokio::time::timeout(PATIENCE, told).await.expect("a close frame in time"))
}
