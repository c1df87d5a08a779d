//! One hybrid ceremony without sockets, radio, clock or randomness.
//!
//! A session is told what happened ([`Input`]) and at what time, and says what to do ([`Output`]).
//! A driver owns everything else: it connects, advertises, scans, asks the authenticator and keeps
//! the timer. [`PhoneSession`] and [`WorkstationSession`] share the [`Session`] trait, so one
//! driver serves both roles:
//!
//! 1. make the session, with fresh random bytes and the time;
//! 2. call [`Session::poll_output`] until it is empty, doing what each output says;
//! 3. wait for the next event or for [`Session::poll_timeout`], whichever is first, and hand it to
//!    [`Session::handle`]; then back to 2, until [`Output::Finished`], which is always the last.
//!
//! Time is a [`Duration`] since any fixed moment, on a clock that never goes back. Every stage has
//! a deadline, so a session whose timer is kept always finishes. Whatever a session switched on
//! (advert, scan, tunnel, request) it switches off before it finishes, in failure too.
//!
//! ```
//! use core::time::Duration;
//! use wardkey_core::hybrid::session::{Input, Output, Session};
//! use wardkey_core::hybrid::Error;
//!
//! /// The heart of any driver, here without waiting for the outside world.
//! fn run_dry(session: &mut dyn Session) -> Result<(), Error> {
//!     loop {
//!         while let Some(output) = session.poll_output() {
//!             if let Output::Finished(result) = output {
//!                 return result;
//!             }
//!         }
//!         let deadline = session.poll_timeout().unwrap_or(Duration::MAX);
//!         session.handle(deadline, Input::Timeout);
//!     }
//! }
//! # use wardkey_core::hybrid::{Cause, NetworkFault, qr::QrCode};
//! # use wardkey_core::hybrid::session::{PhoneConfig, PhoneRandomness, PhoneSession};
//! # let code = QrCode::parse(
//! #     "FIDO:/58285120537755814590764228432491036528060732185552348419119739671037315984490\
//! #      5937519315297622583607841352031038441100860073986107900979148190501225628418109321447142404",
//! # )?;
//! # let randomness = PhoneRandomness::new([1; 32], [2; 10])?;
//! # let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, PhoneConfig::new(vec![]));
//!
//! // A phone that hears nothing from the network gives up by itself.
//! let error = run_dry(&mut phone).unwrap_err();
//! assert_eq!(error.cause, Cause::Network(NetworkFault::TunnelTimedOut));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod link;
mod outbox;
mod phone;
mod workstation;

pub use config::{
    PhoneConfig, PhoneDeadlines, PhoneRandomness, WorkstationConfig, WorkstationDeadlines,
    WorkstationRandomness, WorkstationRequest,
};
pub use phone::PhoneSession;
pub use workstation::WorkstationSession;

use super::eid::Advert;
use super::tunnel::{RoutingId, TunnelRequest};
use super::{Error, RadioFailure, Stage, TunnelFailure};
use alloc::vec::Vec;
use core::{fmt, time::Duration};

/// A ceremony of either role.
///
/// ```
/// use core::time::Duration;
/// use wardkey_core::hybrid::session::{Input, Output, Session};
/// use wardkey_core::hybrid::Cause;
/// # use wardkey_core::hybrid::qr::QrCode;
/// # use wardkey_core::hybrid::session::{PhoneConfig, PhoneRandomness, PhoneSession};
///
/// /// Calls a ceremony of either role off, and gives what is left to switch off.
/// fn call_off(session: &mut dyn Session, now: Duration) -> Vec<Output> {
///     session.handle(now, Input::Cancel);
///     core::iter::from_fn(|| session.poll_output()).collect()
/// }
///
/// # let code = QrCode::parse(
/// #     "FIDO:/58285120537755814590764228432491036528060732185552348419119739671037315984490\
/// #      5937519315297622583607841352031038441100860073986107900979148190501225628418109321447142404",
/// # )?;
/// # let randomness = PhoneRandomness::new([1; 32], [2; 10])?;
/// # let mut phone = PhoneSession::new(code, randomness, Duration::ZERO, PhoneConfig::new(vec![]));
/// let outputs = call_off(&mut phone, Duration::from_secs(1));
/// let Some(Output::Finished(Err(error))) = outputs.last() else { panic!("it is over") };
/// assert_eq!(error.cause, Cause::Cancelled);
/// assert_eq!(error.stage, phone.stage());
/// assert_eq!(phone.poll_timeout(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Session {
    /// Tells the session what happened, at `now`.
    ///
    /// An input that the present state does not wait for is ignored, because inputs and outputs
    /// may cross on their way. An input that comes at or after the deadline counts as
    /// [`Input::Timeout`]. After [`Output::Finished`] everything is ignored.
    fn handle(&mut self, now: Duration, input: Input);

    /// The next thing to do, or `None` when there is nothing until the next input.
    fn poll_output(&mut self) -> Option<Output>;

    /// When [`Input::Timeout`] is due; `None` once the session has finished.
    fn poll_timeout(&self) -> Option<Duration>;

    /// Where the person stands.
    fn stage(&self) -> Stage;
}

