//! The frames in which conformance suites speak to `wardkey phone ctap`.
//!
//! ```text
//! length u32 big-endian (of what follows) | type u8 | payload
//! ```

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

use crate::user::Behaviour;

/// Longest frame read. Twice the longest CTAP2 message, so that one that is too long still gets its
/// status instead of ending the connection.
const MAX_FRAME_BYTES: usize = 2 * 1024 * 1024;

mod kind {
    pub(super) const MESSAGE: u8 = 0x10;
    pub(super) const CANCEL: u8 = 0x11;
    pub(super) const KEEPALIVE: u8 = 0x3b;
    pub(super) const POWER_CYCLE: u8 = 0x40;
    pub(super) const USER: u8 = 0x41;
}

/// What a suite asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A CTAP2 message: command byte and parameters.
    Message(Bytes),
    /// Stop the command that is being processed.
    Cancel,
    /// Forget everything that is not stored.
    PowerCycle,
    /// What the user does from now on.
    User(Behaviour),
}

/// What the phone answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A CTAP2 response: status byte and, on success, its map.
    Response(Vec<u8>),
    /// The command is still being processed.
    Keepalive(Keepalive),
    /// The power was cycled.
    PowerCycled,
    /// The user will behave as asked.
    UserSet,
}

/// CTAP 2.3 §11.2.9.1.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keepalive {
    Processing,
    UserPresenceNeeded,
}

/// Why the bytes on standard input are not frames.
#[derive(Debug, Error)]
pub(super) enum FrameError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("a frame has no type byte")]
    Empty,
    #[error("frame type 0x{0:02x} is unknown")]
    UnknownType(u8),
    #[error("frame type 0x{kind:02x} does not take a payload of {length} bytes")]
    Payload { kind: u8, length: usize },
    #[error("user policy {0} is unknown")]
    UnknownUser(u8),
}

/// Reads [`Request`]s and writes [`Answer`]s.
#[derive(Debug)]
pub(super) struct FrameCodec(LengthDelimitedCodec);

impl FrameCodec {
    pub(super) fn new() -> Self {
        Self(LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME_BYTES).new_codec())
    }
}

impl Decoder for FrameCodec {
    type Item = Request;
    type Error = FrameError;

    fn decode(&mut self, bytes: &mut BytesMut) -> Result<Option<Request>, FrameError> {
        self.0.decode(bytes)?.map(request).transpose()
    }
}

fn request(frame: BytesMut) -> Result<Request, FrameError> {
    let mut payload = frame.freeze();
    if payload.is_empty() {
        return Err(FrameError::Empty);
    }
    let kind = payload.split_to(1).first().copied().ok_or(FrameError::Empty)?;
    match (kind, payload.as_ref()) {
        (kind::MESSAGE, _) => Ok(Request::Message(payload)),
        (kind::CANCEL, []) => Ok(Request::Cancel),
        (kind::POWER_CYCLE, []) => Ok(Request::PowerCycle),
        (kind::USER, &[code]) => {
            Behaviour::from_code(code).map(Request::User).ok_or(FrameError::UnknownUser(code))
        }
        (kind::CANCEL | kind::POWER_CYCLE | kind::USER, payload) => {
            Err(FrameError::Payload { kind, length: payload.len() })
        }
        (kind, _) => Err(FrameError::UnknownType(kind)),
    }
}

impl Encoder<Answer> for FrameCodec {
    type Error = FrameError;

    fn encode(&mut self, answer: Answer, bytes: &mut BytesMut) -> Result<(), FrameError> {
        let mut frame = BytesMut::new();
        match answer {
            Answer::Response(response) => {
                frame.put_u8(kind::MESSAGE);
                frame.put_slice(&response);
            }
            Answer::Keepalive(status) => {
                frame.put_u8(kind::KEEPALIVE);
                frame.put_u8(match status {
                    Keepalive::Processing => 1,
                    Keepalive::UserPresenceNeeded => 2,
                });
            }
            Answer::PowerCycled => frame.put_u8(kind::POWER_CYCLE),
            Answer::UserSet => frame.put_u8(kind::USER),
        }
        Ok(self.0.encode(frame.freeze(), bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<Option<Request>, FrameError> {
        FrameCodec::new().decode(&mut BytesMut::from(bytes))
    }

    #[test]
    fn requests_are_told_apart_by_their_type() {
        let message = Bytes::from_static(&[0x04]);
        assert_eq!(decode(&[0, 0, 0, 2, 0x10, 0x04]).unwrap(), Some(Request::Message(message)));
        assert_eq!(decode(&[0, 0, 0, 1, 0x11]).unwrap(), Some(Request::Cancel));
        assert_eq!(decode(&[0, 0, 0, 1, 0x40]).unwrap(), Some(Request::PowerCycle));
        assert_eq!(decode(&[0, 0, 0, 2, 0x41, 2]).unwrap(), Some(Request::User(Behaviour::Ignore)));
        assert_eq!(decode(&[0, 0, 0, 2, 0x41]).unwrap(), None, "half a frame is waited for");
    }

    #[test]
    fn what_is_no_frame_is_named() {
        assert!(matches!(decode(&[0, 0, 0, 0]), Err(FrameError::Empty)));
        assert!(matches!(decode(&[0, 0, 0, 1, 0x3b]), Err(FrameError::UnknownType(0x3b))));
        assert!(matches!(decode(&[0, 0, 0, 2, 0x41, 9]), Err(FrameError::UnknownUser(9))));
        assert!(matches!(
            decode(&[0, 0, 0, 2, 0x11, 0]),
            Err(FrameError::Payload { kind: 0x11, length: 1 })
        ));
        assert!(matches!(decode(&[0xff; 4]), Err(FrameError::Io(_))), "too long to be true");
    }

    #[test]
    fn answers_carry_their_length() {
        let encoded = |answer| {
            let mut bytes = BytesMut::new();
            FrameCodec::new().encode(answer, &mut bytes).unwrap();
            bytes.to_vec()
        };
        assert_eq!(encoded(Answer::Response(vec![0x27])), [0, 0, 0, 2, 0x10, 0x27]);
        let waiting = Answer::Keepalive(Keepalive::UserPresenceNeeded);
        assert_eq!(encoded(waiting), [0, 0, 0, 2, 0x3b, 2]);
        assert_eq!(encoded(Answer::PowerCycled), [0, 0, 0, 1, 0x40]);
        assert_eq!(encoded(Answer::UserSet), [0, 0, 0, 1, 0x41]);
    }
}
