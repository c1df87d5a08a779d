//! The phone's side.
use super::{Input, Output, PhoneConfig, PhoneRandomness, Session, outbox::Outbox};
use crate::hybrid::qr::QrCode;
use crate::hybrid::{Cause, PeerFault, Stage};
use core::time::Duration;

/// The phone's side of one ceremony: from a scanned QR code to an answered command.
#[derive(Debug)]
pub struct PhoneSession {
    outbox: Outbox,
}

impl PhoneSession {
    /// Begins a ceremony; the first output opens the tunnel.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the stages behind the first will keep it")]
    pub fn new(
        qr: QrCode,
        randomness: PhoneRandomness,
        now: Duration,
        config: PhoneConfig,
    ) -> Self {
        drop((qr, randomness));
        Self { outbox: Outbox::new(Stage::OpeningTunnel, now, config.deadlines.tunnel) }
    }
}

impl Session for PhoneSession {
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
