//! The phone's side of one scanned code, driven by Kotlin's socket, radio and timer.

use std::{
    string::{String, ToString},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
    vec::Vec,
};

use zeroize::Zeroizing;

use super::{
    failure::{Failure, PasskeyError},
    provider::{random, unexpected},
};
use crate::{
    authenticator::AAGUID,
    ctap::get_info,
    hybrid::{
        RadioFailure, Stage, TunnelFailure,
        qr::{QrCode, RequestType},
        session::{
            Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session, TunnelViolation,
        },
        tunnel::{RoutingId, SUBPROTOCOL, TunnelDomain},
    },
};

/// One ceremony, from a scanned code to an answered command.
///
/// Kotlin calls [`step`](HybridPhone::step) with everything that happens and does what it is told, until
/// [`HybridOrder::Finished`]. The
/// [module's second example](super) begins one.
#[derive(uniffi::Object)]
pub struct HybridPhone {
    session: Mutex<PhoneSession>,
    registers: bool,
}

/// What happened; the [module's second example](super) tells it some.
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
    /// The authenticator's answer to [`HybridOrder::Answer`].
    Answered {
        /// Status byte first.
        message: Vec<u8>,
    },
    /// The person calls it off.
    Cancelled,
    /// The deadline has come.
    TimedOut,
}

/// What to do; the [module's second example](super) gets some.
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
        /// Why it failed, unless it did not.
        failure: Option<Failure>,
    },
}

/// What to do now, and until when to wait: what [`HybridPhone::step`] returns in the
/// [module's second example](super).
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HybridTurn {
    /// In this order.
    pub orders: Vec<HybridOrder>,
    /// When [`HybridEvent::TimedOut`] is due, milliseconds on the clock of `now`; `None` when it is over.
    pub deadline: Option<u64>,
}

/// Why a tunnel could not be opened, as in the [module's second example](super).
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

/// Why the radio could not advertise; told like the problem of a tunnel in the
/// [module's second example](super).
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

#[uniffi::export]
impl HybridPhone {
    /// Whether the other device wants to register a passkey, rather than sign in with one.
    pub fn registers(&self) -> bool {
        self.registers
    }

    /// Tells what happened at `now` (milliseconds) and returns what to do.
    pub fn step(&self, now: u64, event: HybridEvent) -> HybridTurn {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = input(event) {
            session.handle(Duration::from_millis(now), input);
        }
        let orders = core::iter::from_fn(|| session.poll_output()).filter_map(order).collect();
        let deadline = session.poll_timeout().map(milliseconds);
        HybridTurn { orders, deadline }
    }
}

impl HybridPhone {
    pub(super) fn begin(
        code: &str,
        domain: TunnelDomain,
        now: u64,
    ) -> Result<Arc<Self>, PasskeyError> {
        let code = QrCode::parse(code)?;
        let registers = code.request_type == RequestType::MakeCredential;
        let mut config = PhoneConfig::new(get_info::encode(AAGUID));
        config.domain = domain;
        let now = Duration::from_millis(now);
        let session = Mutex::new(PhoneSession::new(code, randomness()?, now, config));
        Ok(Arc::new(Self { session, registers }))
    }
}

fn randomness() -> Result<PhoneRandomness, PasskeyError> {
    // Once in 2^32 draws the bytes are no private key; twice in a row they are no random bytes.
    for _ in 0..2 {
        let mut ephemeral = Zeroizing::new([0; 32]);
        let mut nonce = Zeroizing::new([0; 10]);
        random(&mut *ephemeral)?;
        random(&mut *nonce)?;
        if let Ok(randomness) = PhoneRandomness::new(*ephemeral, *nonce) {
            return Ok(randomness);
        }
    }
    Err(unexpected("the operating system's random bytes are not random"))
}

/// Rounded up: a timeout that is too early is ignored.
fn milliseconds(at: Duration) -> u64 {
    u64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

fn input(event: HybridEvent) -> Option<Input> {
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
        HybridEvent::Answered { message } => Input::Response(message),
        HybridEvent::Cancelled => Input::Cancel,
        HybridEvent::TimedOut => Input::Timeout,
    })
}

/// `None` for what only workstations do.
fn order(output: Output) -> Option<HybridOrder> {
    Some(match output {
        Output::Stage(stage) => HybridOrder::Show { step: step(stage) },
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
        Output::Finished(result) => HybridOrder::Finished {
            failure: result.err().map(|error| PasskeyError::from(error).failure().clone()),
        },
        Output::StartScanning | Output::StopScanning | Output::Response(_) => return None,
    })
}

fn step(stage: Stage) -> super::Step {
    super::reasons::hybrid_step(stage)
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
