//! An established tunnel: frames in and out, with faults put in the words of a session.

use super::outbox::Outbox;
use crate::hybrid::crypter::{Crypter, OpenError, SealError};
use crate::hybrid::frame::{Frame, FrameError};
use crate::hybrid::{Cause, LocalFault, PeerFault};
use alloc::vec::Vec;
use zeroize::Zeroizing;

#[derive(Debug)]
pub(super) struct Link(pub(super) Crypter);

impl Link {
    /// Encrypts and sends bytes that have no type byte.
    pub(super) fn send_bytes(&mut self, outbox: &mut Outbox, bytes: &[u8]) -> Result<(), Cause> {
        let message = self.0.seal(bytes).map_err(LocalFault::from)?;
        outbox.send(message);
        Ok(())
    }

    pub(super) fn send(&mut self, outbox: &mut Outbox, frame: &Frame) -> Result<(), Cause> {
        // Commands and answers may hold a user handle.
        self.send_bytes(outbox, &Zeroizing::new(frame.encode()))
    }

    /// Decrypts bytes that have no type byte.
    pub(super) fn receive_bytes(&mut self, message: Vec<u8>) -> Result<Vec<u8>, PeerFault> {
        Ok(self.0.open(message)?)
    }

    pub(super) fn receive(&mut self, message: Vec<u8>) -> Result<Frame, PeerFault> {
        Ok(Frame::decode(&self.receive_bytes(message)?)?)
    }
}

impl From<SealError> for LocalFault {
    fn from(error: SealError) -> Self {
        match error {
            SealError::TooLarge => Self::MessageTooLarge,
            SealError::CounterExhausted => Self::CounterExhausted,
        }
    }
}

impl From<OpenError> for PeerFault {
    fn from(_: OpenError) -> Self {
        Self::Undecryptable
    }
}

impl From<FrameError> for PeerFault {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Empty => Self::EmptyMessage,
            FrameError::UnknownType(kind) => Self::UnknownMessageType(kind),
        }
    }
}
