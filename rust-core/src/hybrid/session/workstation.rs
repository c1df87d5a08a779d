//! The workstation's side.
use super::{
    Input, Output, Session, WorkstationConfig, WorkstationRandomness, WorkstationRequest,
    outbox::Outbox,
};
use crate::hybrid::qr::QrCode;
use crate::hybrid::{Cause, PeerFault, Stage};
use core::time::Duration;

/// The workstation's side of one ceremony: from a QR code on the screen to the phone's answer.
#[derive(Debug)]
pub struct WorkstationSession {
    outbox: Outbox,
    qr: QrCode,
}

impl WorkstationSession {
    /// Begins a ceremony; show [`WorkstationSession::qr`] and drain the outputs.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the stages behind the first will keep it")]
    pub fn new(
        randomness: WorkstationRandomness,
        request: WorkstationRequest,
        now: Duration,
        config: WorkstationConfig,
    ) -> Self {
        let qr = QrCode::new(
            randomness.identity.public_key(),
            randomness.secret,
            request.request_type,
            config.unix_time,
        );
        Self { outbox: Outbox::new(Stage::ShowingCode, now, config.deadlines.scan), qr }
    }

    /// The code to show; [`QrCode::to_text`] gives its text.
    #[must_use]
    pub const fn qr(&self) -> &QrCode {
        &self.qr
    }

    /// The getInfo map the phone introduced itself with, once it has.
    #[must_use]
    pub fn get_info(&self) -> Option<&[u8]> {
        None
    }
}

impl Session for WorkstationSession {
    fn handle(&mut self, now: Duration, input: Input) {
        if input == Input::Cancel {
            self.outbox.finish(Err(Cause::Cancelled));
        } else if self.outbox.is_late(now) {
            self.outbox.finish(Err(Cause::Peer(PeerFault::Silent)));
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
