//! Why a ceremony failed: who is at fault, at which stage, and what a person can do about it.

use super::Stage;
use thiserror::Error as ThisError;

/// A ceremony that ended without its purpose.
///
/// No variant holds bytes of a key, a QR secret, a tunnel id or a message, so an error may be
/// shown, logged and sent on as it is.
///
/// ```
/// use wardkey_core::hybrid::{Blame, Cause, Error, NetworkFault, Stage, TunnelFailure};
///
/// let error = Error {
///     stage: Stage::OpeningTunnel,
///     cause: Cause::Network(NetworkFault::Tunnel(TunnelFailure::NameNotFound)),
/// };
/// assert_eq!(error.blame(), Blame::Network);
/// assert_eq!(error.to_string(), "the tunnel service's name was not found (while opening the tunnel)");
/// assert!(error.remedy().contains("blocks the tunnel service"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("{cause} (while {stage})")]
pub struct Error {
    /// The stage the person was at.
    pub stage: Stage,
    /// Who did what.
    pub cause: Cause,
}

/// Who is at fault, without the detail.
///
/// ```
/// use wardkey_core::hybrid::{Blame, Cause, Error, Stage};
///
/// /// Whether a person has to read something.
/// fn is_worth_a_page(error: &Error) -> bool {
///     error.blame() != Blame::Cancelled
/// }
///
/// assert!(!is_worth_a_page(&Error { stage: Stage::ShowingCode, cause: Cause::Cancelled }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The device at the other end of the tunnel.
    Peer,
    /// Everything between the two devices.
    Network,
    /// This device or the person holding it.
    Local,
    /// Nobody: the ceremony was called off here.
    Cancelled,
}

