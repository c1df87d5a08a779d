//! Opening a tunnel: name, TCP, TLS, WebSocket, each with its own failures.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WebSocketError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use wardkey_core::hybrid::tunnel::{
    MAX_MESSAGE, ROUTING_ID_HEADER, RoutingId, SUBPROTOCOL, TunnelRequest, TunnelRole,
};

use super::{TunnelAccess, TunnelAddress, TunnelError};

/// An open tunnel.
pub(super) type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// How long one of several addresses may take: time for one SYN that is lost.
const PER_ADDRESS: Duration = Duration::from_secs(3);

/// Opens the tunnel of `request`; the routing id is the phone's alone.
pub(super) async fn connect(
    request: &TunnelRequest,
    access: &TunnelAccess,
) -> Result<(Socket, Option<RoutingId>), TunnelError> {
    let name = &request.domain;
    let address = access.connect_to.clone().unwrap_or_else(|| TunnelAddress::https(name));
    let stream = connect_tcp(&address).await?;
    let stream = connect_tls(stream, &address, name, access).await?;
    let upgrade = upgrade_request(request)?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let (socket, response) =
        tokio_tungstenite::client_async_with_config(upgrade, stream, Some(limits))
            .await
            .map_err(|error| read_upgrade_error(error, name, &address))?;
    let routing_id = match request.role {
        TunnelRole::Workstation => None,
        TunnelRole::Phone => Some(read_routing_id(&response, name)?),
    };
    Ok((socket, routing_id))
}

async fn connect_tcp(address: &TunnelAddress) -> Result<TcpStream, TunnelError> {
    let not_found = |source| TunnelError::NameNotFound { address: address.clone(), source };
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
    let candidates: Vec<_> = found.map_err(not_found)?.collect();
    match connect_to_first(&candidates).await {
        Some(Ok(stream)) => {
            // Messages are few and small, and somebody waits for each.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Some(Err(source)) => Err(TunnelError::Unreachable { address: address.clone(), source }),
        None => {
            Err(not_found(io::Error::new(io::ErrorKind::NotFound, "the name has no addresses")))
        }
    }
}

/// Connects to the first address that answers; `None` if there is no address. One that swallows everything
/// must not use up the time of those behind it; the last has what remains, which the session limits.
async fn connect_to_first(candidates: &[SocketAddr]) -> Option<io::Result<TcpStream>> {
    let (last, others) = candidates.split_last()?;
    for candidate in others {
        if let Ok(Ok(stream)) = timeout(PER_ADDRESS, TcpStream::connect(candidate)).await {
            return Some(Ok(stream));
        }
    }
    Some(TcpStream::connect(last).await)
}

async fn connect_tls(
    stream: TcpStream,
    address: &TunnelAddress,
    name: &str,
    access: &TunnelAccess,
) -> Result<TlsStream<TcpStream>, TunnelError> {
    let server_name = ServerName::try_from(name.to_owned()).map_err(|_| TunnelError::Tls {
        name: name.to_owned(),
        reason: rustls::Error::General("not a DNS name".to_owned()),
    })?;
    let connected = TlsConnector::from(access.tls.clone()).connect(server_name, stream).await;
    connected.map_err(|error| read_tls_error(error, name, address))
}

fn read_tls_error(error: io::Error, name: &str, address: &TunnelAddress) -> TunnelError {
    let name = name.to_owned();
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match reason.cloned() {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            TunnelError::Certificate { name, reason }
        }
        Some(reason) => TunnelError::Tls { name, reason },
        None => TunnelError::Unreachable { address: address.clone(), source: error },
    }
}

fn upgrade_request(request: &TunnelRequest) -> Result<Request, TunnelError> {
    let unusable =
        |reason: String| TunnelError::NotWebSocket { name: request.domain.clone(), reason };
    let mut upgrade =
        request.url().into_client_request().map_err(|error| unusable(error.to_string()))?;
    let origin =
        HeaderValue::try_from(request.origin()).map_err(|error| unusable(error.to_string()))?;
    upgrade.headers_mut().insert(ORIGIN, origin);
    upgrade.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(upgrade)
}

fn read_upgrade_error(error: WebSocketError, name: &str, address: &TunnelAddress) -> TunnelError {
    let name = name.to_owned();
    match error {
        WebSocketError::Http(response) => {
            TunnelError::HttpStatus { name, status: response.status().as_u16() }
        }
        WebSocketError::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => {
            TunnelError::NoSubprotocol { name }
        }
        WebSocketError::Protocol(ProtocolError::HandshakeIncomplete) => TunnelError::Unreachable {
            address: address.clone(),
            source: io::ErrorKind::UnexpectedEof.into(),
        },
        WebSocketError::Io(error) => read_tls_error(error, &name, address),
        error => TunnelError::NotWebSocket { name, reason: error.to_string() },
    }
}

fn read_routing_id(response: &Response, name: &str) -> Result<RoutingId, TunnelError> {
    let value = response.headers().get(ROUTING_ID_HEADER).and_then(|value| value.to_str().ok());
    value
        .and_then(RoutingId::from_header)
        .ok_or_else(|| TunnelError::NoRoutingId { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// An address whose every SYN is lost: two wait there already, for whom there is room, and nobody takes
    /// them.
    async fn black_hole() -> (TcpListener, [TcpStream; 2]) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let waiting = [address; 2].map(TcpStream::connect);
        let waiting = futures_util::future::join_all(waiting).await;
        let waiting: Vec<_> = waiting.into_iter().map(Result::unwrap).collect();
        (listener, waiting.try_into().unwrap())
    }

    #[tokio::test]
    async fn an_address_that_swallows_everything_does_not_hide_the_next() {
        let (hole, _waiting) = black_hole().await;
        let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = [hole.local_addr().unwrap(), service.local_addr().unwrap()];
        let connected = timeout(2 * PER_ADDRESS, connect_to_first(&addresses)).await;
        let stream = connected.expect("in time").unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
    }

    #[tokio::test]
    async fn the_last_refusal_is_told() {
        // As long as this socket is there, the system gives its port to nobody else.
        let nobody = tokio::net::TcpSocket::new_v4().unwrap();
        nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let gone = nobody.local_addr().unwrap();
        let refused = connect_to_first(&[gone, gone]).await.unwrap().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect_to_first(&[]).await.is_none());
    }
}
