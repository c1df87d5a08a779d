//! What Kotlin tells the phone's side of a hybrid ceremony.

use std::{string::String, vec::Vec};

use super::answers::CtapAnswer;
use crate::hybrid::{
    RadioFailure, TunnelFailure,
    session::{Input, TunnelViolation},
    tunnel::RoutingId,
};

/// What happened.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, HybridOutcome, Reason};
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// phone.step(0, HybridEvent::Started);
/// phone.step(40, HybridEvent::TunnelOpened { routing_id: Some("c49c24".into()) });
///
/// // No bytes that a stranger sends begin a handshake.
/// let turn = phone.step(90, HybridEvent::TunnelMessage { bytes: vec![0x04; 81] });
/// let Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) = turn.orders.last() else {
///     panic!("whoever sent this has not seen the code")
/// };
/// assert_eq!(failure.reason, Reason::Tampered);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HybridEvent {
    /// Nothing yet: asks for the first orders.
    Started,
    /// The tunnel is open.
    TunnelOpened {
        /// The value of the answer's `X-caBLE-Routing-ID` header.
        routing_id: Option<String>,
    },
    /// The tunnel could not be opened.
    TunnelFailed {
        /// Why.
        problem: TunnelProblem,
    },
    /// A whole binary message arrived.
    TunnelMessage {
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A text message arrived.
    TunnelText,
    /// A message over 1 MiB arrived.
    TunnelTooLarge,
    /// Something arrived that is not WebSocket.
    TunnelBroken,
    /// The tunnel ended, politely or not.
    TunnelClosed,
    /// The radio could not start, or stopped on its own.
    RadioFailed {
        /// Why.
        problem: Radio,
    },
    /// The authenticator's answer to [`HybridOrder::Answer`](super::HybridOrder::Answer).
    Answered {
        /// All of it: what became of the command says what became of the ceremony.
        answer: CtapAnswer,
    },
    /// The person calls it off.
    Cancelled,
    /// The deadline has come.
    TimedOut,
}

/// Why a tunnel could not be opened.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, HybridOutcome, PasskeyError, Reason, TunnelProblem};
///
/// # let provider = provider()?;
/// let reason = |problem| {
///     let phone = provider.scan(CODE, 0)?;
///     phone.step(0, HybridEvent::Started);
///     let turn = phone.step(40, HybridEvent::TunnelFailed { problem });
///     match turn.orders.last() {
///         Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) => Ok::<_, PasskeyError>(failure.reason),
///         _ => panic!("there is no other way"),
///     }
/// };
/// // Nobody waits there any more.
/// assert_eq!(reason(TunnelProblem::HttpStatus { status: 404 })?, Reason::CodeExpired);
/// assert_eq!(reason(TunnelProblem::HttpStatus { status: 503 })?, Reason::TunnelServiceFailed);
/// assert_eq!(reason(TunnelProblem::Certificate)?, Reason::Intercepted);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TunnelProblem {
    /// The name resolves to nothing.
    NameNotFound,
    /// No connection.
    Unreachable,
    /// The certificate is not trusted or not for this name.
    Certificate,
    /// An HTTP status other than 101.
    HttpStatus {
        /// The status.
        status: u16,
    },
    /// The subprotocol was not selected.
    NoSubprotocol,
    /// The answer is not a WebSocket handshake.
    NotWebSocket,
}

/// Why the radio could not advertise.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, HybridOutcome, Radio, Reason, Step};
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// # phone.step(0, HybridEvent::Started);
/// # phone.step(40, HybridEvent::TunnelOpened { routing_id: Some("c49c24".into()) });
/// let turn = phone.step(50, HybridEvent::RadioFailed { problem: Radio::PermissionDenied });
/// let Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) = turn.orders.last() else {
///     panic!("nobody can notice this phone")
/// };
/// assert_eq!((failure.step, failure.reason), (Step::Nearby, Reason::BluetoothDenied));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Radio {
    /// There is none that can do this.
    Unavailable,
    /// Bluetooth is off.
    Off,
    /// The permission is missing.
    PermissionDenied,
    /// Anything else.
    Failed,
}

/// `None` for what changes nothing.
pub(super) fn input(event: HybridEvent) -> Option<Input> {
    Some(match event {
        HybridEvent::Started => return None,
        HybridEvent::TunnelOpened { routing_id } => Input::TunnelOpened {
            routing_id: routing_id.as_deref().and_then(RoutingId::from_header),
        },
        HybridEvent::TunnelFailed { problem } => Input::TunnelFailed(problem.into()),
        HybridEvent::TunnelMessage { bytes } => Input::TunnelMessage(bytes),
        HybridEvent::TunnelText => Input::TunnelViolation(TunnelViolation::Text),
        HybridEvent::TunnelTooLarge => Input::TunnelViolation(TunnelViolation::TooLarge),
        HybridEvent::TunnelBroken => Input::TunnelViolation(TunnelViolation::Protocol),
        HybridEvent::TunnelClosed => Input::TunnelClosed,
        HybridEvent::RadioFailed { problem } => Input::RadioFailed(problem.into()),
        HybridEvent::Answered { answer } => Input::Response(answer.message),
        HybridEvent::Cancelled => Input::Cancel,
        HybridEvent::TimedOut => Input::Timeout,
    })
}

impl From<TunnelProblem> for TunnelFailure {
    fn from(problem: TunnelProblem) -> Self {
        match problem {
            TunnelProblem::NameNotFound => Self::NameNotFound,
            TunnelProblem::Unreachable => Self::Unreachable,
            TunnelProblem::Certificate => Self::Certificate,
            TunnelProblem::HttpStatus { status } => Self::HttpStatus(status),
            TunnelProblem::NoSubprotocol => Self::NoSubprotocol,
            TunnelProblem::NotWebSocket => Self::NotWebSocket,
        }
    }
}

impl From<Radio> for RadioFailure {
    fn from(problem: Radio) -> Self {
        match problem {
            Radio::Unavailable => Self::Unavailable,
            Radio::Off => Self::Off,
            Radio::PermissionDenied => Self::PermissionDenied,
            Radio::Failed => Self::Failed,
        }
    }
}
