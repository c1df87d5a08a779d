//! From an HTTP request to a WebSocket that speaks `fido.cable`, and to its orderly end.
//!
//! The handshake is answered here rather than by axum's extractor: after a message that is too
//! long, the connection itself must be read on for a moment, or the system would reset it and the
//! close frame that says why would be lost.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
    response::Response,
};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::server::create_response_with_body,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use crate::refusal::Refusal;

/// One side's connection.
pub(crate) type Socket = WebSocketStream<TokioIo<Upgraded>>;

const SUBPROTOCOL: &str = "fido.cable";

/// How long a side may take to answer a close frame before its connection is dropped.
const FAREWELL: Duration = Duration::from_secs(2);

/// A request that may become a [`Socket`], with the response that makes it one.
pub(crate) struct Upgrade {
    pub(crate) response: Response,
    pending: OnUpgrade,
    config: WebSocketConfig,
}

impl Upgrade {
    /// Checks the WebSocket request (RFC 6455 §4.2.1) and selects the subprotocol. Extensions,
    /// `permessage-deflate` among them, are not negotiated: what passes is encrypted.
    pub(crate) fn new(mut request: Request, frame_bytes: usize) -> Result<Self, Refusal> {
        let pending = hyper::upgrade::on(&mut request);
        let mut response = create_response_with_body(&request, Body::empty)
            .map_err(|error| Refusal::NotWebSocket(error.to_string()))?;
        if !offers_subprotocol(request.headers()) {
            return Err(Refusal::Subprotocol);
        }
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        let config = WebSocketConfig::default()
            .max_frame_size(Some(frame_bytes))
            .max_message_size(Some(frame_bytes))
            // Small frames wait for nothing, and few bytes are kept per connection.
            .write_buffer_size(0)
            .read_buffer_size(16 * 1024);
        Ok(Self { response, pending, config })
    }

    /// Splits off the response, which must be sent for the future to complete.
    pub(crate) fn into_parts(
        self,
    ) -> (Response, impl Future<Output = Result<Socket, hyper::Error>>) {
        let Self { response, pending, config } = self;
        let socket = async move {
            let io = TokioIo::new(pending.await?);
            Ok(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await)
        };
        (response, socket)
    }
}

fn offers_subprotocol(headers: &HeaderMap) -> bool {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim() == SUBPROTOCOL)
}

/// Says why, waits a moment for the other side to have heard, and drops the connection.
pub(crate) async fn close(mut socket: Socket, frame: CloseFrame) {
    let farewell = async {
        // Fails when the side has closed first; its own close frame is then answered by reading on.
        let _ = socket.send(Message::Close(Some(frame))).await;
        while let Some(Ok(_)) = socket.next().await {}
        // TLS is closed in order too: an end without close_notify looks like a cut to rustls.
        let io = socket.get_mut();
        let _ = io.shutdown().await;
        discard(io).await;
    };
    // A side that does not answer in time has had its chance to hear.
    let _ = timeout(FAREWELL, farewell).await;
}

/// Reads what is left of a message that was refused in its middle.
async fn discard(io: &mut (impl AsyncRead + Unpin)) {
    let mut scrap = [0; 4096];
    while matches!(io.read(&mut scrap).await, Ok(read) if read > 0) {}
}
