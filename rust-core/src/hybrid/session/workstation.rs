//! The workstation's side.
//!
//! One struct per awaited event; each consumes itself on the way to the next:
//!
//! ```text
//! ExpectAdvert → ExpectTunnel → ExpectHandshake → ExpectIntroduction → ExpectResponse
//! ```

use super::{
    Input, Output, Session, WorkstationConfig, WorkstationDeadlines, WorkstationRandomness,
    WorkstationRequest, link::Link, outbox::Outbox,
};
use crate::hybrid::crypter::Crypter;
use crate::hybrid::eid::{Advert, EidError, EidKey};
use crate::hybrid::frame::Frame;
use crate::hybrid::keys::Psk;
use crate::hybrid::noise::Initiator;
use crate::hybrid::point::PrivateKey;
use crate::hybrid::post_handshake::PostHandshake;
use crate::hybrid::qr::QrCode;
use crate::hybrid::tunnel::TunnelRequest;
use crate::hybrid::{Cause, NetworkFault, PeerFault, Stage};
use crate::secret::{Depth, erased};
use alloc::vec::Vec;
use core::time::Duration;
use zeroize::Zeroizing;

/// The workstation's side of one ceremony: from a QR code on the screen to the phone's answer.
///
/// ```
/// use core::time::Duration;
/// use wardkey_core::hybrid::qr::RequestType;
/// use wardkey_core::hybrid::session::{
///     Output, Session, WorkstationConfig, WorkstationRandomness, WorkstationRequest,
///     WorkstationSession,
/// };
///
/// let randomness = WorkstationRandomness::new([1; 32], [2; 32], [3; 16])?;
/// let request =
///     WorkstationRequest { command: vec![2, 0xa0], request_type: RequestType::GetAssertion };
/// let config = WorkstationConfig { unix_time: Some(1_800_000_000), ..Default::default() };
/// let mut session = WorkstationSession::new(randomness, request, Duration::ZERO, config);
///
/// assert!(session.qr().to_text().starts_with("FIDO:/"));
/// assert!(matches!(session.poll_output(), Some(Output::Stage(_))));
/// assert_eq!(session.poll_output(), Some(Output::StartScanning));
/// assert_eq!(session.poll_timeout(), Some(Duration::from_secs(120)));
/// assert_eq!(session.get_info(), None, "no phone has introduced itself");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WorkstationSession {
    outbox: Outbox,
    qr: QrCode,
    deadlines: WorkstationDeadlines,
    get_info: Option<Vec<u8>>,
    /// `None` once finished.
    state: Option<State>,
}

impl WorkstationSession {
    /// Begins a ceremony: show [`WorkstationSession::qr`] and drain the outputs.
    #[must_use]
    pub fn new(
        randomness: WorkstationRandomness,
        request: WorkstationRequest,
        now: Duration,
        config: WorkstationConfig,
    ) -> Self {
        let WorkstationRandomness { identity, ephemeral, secret } = randomness;
        let WorkstationRequest { command, request_type } = request;
        let qr = QrCode::new(identity.public_key(), secret, request_type, config.unix_time);
        let mut outbox = Outbox::new(Stage::ShowingCode, now, config.deadlines.scan);
        outbox.scan();
        let state = Some(State::Advert(ExpectAdvert {
            key: qr.secret.eid_key(),
            identity,
            ephemeral,
            command: Zeroizing::new(Frame::Ctap(command)),
        }));
        Self { outbox, qr, deadlines: config.deadlines, get_info: None, state }
    }

    /// The code to show; [`QrCode::to_text`] gives its text.
    #[must_use]
    pub const fn qr(&self) -> &QrCode {
        &self.qr
    }

    /// The getInfo map the phone introduced itself with, once it has. Stays after the end.
    #[must_use]
    pub fn get_info(&self) -> Option<&[u8]> {
        self.get_info.as_deref()
    }
}

impl Session for WorkstationSession {
    fn handle(&mut self, now: Duration, input: Input) {
        let Some(input) = self.outbox.admit(now, input) else { return };
        let Some(state) = self.state.take() else { return };
        let mut context = Context {
            outbox: &mut self.outbox,
            qr: &self.qr,
            deadlines: self.deadlines,
            get_info: &mut self.get_info,
            now,
        };
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
    qr: &'a QrCode,
    deadlines: WorkstationDeadlines,
    get_info: &'a mut Option<Vec<u8>>,
    now: Duration,
}

/// The state to go on in, or `None` when the phone has answered.
type Transition = Result<Option<State>, Cause>;

#[derive(Debug)]
enum State {
    Advert(ExpectAdvert),
    Tunnel(ExpectTunnel),
    Handshake(ExpectHandshake),
    Introduction(ExpectIntroduction),
    Response(ExpectResponse),
}

impl State {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match self {
            Self::Advert(state) => state.handle(context, input),
            Self::Tunnel(state) => state.handle(context, input),
            Self::Handshake(state) => state.handle(context, input),
            Self::Introduction(state) => state.handle(context, input),
            Self::Response(state) => state.handle(context, input),
        }
    }
}

/// The CTAP command until its turn comes; it may hold a user handle.
type Command = Zeroizing<Frame>;

/// Waits for the advert of the phone that scanned the code.
#[derive(Debug)]
struct ExpectAdvert {
    key: EidKey,
    identity: PrivateKey,
    ephemeral: PrivateKey,
    command: Command,
}

