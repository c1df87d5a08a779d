//! What Kotlin is to do for the phone's side of a hybrid ceremony.

use std::{
    string::{String, ToString},
    vec::Vec,
};

use super::{mapping::hybrid_step, outcome::HybridOutcome};
use crate::hybrid::{Error, session::Output, tunnel::SUBPROTOCOL};

/// What to do.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder};
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// let turn = phone.step(0, HybridEvent::Started);
/// let connects = turn.orders.into_iter().find_map(|order| match order {
///     HybridOrder::Connect { url, subprotocol, .. } => Some((url, subprotocol)),
///     _ => None,
/// });
/// let (url, subprotocol) = connects.expect("the tunnel comes first");
/// assert!(url.starts_with("wss://cable.ua5v.com/cable/new/"));
/// assert_eq!(subprotocol, "fido.cable");
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HybridOrder {
    /// Show this stage.
    Show {
        /// Where the person stands.
        step: super::Step,
    },
    /// Open this WebSocket.
    Connect {
        /// `wss://…`; holds a secret, so it must not be logged.
        url: String,
        /// The subprotocol to ask for and to insist on.
        subprotocol: String,
        /// The value of the `Origin` header.
        origin: String,
    },
    /// Put this on the air as service data of 0xFFF9.
    Advertise {
        /// 20 bytes.
        service_data: Vec<u8>,
    },
    /// Take it off the air.
    StopAdvertising,
    /// Send this as one binary message.
    Send {
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Have the provider answer this command.
    Answer {
        /// Command byte first.
        command: Vec<u8>,
    },
    /// Cancel the command: nobody waits for the answer.
    CancelAnswer,
    /// Close the tunnel, after what was sent has left.
    Close,
    /// It is over; nothing follows.
    Finished {
        /// How.
        outcome: HybridOutcome,
    },
}

/// What to do now, and until when to wait: what [`HybridPhone::step`](super::HybridPhone::step) returns.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, HybridTurn};
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// let HybridTurn { deadline, .. } = phone.step(0, HybridEvent::Started);
/// let deadline = deadline.expect("it does not wait for ever");
///
/// // A timer that goes off too early is told the same again.
/// let turn = phone.step(deadline - 1, HybridEvent::TimedOut);
/// assert_eq!((turn.orders.len(), turn.deadline), (0, Some(deadline)));
/// let turn = phone.step(deadline, HybridEvent::TimedOut);
/// assert!(matches!(turn.orders.last(), Some(HybridOrder::Finished { .. })));
/// assert_eq!(turn.deadline, None);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HybridTurn {
    /// In this order.
    pub orders: Vec<HybridOrder>,
    /// When [`HybridEvent::TimedOut`](super::HybridEvent::TimedOut) is due, milliseconds on the clock of
    /// `now`; `None` when it is over.
    pub deadline: Option<u64>,
}

/// `None` for what only workstations do. `finish` is asked once what the end comes to.
pub(super) fn order(
    output: Output,
    finish: impl FnOnce(Result<(), Error>) -> HybridOutcome,
) -> Option<HybridOrder> {
    Some(match output {
        Output::Stage(stage) => HybridOrder::Show { step: hybrid_step(stage) },
        Output::Connect(request) => HybridOrder::Connect {
            url: request.url(),
            subprotocol: SUBPROTOCOL.to_string(),
            origin: request.origin(),
        },
        Output::Advertise(advert) => HybridOrder::Advertise { service_data: advert.0.to_vec() },
        Output::StopAdvertising => HybridOrder::StopAdvertising,
        Output::Send(bytes) => HybridOrder::Send { bytes },
        Output::Request(command) => HybridOrder::Answer { command },
        Output::CancelRequest => HybridOrder::CancelAnswer,
        Output::Close => HybridOrder::Close,
        Output::Finished(result) => HybridOrder::Finished { outcome: finish(result) },
        Output::StartScanning | Output::StopScanning | Output::Response(_) => return None,
    })
}