/// Who did what.
///
/// ```
/// use wardkey_core::hybrid::{Blame, Cause, Error, PeerFault, Stage};
///
/// let error = Error { stage: Stage::Handshake, cause: PeerFault::HandshakeFailed.into() };
/// assert_eq!(error.cause, Cause::Peer(PeerFault::HandshakeFailed));
/// assert_eq!(error.blame(), Blame::Peer);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum Cause {
    /// The device at the other end of the tunnel broke the protocol, left, or kept silent.
    #[error(transparent)]
    Peer(#[from] PeerFault),
    /// The tunnel could not be opened or did not hold.
    #[error(transparent)]
    Network(#[from] NetworkFault),
    /// This device could not do its part.
    #[error(transparent)]
    Local(#[from] LocalFault),
    /// [`Input::Cancel`](super::session::Input::Cancel) arrived.
    #[error("the ceremony was cancelled")]
    Cancelled,
}

/// What the device at the other end did wrong.
///
/// ```
/// use wardkey_core::hybrid::{Error, PeerFault, Stage};
///
/// // The same fault is another's story at another stage.
/// let silent = |stage| Error { stage, cause: PeerFault::Silent.into() }.remedy();
/// assert!(silent(Stage::ShowingCode).starts_with("The code expired"));
/// assert_ne!(silent(Stage::ShowingCode), silent(Stage::Advertising));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum PeerFault {
    /// Nothing came before the deadline of the stage.
    #[error("the other device did not answer in time")]
    Silent,
    /// It ended the ceremony before its purpose was reached.
    #[error("the other device ended the ceremony")]
    Left,
    /// It sent a text frame where only binary frames are allowed.
    #[error("the other device sent text instead of a binary message")]
    TextMessage,
    /// It sent a message over the 1 MiB ceiling.
    #[error("the other device sent a message over the size limit")]
    MessageTooLarge,
    /// It broke the WebSocket protocol itself.
    #[error("the other device broke the WebSocket protocol")]
    WebSocketViolation,
    /// Its advert is authentic but asks for something this version does not know.
    #[error("the phone's advert is of an unknown kind")]
    UnknownAdvert,
    /// Its advert is authentic but names a tunnel domain that nobody has assigned.
    #[error("the phone chose the unassigned tunnel domain {0}")]
    UnassignedDomain(u16),
    /// Its handshake message does not prove knowledge of the QR code.
    #[error("the other device's handshake does not match the code")]
    HandshakeFailed,
    /// A message does not decrypt: altered, repeated, reordered or lost on the way.
    #[error("a message from the other device was altered on the way")]
    Undecryptable,
    /// The first message after the handshake is not what CTAP 2.2 §11.5.1 wants.
    #[error("the phone's introduction is malformed")]
    MalformedIntroduction,
    /// The phone does not offer CTAP on this tunnel.
    #[error("the phone does not offer passkeys on this tunnel")]
    CtapNotOffered,
    /// A message without so much as a type byte.
    #[error("the other device sent an empty message")]
    EmptyMessage,
    /// A message type nobody has defined.
    #[error("the other device sent a message of the unknown type {0}")]
    UnknownMessageType(u8),
    /// A message type that the other device may not send here.
    #[error("the other device sent a message of type {0} that it may not send")]
    ForbiddenMessageType(u8),
    /// A second command before the first was answered.
    #[error("the workstation sent a command before the last was answered")]
    CommandWhileBusy,
    /// More commands than one tunnel is good for.
    #[error("the workstation sent more commands than one code allows")]
    TooManyCommands,
}

/// What failed between the two devices.
///
/// ```
/// use wardkey_core::hybrid::{Blame, Error, NetworkFault, Stage};
///
/// let error = Error { stage: Stage::AwaitingCommand, cause: NetworkFault::TunnelClosed.into() };
/// assert_eq!(error.blame(), Blame::Network);
/// assert!(error.to_string().starts_with("the connection through the tunnel service was cut"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum NetworkFault {
    /// The tunnel could not be opened.
    #[error(transparent)]
    Tunnel(#[from] TunnelFailure),
    /// The tunnel service did not answer before the deadline.
    #[error("the tunnel service did not answer in time")]
    TunnelTimedOut,
    /// The tunnel was closed in the middle of the ceremony.
    #[error("the connection through the tunnel service was cut")]
    TunnelClosed,
}

/// Why the tunnel could not be opened.
///
/// ```
/// use wardkey_core::hybrid::{Error, NetworkFault, Stage, TunnelFailure};
///
/// // 404 and 410: the service has forgotten the tunnel.
/// let fault = NetworkFault::from(TunnelFailure::HttpStatus(410));
/// let error = Error { stage: Stage::OpeningTunnel, cause: fault.into() };
/// assert_eq!(error.remedy(), "The code expired: show a new code.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum TunnelFailure {
    /// The domain resolves to nothing.
    #[error("the tunnel service's name was not found")]
    NameNotFound,
    /// No connection: refused, unroutable, reset.
    #[error("the tunnel service could not be reached")]
    Unreachable,
    /// The TLS certificate is not trusted or not for this name.
    #[error("the tunnel service's certificate is not trusted")]
    Certificate,
    /// An HTTP status other than 101.
    #[error("the tunnel service answered with HTTP status {0}")]
    HttpStatus(u16),
    /// The answer did not select the subprotocol `fido.cable`.
    #[error("the tunnel service does not speak fido.cable")]
    NoSubprotocol,
    /// The answer to the phone lacks a valid `X-caBLE-Routing-ID`.
    #[error("the tunnel service assigned no routing id")]
    NoRoutingId,
    /// The answer is not a WebSocket handshake.
    #[error("the tunnel service does not speak WebSocket")]
    NotWebSocket,
}

/// What failed on this device.
///
/// ```
/// use wardkey_core::hybrid::{Blame, Error, LocalFault, RadioFailure, Stage};
///
/// let fault = LocalFault::from(RadioFailure::Off);
/// let error = Error { stage: Stage::Advertising, cause: fault.into() };
/// assert_eq!(error.blame(), Blame::Local);
/// assert_eq!(error.remedy(), "Switch Bluetooth on, then start again.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum LocalFault {
    /// The radio could not advertise or scan.
    #[error(transparent)]
    Radio(#[from] RadioFailure),
    /// The person did not decide before the deadline.
    #[error("nobody answered the prompt in time")]
    UserTimedOut,
    /// The authenticator's answer lacks even a status byte.
    #[error("the authenticator gave an empty answer")]
    EmptyResponse,
    /// The command or answer to send exceeds the 1 MiB ceiling.
    #[error("a message to send is over the size limit")]
    MessageTooLarge,
    /// The tunnel's 2^24 messages are used up.
    #[error("the tunnel's message counter is used up")]
    CounterExhausted,
}

