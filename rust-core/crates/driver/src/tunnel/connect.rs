//! Opening a tunnel: name, TCP, TLS, WebSocket, each with its own failures.

use std::io;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
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
    let mut last = None;
    for candidate in found.map_err(not_found)? {
        match TcpStream::connect(candidate).await {
            Ok(stream) => {
                // Messages are few and small, and somebody waits for each.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(source) => TunnelError::Unreachable { address: address.clone(), source },
        None => not_found(io::Error::new(io::ErrorKind::NotFound, "the name has no addresses")),
    })
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
