//! What a session has said and not yet taken back.

use super::{Input, Output, TunnelViolation};
use crate::hybrid::eid::Advert;
use crate::hybrid::tunnel::{MAX_MESSAGE, TunnelRequest};
use crate::hybrid::{Cause, Error, NetworkFault, PeerFault, Stage};
use alloc::{collections::VecDeque, vec::Vec};
use core::time::Duration;

/// The outputs to come, the stage with its deadline, and everything switched on outside.
///
/// Both roles speak through it, so that whatever is on is switched off exactly once, however the
/// ceremony ends.
#[derive(Debug)]
pub(super) struct Outbox {
    outputs: VecDeque<Output>,
    stage: Stage,
    /// `None` once finished.
    deadline: Option<Duration>,
    radio: Radio,
    connected: bool,
    requesting: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Radio {
    Off,
    Advertising,
    Scanning,
}

impl Outbox {
    pub(super) fn new(stage: Stage, now: Duration, limit: Duration) -> Self {
        let mut outbox = Self {
            outputs: VecDeque::new(),
            stage,
            deadline: None,
            radio: Radio::Off,
            connected: false,
            requesting: false,
        };
        outbox.enter(stage, now, limit);
        outbox
    }

    /// Begins a stage that may last for `limit`.
    pub(super) fn enter(&mut self, stage: Stage, now: Duration, limit: Duration) {
        self.stage = stage;
        self.deadline = Some(now.saturating_add(limit));
        self.push(Output::Stage(stage));
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The input as the states should see it; `None` if it means nothing now.
    pub(super) fn admit(&mut self, now: Duration, input: Input) -> Option<Input> {
        if now >= self.deadline? {
            self.note_late(&input);
            return Some(Input::Timeout);
        }
        match input {
            Input::Timeout => None,
            Input::TunnelMessage(message) if message.len() > MAX_MESSAGE => {
                Some(Input::TunnelViolation(TunnelViolation::TooLarge))
            }
            input => Some(input),
        }
    }

    // Too late to matter, but what is off already need not be switched off.
    fn note_late(&mut self, input: &Input) {
        match input {
            Input::TunnelClosed | Input::TunnelFailed(_) => self.disconnected(),
            Input::Response(_) => self.answered(),
            _ => {}
        }
    }

    /// What both roles make of an input their present state does not wait for: an end or nothing.
    pub(super) fn judge(&mut self, input: &Input) -> Result<(), Cause> {
        match *input {
            Input::Cancel => Err(Cause::Cancelled),
            Input::RadioFailed(failure) if self.radio != Radio::Off => {
                Err(Cause::Local(failure.into()))
            }
            Input::TunnelFailed(failure) if core::mem::take(&mut self.connected) => {
                Err(NetworkFault::from(failure).into())
            }
            Input::TunnelClosed if core::mem::take(&mut self.connected) => {
                Err(NetworkFault::TunnelClosed.into())
            }
            Input::TunnelViolation(violation) if self.connected => {
                Err(PeerFault::from(violation).into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn connect(&mut self, request: TunnelRequest) {
        self.connected = true;
        self.push(Output::Connect(request));
    }

    /// Notes that the tunnel is gone, so that nothing asks to close it.
    pub(super) fn disconnected(&mut self) {
        self.connected = false;
    }

    pub(super) fn advertise(&mut self, advert: Advert) {
        self.radio = Radio::Advertising;
        self.push(Output::Advertise(advert));
    }

    pub(super) fn scan(&mut self) {
        self.radio = Radio::Scanning;
        self.push(Output::StartScanning);
    }

    pub(super) fn stop_radio(&mut self) {
        match core::mem::replace(&mut self.radio, Radio::Off) {
            Radio::Off => {}
            Radio::Advertising => self.push(Output::StopAdvertising),
            Radio::Scanning => self.push(Output::StopScanning),
        }
    }

    /// Sends, unless the tunnel is gone.
    pub(super) fn send(&mut self, message: Vec<u8>) {
        if self.connected {
            self.push(Output::Send(message));
        }
    }

    pub(super) fn request(&mut self, command: Vec<u8>) {
        self.requesting = true;
        self.push(Output::Request(command));
    }

    /// Notes that the authenticator has answered.
    pub(super) fn answered(&mut self) {
        self.requesting = false;
    }

    pub(super) fn response(&mut self, response: Vec<u8>) {
        self.push(Output::Response(response));
    }

    /// Ends the session: switches off what is on and says how it went.
    pub(super) fn finish(&mut self, result: Result<(), Cause>) {
        self.stop_radio();
        if core::mem::take(&mut self.requesting) {
            self.push(Output::CancelRequest);
        }
        if core::mem::take(&mut self.connected) {
            self.push(Output::Close);
        }
        let stage = self.stage;
        self.push(Output::Finished(result.map_err(|cause| Error { stage, cause })));
        self.deadline = None;
    }

    fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}

impl From<TunnelViolation> for PeerFault {
    fn from(violation: TunnelViolation) -> Self {
        match violation {
            TunnelViolation::Text => Self::TextMessage,
            TunnelViolation::TooLarge => Self::MessageTooLarge,
            TunnelViolation::Protocol => Self::WebSocketViolation,
        }
    }
}
