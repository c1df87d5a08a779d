//! The phone's side.
//!
//! One struct per awaited event; each consumes itself on the way to the next:
//!
//! ```text
//! ExpectTunnel → ExpectHandshake → ExpectCommand ⇄ ExpectResponse → ExpectShutdown
//! ```

use super::{Input, Output, PhoneConfig, PhoneRandomness, Session, link::Link, outbox::Outbox};
use crate::hybrid::crypter::Crypter;
use crate::hybrid::eid::Eid;
use crate::hybrid::frame::Frame;
use crate::hybrid::noise::Responder;
use crate::hybrid::qr::QrCode;
use crate::hybrid::tunnel::{RoutingId, TunnelRequest};
use crate::hybrid::{Cause, LocalFault, NetworkFault, PeerFault, Stage, TunnelFailure};
use crate::secret::{Depth, erased};
use alloc::vec::Vec;
use core::time::Duration;

/// The phone's side of one ceremony: from a scanned QR code to an answered command.
///
/// ```
/// use core::time::Duration;
/// use wardkey_core::hybrid::qr::QrCode;
/// use wardkey_core::hybrid::session::{
///     Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session,
/// };
/// use wardkey_core::hybrid::tunnel::RoutingId;
///
/// let code = QrCode::parse(
///     "FIDO:/58285120537755814590764228432491036528060732185552348419119739671037315984490593751\
///      9315297622583607841352031038441100860073986107900979148190501225628418109321447142404",
/// )?;
/// let randomness = PhoneRandomness::new([1; 32], [2; 10])?;
/// let config = PhoneConfig::new(vec![0xa0]);
/// let mut session = PhoneSession::new(code, randomness, Duration::ZERO, config);
///
/// assert!(matches!(session.poll_output(), Some(Output::Stage(_))));
/// let Some(Output::Connect(request)) = session.poll_output() else { panic!() };
/// assert_eq!(request.domain, "cable.ua5v.com");
///
/// let routing_id = Some(RoutingId([3; 3]));
/// session.handle(Duration::from_millis(90), Input::TunnelOpened { routing_id });
/// assert!(matches!(session.poll_output(), Some(Output::Stage(_))));
/// assert!(matches!(session.poll_output(), Some(Output::Advertise(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PhoneSession {
    outbox: Outbox,
    config: PhoneConfig,
    /// `None` once finished.
    state: Option<State>,
}

impl PhoneSession {
    /// Begins a ceremony; the first outputs open the tunnel.
    #[must_use]
    pub fn new(
        qr: QrCode,
        randomness: PhoneRandomness,
        now: Duration,
        config: PhoneConfig,
    ) -> Self {
        let mut outbox = Outbox::new(Stage::OpeningTunnel, now, config.deadlines.tunnel);
        let tunnel_id = qr.secret.tunnel_id();
        outbox.connect(TunnelRequest::new_tunnel(config.domain, tunnel_id));
        let state = Some(State::Tunnel(ExpectTunnel { qr, randomness }));
        Self { outbox, config, state }
    }
}

impl Session for PhoneSession {
    fn handle(&mut self, now: Duration, input: Input) {
        let Some(input) = self.outbox.admit(now, input) else { return };
        let Some(state) = self.state.take() else { return };
        let mut context = Context { outbox: &mut self.outbox, config: &self.config, now };
        match state.handle(&mut context, input) {
            Ok(Some(next)) => self.state = Some(next),
            Ok(None) => self.outbox.finish(Ok(())),
            Err(cause) => self.outbox.finish(Err(cause)),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.outbox.deadline()
    }

    fn stage(&self) -> Stage {
        self.outbox.stage()
    }
}

/// What a state needs besides itself.
struct Context<'a> {
    outbox: &'a mut Outbox,
    config: &'a PhoneConfig,
    now: Duration,
}

/// The state to go on in, or `None` when the ceremony's purpose is reached.
type Transition = Result<Option<State>, Cause>;

#[derive(Debug)]
enum State {
    Tunnel(ExpectTunnel),
    Handshake(ExpectHandshake),
    Command(ExpectCommand),
    Response(ExpectResponse),
    Shutdown(ExpectShutdown),
}

