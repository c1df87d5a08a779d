//! A tunnel from its opening to its end, beside the session.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message, error::ProtocolError};
use wardkey_core::hybrid::session::{Input, TunnelViolation};
use wardkey_core::hybrid::tunnel::TunnelRequest;

use super::TunnelAccess;
use super::connect::{Socket, connect};
use crate::events::{Detail, Events};

/// How long the service may take to answer our goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the session wants of the tunnel.
#[derive(Debug)]
pub(crate) enum TunnelOrder {
    Connect(TunnelRequest),
    Send(Vec<u8>),
    Close,
}

type Orders = mpsc::UnboundedReceiver<TunnelOrder>;

/// Opens the tunnel when told, relays until told to close it or until no orders can come.
pub(crate) async fn relay(access: &TunnelAccess, mut orders: Orders, events: Events) {
    while let Some(order) = orders.recv().await {
        // Anything else belongs to a tunnel that is gone.
        if let TunnelOrder::Connect(request) = order
            && let Some(socket) = open(&request, access, &mut orders, &events).await
        {
            serve(socket, &mut orders, &events).await;
        }
    }
}

/// Opens a tunnel and reports how that went. `None` also when told to give up.
async fn open(
    request: &TunnelRequest,
    access: &TunnelAccess,
    orders: &mut Orders,
    events: &Events,
) -> Option<Socket> {
    let connected = tokio::select! {
        connected = connect(request, access) => connected,
        // There is nothing to send yet, so this is the end, or the order to give up.
        _ = orders.recv() => return None,
    };
    match connected {
        Ok((socket, routing_id)) => {
            events.report(Input::TunnelOpened { routing_id }).await;
            Some(socket)
        }
        Err(error) => {
            let input = Input::TunnelFailed(error.failure());
            events.report_detailed(input, Detail::Tunnel(error)).await;
            None
        }
    }
}

async fn serve(socket: Socket, orders: &mut Orders, events: &Events) {
    let (sink, stream) = socket.split();
    let mut reading = std::pin::pin!(read(stream, events));
    let mut writing = std::pin::pin!(write(sink, orders));
    tokio::select! {
        // What the other side does not read it does not get; but its end must not stop us from
        // hearing the order to close.
        () = &mut reading => writing.await,
        () = &mut writing => {
            // The service's own close frame, or its silence.
            let _ = tokio::time::timeout(GOODBYE, reading).await;
        }
    }
}

/// Reports what arrives until the tunnel ends, which it reports as well.
async fn read(mut stream: SplitStream<Socket>, events: &Events) {
    loop {
        let input = match stream.next().await {
            Some(Ok(Message::Binary(bytes))) => Input::TunnelMessage(bytes.into()),
            Some(Ok(Message::Text(_))) => Input::TunnelViolation(TunnelViolation::Text),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => read_error(&error),
            Some(Ok(Message::Close(_))) | None => Input::TunnelClosed,
        };
        let goes_on = matches!(input, Input::TunnelMessage(_));
        events.report(input).await;
        if !goes_on {
            return;
        }
    }
}

fn read_error(error: &WebSocketError) -> Input {
    match error {
        WebSocketError::Capacity(_) => Input::TunnelViolation(TunnelViolation::TooLarge),
        WebSocketError::Utf8(_) => Input::TunnelViolation(TunnelViolation::Text),
        WebSocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            Input::TunnelClosed
        }
        WebSocketError::Protocol(_) | WebSocketError::AttackAttempt => {
            Input::TunnelViolation(TunnelViolation::Protocol)
        }
        _ => Input::TunnelClosed,
    }
}

/// Sends what is ordered, then says goodbye.
async fn write(mut sink: SplitSink<Socket, Message>, orders: &mut Orders) {
    while let Some(TunnelOrder::Send(bytes)) = orders.recv().await {
        // A failure shows on the reading side.
        let _ = sink.send(Message::binary(bytes)).await;
    }
    let goodbye = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    let _ = sink.send(Message::Close(Some(goodbye))).await;
    // If the service said goodbye first, ours was refused: this sends the answer to its own.
    let _ = sink.close().await;
}
