//! Why a tunnel could not be opened, with the detail that a session leaves out.

use std::io;

use rustls::CertificateError;
use wardkey_core::hybrid::TunnelFailure;

use super::TunnelAddress;

/// Why a tunnel could not be opened.
///
/// No variant holds the path of the request: it contains the tunnel id.
///
/// A [`DriveError`](crate::DriveError) may carry it.
///
/// ```
/// use wardkey_core::hybrid::TunnelFailure;
/// use wardkey_driver::TunnelError;
///
/// let error = TunnelError::HttpStatus { name: "cable.ua5v.com".into(), status: 410 };
/// assert_eq!(error.to_string(), "cable.ua5v.com answered with HTTP status 410");
/// assert_eq!(error.failure(), TunnelFailure::HttpStatus(410));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TunnelError {
    /// The name resolves to nothing.
    #[error("{address} has no address: {source}")]
    NameNotFound {
        /// Where the tunnel service was sought.
        address: TunnelAddress,
        /// What the resolver says.
        source: io::Error,
    },
    /// The connection was refused, cannot be routed, or broke.
    #[error("no connection to {address}: {source}")]
    Unreachable {
        /// Where the tunnel service was sought.
        address: TunnelAddress,
        /// What the system says.
        source: io::Error,
    },
    /// The TLS certificate is not trusted or not for this name.
    #[error("the certificate presented for {name} is not valid: {reason}")]
    Certificate {
        /// The name the certificate must be for.
        name: String,
        /// What is wrong with it.
        reason: CertificateError,
    },
    /// No TLS session came about, for a reason other than the certificate.
    #[error("no secure connection with {name}: {reason}")]
    Tls {
        /// The name of the service.
        name: String,
        /// What is wrong.
        reason: rustls::Error,
    },
    /// An HTTP status other than 101.
    #[error("{name} answered with HTTP status {status}")]
    HttpStatus {
        /// The name of the service.
        name: String,
        /// The status code.
        status: u16,
    },
    /// The answer does not select the subprotocol `fido.cable`.
    #[error("{name} does not offer the WebSocket subprotocol fido.cable")]
    NoSubprotocol {
        /// The name of the service.
        name: String,
    },
    /// The answer to the phone lacks a valid `X-caBLE-Routing-ID`.
    #[error("{name} assigned no valid routing id")]
    NoRoutingId {
        /// The name of the service.
        name: String,
    },
    /// The answer is not a WebSocket handshake.
    #[error("{name} does not answer as a WebSocket service: {reason}")]
    NotWebSocket {
        /// The name of the service.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl TunnelError {
    /// The kind of failure, as a session wants to know it.
    pub fn failure(&self) -> TunnelFailure {
        match self {
            Self::NameNotFound { .. } => TunnelFailure::NameNotFound,
            Self::Unreachable { .. } => TunnelFailure::Unreachable,
            Self::Certificate { .. } => TunnelFailure::Certificate,
            Self::HttpStatus { status, .. } => TunnelFailure::HttpStatus(*status),
            Self::NoSubprotocol { .. } => TunnelFailure::NoSubprotocol,
            Self::NoRoutingId { .. } => TunnelFailure::NoRoutingId,
            Self::Tls { .. } | Self::NotWebSocket { .. } => TunnelFailure::NotWebSocket,
        }
    }
}