impl State {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match self {
            Self::Tunnel(state) => state.handle(context, input),
            Self::Handshake(state) => state.handle(context, input),
            Self::Command(state) => state.handle(context, input),
            Self::Response(state) => state.handle(context, input),
            Self::Shutdown(state) => Ok(state.handle(context, input)),
        }
    }
}

/// Waits for the tunnel service to open a tunnel.
#[derive(Debug)]
struct ExpectTunnel {
    qr: QrCode,
    randomness: PhoneRandomness,
}

impl ExpectTunnel {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelOpened { routing_id: Some(routing_id) } => {
                Ok(Some(self.opened(context, routing_id)))
            }
            Input::TunnelOpened { routing_id: None } => {
                Err(NetworkFault::from(TunnelFailure::NoRoutingId).into())
            }
            Input::Timeout => Err(NetworkFault::TunnelTimedOut.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Tunnel(self)))
            }
        }
    }

    fn opened(self, context: &mut Context<'_>, routing_id: RoutingId) -> State {
        let Self { qr, randomness } = self;
        let domain = context.config.domain;
        let (advert, psk) = erased(Depth::Shallow, || {
            let eid = Eid { nonce: *randomness.nonce, routing_id, domain };
            (qr.secret.eid_key().encrypt(&eid), qr.secret.psk(&eid))
        });
        let responder = Responder::for_qr(&psk, &qr.public_key, randomness.ephemeral);
        let limit = context.config.deadlines.workstation;
        context.outbox.enter(Stage::Advertising, context.now, limit);
        context.outbox.advertise(advert);
        State::Handshake(ExpectHandshake { responder })
    }
}

/// Waits for a workstation that heard the advert.
#[derive(Debug)]
struct ExpectHandshake {
    responder: Responder,
}

impl ExpectHandshake {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelMessage(message) => self.respond(context, &message).map(Some),
            Input::Timeout => Err(PeerFault::Silent.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Handshake(self)))
            }
        }
    }

    fn respond(self, context: &mut Context<'_>, message: &[u8]) -> Result<State, Cause> {
        let Context { outbox, config, now } = context;
        outbox.stop_radio();
        outbox.enter(Stage::Handshake, *now, config.deadlines.command);
        let responded = self.responder.respond(message);
        let (established, answer) = responded.map_err(|_| PeerFault::HandshakeFailed)?;
        outbox.send(answer);
        let mut link = Link(Crypter::phone(established.keys));
        link.send_bytes(outbox, &config.introduction.encode())?;
        outbox.enter(Stage::AwaitingCommand, *now, config.deadlines.command);
        Ok(State::Command(ExpectCommand { link, tally: Tally::new(config) }))
    }
}

/// What the workstation may still ask, and what it got.
#[derive(Debug)]
struct Tally {
    commands: u8,
    ceremonies: u8,
    /// Whether a makeCredential or getAssertion was answered, whatever the status.
    answered: bool,
}

impl Tally {
    fn new(config: &PhoneConfig) -> Self {
        Self { commands: config.commands, ceremonies: config.ceremonies, answered: false }
    }

    /// Takes one command off; says whether it is a ceremony's.
    fn take(&mut self, command: &[u8]) -> Result<bool, PeerFault> {
        const MAKE_CREDENTIAL: u8 = 1;
        const GET_ASSERTION: u8 = 2;
        let is_ceremony = matches!(command.first(), Some(&(MAKE_CREDENTIAL | GET_ASSERTION)));
        self.commands = self.commands.checked_sub(1).ok_or(PeerFault::TooManyCommands)?;
        if is_ceremony && self.ceremonies == 0 {
            return Err(PeerFault::TooManyCommands);
        }
        Ok(is_ceremony)
    }

    /// Notes how a ceremony's command ended. One that the person approved or refused uses the
    /// ceremony up, so that nobody is asked twice; one that failed before leaves the workstation
    /// free to correct it.
    fn settle(&mut self, status: u8) {
        const SUCCESS: u8 = 0x00;
        const OPERATION_DENIED: u8 = 0x27;
        const KEEPALIVE_CANCEL: u8 = 0x2D;
        const USER_ACTION_TIMEOUT: u8 = 0x2F;
        self.answered = true;
        if let SUCCESS | OPERATION_DENIED | KEEPALIVE_CANCEL | USER_ACTION_TIMEOUT = status {
            self.ceremonies = self.ceremonies.saturating_sub(1);
        }
    }
}