/// Why the radio could not advertise or scan.
///
/// ```
/// use wardkey_core::hybrid::{LocalFault, RadioFailure};
///
/// let fault = LocalFault::from(RadioFailure::PermissionDenied);
/// assert_eq!(fault.to_string(), "permission to use Bluetooth is missing");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum RadioFailure {
    /// The device has no Bluetooth that can do this.
    #[error("this device has no usable Bluetooth")]
    Unavailable,
    /// Bluetooth is switched off.
    #[error("Bluetooth is switched off")]
    Off,
    /// The operating system refuses access.
    #[error("permission to use Bluetooth is missing")]
    PermissionDenied,
    /// The radio failed in its own way; the driver's log says more.
    #[error("Bluetooth failed")]
    Failed,
}

impl Error {
    /// Who is at fault, without the detail.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self.cause {
            Cause::Peer(_) => Blame::Peer,
            Cause::Network(_) => Blame::Network,
            Cause::Local(_) => Blame::Local,
            Cause::Cancelled => Blame::Cancelled,
        }
    }

    /// What a person can do about it: one sentence, plain words.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self.cause {
            Cause::Peer(fault) => peer_remedy(fault, self.stage),
            Cause::Network(fault) => network_remedy(fault),
            Cause::Local(fault) => local_remedy(fault),
            Cause::Cancelled => "Start again with a new code when you are ready.",
        }
    }
}

fn peer_remedy(fault: PeerFault, stage: Stage) -> &'static str {
    match (fault, stage) {
        (PeerFault::Silent, Stage::ShowingCode) => {
            "The code expired: show a new code, and check that the phone has Bluetooth on and is near."
        }
        (PeerFault::Silent, Stage::Advertising) => {
            "Check that the workstation has Bluetooth on and is near, then scan a new code."
        }
        (PeerFault::Silent, Stage::AwaitingResponse) => {
            "Look at the phone: it may still wait for your answer. Then show a new code."
        }
        (PeerFault::Silent | PeerFault::Left, _) => "Start again with a new code.",
        (PeerFault::HandshakeFailed, _) => {
            "Show a new code and scan that one; if it happens again, something interferes with the connection."
        }
        (PeerFault::Undecryptable, _) => {
            "Start again with a new code; if it happens again, something interferes with the connection."
        }
        (PeerFault::TooManyCommands | PeerFault::CommandWhileBusy, _) => {
            "Each code is good for one request: show a new code."
        }
        (PeerFault::CtapNotOffered, _) => "Use a phone that holds passkeys, and show a new code.",
        _ => "Update the software of both devices, then start again with a new code.",
    }
}

const fn network_remedy(fault: NetworkFault) -> &'static str {
    match fault {
        NetworkFault::Tunnel(TunnelFailure::NameNotFound | TunnelFailure::Unreachable)
        | NetworkFault::TunnelTimedOut => {
            "Check the Internet connection; if it works, this network blocks the tunnel service."
        }
        NetworkFault::Tunnel(TunnelFailure::Certificate) => {
            "This network may intercept secure connections: use another network, and check the device's date."
        }
        NetworkFault::Tunnel(TunnelFailure::HttpStatus(404 | 410)) => {
            "The code expired: show a new code."
        }
        NetworkFault::Tunnel(_) => {
            "The tunnel service is not working as it should: try again later with a new code."
        }
        NetworkFault::TunnelClosed => "Start again with a new code.",
    }
}

const fn local_remedy(fault: LocalFault) -> &'static str {
    match fault {
        LocalFault::Radio(RadioFailure::Off) => "Switch Bluetooth on, then start again.",
        LocalFault::Radio(RadioFailure::PermissionDenied) => {
            "Allow the use of nearby devices in the settings, then start again."
        }
        LocalFault::Radio(RadioFailure::Unavailable) => {
            "This needs a device with Bluetooth Low Energy."
        }
        LocalFault::Radio(RadioFailure::Failed) => "Switch Bluetooth off and on, then start again.",
        LocalFault::UserTimedOut => "Start again with a new code and answer the prompt.",
        LocalFault::EmptyResponse | LocalFault::MessageTooLarge | LocalFault::CounterExhausted => {
            "Start again with a new code; if it happens again, report it."
        }
    }
}