/// What happened outside.
///
/// `Debug` shows lengths instead of the bytes of messages.
///
/// ```
/// use wardkey_core::hybrid::session::Input;
///
/// assert_eq!(format!("{:?}", Input::TunnelMessage(vec![0x5a; 97])), "TunnelMessage(97 bytes)");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// The tunnel of [`Output::Connect`] is open.
    TunnelOpened {
        /// From the header [`ROUTING_ID_HEADER`](super::tunnel::ROUTING_ID_HEADER), which only the
        /// phone's answer carries.
        routing_id: Option<RoutingId>,
    },
    /// The tunnel could not be opened.
    TunnelFailed(TunnelFailure),
    /// A whole binary message arrived.
    TunnelMessage(Vec<u8>),
    /// Something arrived that is no binary message.
    TunnelViolation(TunnelViolation),
    /// The open tunnel ended, politely or not.
    TunnelClosed,
    /// Workstation: an advert was heard. Foreign ones are ignored, so pass on every one.
    AdvertSeen(Advert),
    /// The radio could not start or stopped on its own.
    RadioFailed(RadioFailure),
    /// Phone: the authenticator's answer to [`Output::Request`], status byte first.
    Response(Vec<u8>),
    /// The person, or the program around the session, calls it off.
    Cancel,
    /// [`Session::poll_timeout`] has come. Too early a timeout is ignored.
    Timeout,
}

/// What may arrive through a tunnel instead of a binary message.
///
/// ```
/// use wardkey_core::hybrid::{session::TunnelViolation, tunnel::MAX_MESSAGE};
///
/// /// What a driver makes of a message; `None` if it is in order.
/// fn violation(is_text: bool, length: usize) -> Option<TunnelViolation> {
///     match (is_text, length) {
///         (true, _) => Some(TunnelViolation::Text),
///         (false, length) => (length > MAX_MESSAGE).then_some(TunnelViolation::TooLarge),
///     }
/// }
///
/// assert_eq!(violation(false, 100), None);
/// assert_eq!(violation(true, 100), Some(TunnelViolation::Text));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TunnelViolation {
    /// A text message.
    Text,
    /// A message over [`MAX_MESSAGE`](super::tunnel::MAX_MESSAGE) bytes.
    TooLarge,
    /// Bytes that are not WebSocket frames.
    Protocol,
}

/// What to do outside.
///
/// `Debug` shows lengths instead of the bytes of messages.
///
/// ```
/// use wardkey_core::hybrid::session::Output;
///
/// assert_eq!(format!("{:?}", Output::Request(vec![0x02; 97])), "Request(97 bytes)");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// The person's stage has changed.
    Stage(Stage),
    /// Open this tunnel and answer with [`Input::TunnelOpened`] or [`Input::TunnelFailed`].
    Connect(TunnelRequest),
    /// Phone: put this advert on the air until [`Output::StopAdvertising`].
    Advertise(Advert),
    /// Phone: take the advert off the air.
    StopAdvertising,
    /// Workstation: listen for adverts until [`Output::StopScanning`].
    StartScanning,
    /// Workstation: stop listening.
    StopScanning,
    /// Send this as one binary message.
    Send(Vec<u8>),
    /// Phone: hand this CTAP command to the authenticator, command byte first, and answer with
    /// [`Input::Response`]. It may be malformed: the authenticator answers with a status.
    Request(Vec<u8>),
    /// Phone: nobody waits for the answer to the request any more.
    CancelRequest,
    /// Workstation: the phone's answer to the command, status byte first.
    Response(Vec<u8>),
    /// Deliver what was sent and close the tunnel, or give up opening it.
    Close,
    /// The ceremony is over; nothing follows.
    Finished(Result<(), Error>),
}

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TunnelOpened { routing_id } => {
                formatter.debug_struct("TunnelOpened").field("routing_id", routing_id).finish()
            }
            Self::TunnelFailed(failure) => write!(formatter, "TunnelFailed({failure:?})"),
            Self::TunnelMessage(bytes) => hidden(formatter, "TunnelMessage", bytes),
            Self::TunnelViolation(violation) => write!(formatter, "TunnelViolation({violation:?})"),
            Self::TunnelClosed => formatter.write_str("TunnelClosed"),
            Self::AdvertSeen(advert) => write!(formatter, "AdvertSeen({advert})"),
            Self::RadioFailed(failure) => write!(formatter, "RadioFailed({failure:?})"),
            Self::Response(bytes) => hidden(formatter, "Response", bytes),
            Self::Cancel => formatter.write_str("Cancel"),
            Self::Timeout => formatter.write_str("Timeout"),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => write!(formatter, "Stage({stage:?})"),
            Self::Connect(request) => formatter.debug_tuple("Connect").field(request).finish(),
            Self::Advertise(advert) => write!(formatter, "Advertise({advert})"),
            Self::StopAdvertising => formatter.write_str("StopAdvertising"),
            Self::StartScanning => formatter.write_str("StartScanning"),
            Self::StopScanning => formatter.write_str("StopScanning"),
            Self::Send(bytes) => hidden(formatter, "Send", bytes),
            Self::Request(bytes) => hidden(formatter, "Request", bytes),
            Self::CancelRequest => formatter.write_str("CancelRequest"),
            Self::Response(bytes) => hidden(formatter, "Response", bytes),
            Self::Close => formatter.write_str("Close"),
            Self::Finished(result) => formatter.debug_tuple("Finished").field(result).finish(),
        }
    }
}

fn hidden(formatter: &mut fmt::Formatter<'_>, name: &str, bytes: &[u8]) -> fmt::Result {
    write!(formatter, "{name}({} bytes)", bytes.len())
}