/// Waits for the workstation's next command.
#[derive(Debug)]
struct ExpectCommand {
    link: Link,
    tally: Tally,
}

impl ExpectCommand {
    fn handle(mut self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelMessage(message) => match self.link.receive(message)? {
                Frame::Ctap(command) => self.command(context, command).map(Some),
                Frame::Update(_) => Ok(Some(State::Command(self))),
                Frame::Shutdown => self.farewell(PeerFault::Left.into()),
                frame @ Frame::Json(_) => Err(PeerFault::ForbiddenMessageType(frame.kind()).into()),
            },
            Input::Timeout => self.farewell(PeerFault::Silent.into()),
            Input::TunnelClosed if self.tally.answered => {
                context.outbox.disconnected();
                Ok(None)
            }
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Command(self)))
            }
        }
    }

    fn command(mut self, context: &mut Context<'_>, command: Vec<u8>) -> Result<State, Cause> {
        let is_ceremony = self.tally.take(&command)?;
        context.outbox.enter(Stage::AwaitingUser, context.now, context.config.deadlines.user);
        context.outbox.request(command);
        let Self { link, tally } = self;
        Ok(State::Response(ExpectResponse { link, tally, is_ceremony }))
    }

    /// No further command will come: well, if one was answered.
    fn farewell(self, otherwise: Cause) -> Transition {
        if self.tally.answered { Ok(None) } else { Err(otherwise) }
    }
}

/// Waits for the authenticator, which waits for the person.
#[derive(Debug)]
struct ExpectResponse {
    link: Link,
    tally: Tally,
    is_ceremony: bool,
}

impl ExpectResponse {
    fn handle(mut self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::Response(response) => self.answer(context, response).map(Some),
            Input::TunnelMessage(message) => match self.link.receive(message)? {
                Frame::Update(_) => Ok(Some(State::Response(self))),
                Frame::Shutdown => Err(PeerFault::Left.into()),
                Frame::Ctap(_) => Err(PeerFault::CommandWhileBusy.into()),
                frame @ Frame::Json(_) => Err(PeerFault::ForbiddenMessageType(frame.kind()).into()),
            },
            Input::Timeout => Err(LocalFault::UserTimedOut.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Response(self)))
            }
        }
    }

    fn answer(mut self, context: &mut Context<'_>, response: Vec<u8>) -> Result<State, Cause> {
        let Context { outbox, config, now } = context;
        outbox.answered();
        let status = *response.first().ok_or(LocalFault::EmptyResponse)?;
        self.link.send(outbox, &Frame::Ctap(response))?;
        if self.is_ceremony {
            self.tally.settle(status);
        }
        let Self { link, tally, .. } = self;
        if tally.ceremonies == 0 {
            outbox.enter(Stage::ShuttingDown, *now, config.deadlines.shutdown);
            Ok(State::Shutdown(ExpectShutdown { link }))
        } else {
            outbox.enter(Stage::AwaitingCommand, *now, config.deadlines.command);
            Ok(State::Command(ExpectCommand { link, tally }))
        }
    }
}

/// Waits for the workstation to hang up. The answer is sent, and what it says has happened: whatever comes
/// now ends the ceremony, and nothing makes a failure of it.
#[derive(Debug)]
struct ExpectShutdown {
    link: Link,
}

impl ExpectShutdown {
    fn handle(mut self, context: &mut Context<'_>, input: Input) -> Option<State> {
        match input {
            Input::TunnelMessage(message) => match self.link.receive(message) {
                Ok(Frame::Update(_)) => Some(State::Shutdown(self)),
                // A farewell, or what is no reason to listen on.
                Ok(_) | Err(_) => None,
            },
            Input::Timeout | Input::Cancel | Input::TunnelViolation(_) => None,
            Input::TunnelClosed | Input::TunnelFailed(_) => {
                context.outbox.disconnected();
                None
            }
            Input::TunnelOpened { .. }
            | Input::AdvertSeen(_)
            | Input::RadioFailed(_)
            | Input::Response(_) => Some(State::Shutdown(self)),
        }
    }
}
