//! Why a request is not answered with a tunnel.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// A request that ends without a WebSocket. The text goes to the client, as plain text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The tunnel id must be 32 hexadecimal digits (16 bytes).")]
    TunnelId,
    #[error("The routing id must be 6 hexadecimal digits (3 bytes).")]
    RoutingId,
    #[error(
        "The WebSocket subprotocol “fido.cable” must be requested (Sec-WebSocket-Protocol: fido.cable)."
    )]
    Subprotocol,
    #[error("This address answers WebSocket requests only: {0}.")]
    NotWebSocket(String),
    #[error(
        "No phone waits at this tunnel: it was never opened, has ended, or has another routing id."
    )]
    UnknownTunnel,
    #[error("This tunnel id is in use by another phone.")]
    TunnelTaken,
    #[error("Another workstation has already connected to this tunnel.")]
    WorkstationTaken,
    #[error("Too many tunnels are open from this address. Close one, or wait for one to end.")]
    TooManyTunnels,
    #[error("Linked phones are not offered by this service. Scan a QR code instead.")]
    LinkedPhones,
    #[error("The service is shutting down.")]
    ShuttingDown,
    #[error("The service has no random numbers at present.")]
    Random,
    #[error("There is nothing here. A tunnel is at /cable/new/… or /cable/connect/…")]
    NoSuchPage,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::TunnelId | Self::RoutingId | Self::Subprotocol | Self::NotWebSocket(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::UnknownTunnel | Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::TunnelTaken | Self::WorkstationTaken => StatusCode::CONFLICT,
            Self::TooManyTunnels => StatusCode::TOO_MANY_REQUESTS,
            // Clients forget a link when they are told 410, which is right: it leads nowhere here.
            Self::LinkedPhones => StatusCode::GONE,
            Self::ShuttingDown | Self::Random => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The value of the label `reason` in the metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::TunnelId => "tunnel_id",
            Self::RoutingId => "routing_id",
            Self::Subprotocol => "subprotocol",
            Self::NotWebSocket(_) => "not_websocket",
            Self::UnknownTunnel => "unknown_tunnel",
            Self::TunnelTaken => "tunnel_taken",
            Self::WorkstationTaken => "workstation_taken",
            Self::TooManyTunnels => "too_many_tunnels",
            Self::LinkedPhones => "linked_phones",
            Self::ShuttingDown => "shutting_down",
            Self::Random => "random",
            Self::NoSuchPage => "no_such_page",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status(), format!("{self}\n")).into_response()
    }
}