impl ExpectAdvert {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::AdvertSeen(advert) => self.seen(context, &advert).map(Some),
            Input::Timeout => Err(PeerFault::Silent.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Advert(self)))
            }
        }
    }

    fn seen(self, context: &mut Context<'_>, advert: &Advert) -> Result<State, Cause> {
        let secret = &context.qr.secret;
        let heard = erased(Depth::Shallow, || {
            let eid = self.key.decrypt(advert)?;
            Ok((eid.domain, eid.routing_id, secret.psk(&eid)))
        });
        let (domain, routing_id, psk) = match heard {
            Ok(heard) => heard,
            // Someone else's phone near by; ours may still come.
            Err(EidError::NotForThisKey) => return Ok(State::Advert(self)),
            Err(EidError::UnknownKind) => return Err(PeerFault::UnknownAdvert.into()),
            Err(EidError::UnassignedDomain(id)) => {
                return Err(PeerFault::UnassignedDomain(id).into());
            }
        };
        let request = TunnelRequest::join_tunnel(domain, routing_id, secret.tunnel_id());
        Ok(self.join(context, request, psk))
    }

    fn join(self, context: &mut Context<'_>, request: TunnelRequest, psk: Psk) -> State {
        context.outbox.stop_radio();
        context.outbox.enter(Stage::OpeningTunnel, context.now, context.deadlines.tunnel);
        context.outbox.connect(request);
        let Self { identity, ephemeral, command, .. } = self;
        State::Tunnel(ExpectTunnel { psk, identity, ephemeral, command })
    }
}

/// Waits for the tunnel service to let it in.
#[derive(Debug)]
struct ExpectTunnel {
    psk: Psk,
    identity: PrivateKey,
    ephemeral: PrivateKey,
    command: Command,
}

impl ExpectTunnel {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelOpened { .. } => Ok(Some(self.opened(context))),
            Input::Timeout => Err(NetworkFault::TunnelTimedOut.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Tunnel(self)))
            }
        }
    }

    fn opened(self, context: &mut Context<'_>) -> State {
        let Self { psk, identity, ephemeral, command } = self;
        let (initiator, message) = Initiator::from_qr(&psk, identity, ephemeral);
        context.outbox.enter(Stage::Handshake, context.now, context.deadlines.handshake);
        context.outbox.send(message);
        State::Handshake(ExpectHandshake { initiator, command })
    }
}

/// Waits for the phone's half of the handshake.
#[derive(Debug)]
struct ExpectHandshake {
    initiator: Initiator,
    command: Command,
}

impl ExpectHandshake {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelMessage(message) => self.finish(context, &message).map(Some),
            Input::Timeout => Err(PeerFault::Silent.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Handshake(self)))
            }
        }
    }

    fn finish(self, context: &mut Context<'_>, message: &[u8]) -> Result<State, Cause> {
        let Self { initiator, command } = self;
        let established = initiator.finish(message).map_err(|_| PeerFault::HandshakeFailed)?;
        let link = Link(Crypter::workstation(established.keys));
        context.outbox.enter(Stage::Introduction, context.now, context.deadlines.introduction);
        Ok(State::Introduction(ExpectIntroduction { link, command }))
    }
}

/// Waits for the phone to say what its authenticator can do.
#[derive(Debug)]
struct ExpectIntroduction {
    link: Link,
    command: Command,
}

impl ExpectIntroduction {
    fn handle(self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelMessage(message) => self.introduced(context, message).map(Some),
            Input::Timeout => Err(PeerFault::Silent.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Introduction(self)))
            }
        }
    }

    fn introduced(mut self, context: &mut Context<'_>, message: Vec<u8>) -> Result<State, Cause> {
        let bytes = self.link.receive_bytes(message)?;
        let introduction =
            PostHandshake::decode(&bytes).map_err(|_| PeerFault::MalformedIntroduction)?;
        if !introduction.offers_ctap() {
            return Err(PeerFault::CtapNotOffered.into());
        }
        *context.get_info = Some(introduction.get_info);
        self.link.send(context.outbox, &self.command)?;
        context.outbox.enter(Stage::AwaitingResponse, context.now, context.deadlines.response);
        Ok(State::Response(ExpectResponse { link: self.link }))
    }
}

/// Waits for the phone's answer.
#[derive(Debug)]
struct ExpectResponse {
    link: Link,
}

impl ExpectResponse {
    fn handle(mut self, context: &mut Context<'_>, input: Input) -> Transition {
        match input {
            Input::TunnelMessage(message) => match self.link.receive(message)? {
                Frame::Ctap(response) => self.answered(context, response),
                Frame::Update(_) => Ok(Some(State::Response(self))),
                Frame::Shutdown => Err(PeerFault::Left.into()),
                frame @ Frame::Json(_) => Err(PeerFault::ForbiddenMessageType(frame.kind()).into()),
            },
            // The phone still asks its user: tell it that nobody waits.
            Input::Cancel => self.leave(context, Cause::Cancelled),
            Input::Timeout => self.leave(context, PeerFault::Silent.into()),
            other => {
                context.outbox.judge(&other)?;
                Ok(Some(State::Response(self)))
            }
        }
    }

    fn answered(mut self, context: &mut Context<'_>, response: Vec<u8>) -> Transition {
        if response.is_empty() {
            return Err(PeerFault::EmptyMessage.into());
        }
        context.outbox.response(response);
        self.link.send(context.outbox, &Frame::Shutdown)?;
        Ok(None)
    }

    fn leave(mut self, context: &mut Context<'_>, cause: Cause) -> Transition {
        self.link.send(context.outbox, &Frame::Shutdown)?;
        Err(cause)
    }
}
