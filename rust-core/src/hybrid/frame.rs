//! What a message after the handshake is for: its first byte (CTAP 2.2 §11.5.1.3).

use alloc::vec::Vec;
use core::fmt;
use thiserror::Error;
use zeroize::Zeroize;

const SHUTDOWN: u8 = 0;
const CTAP: u8 = 1;
const UPDATE: u8 = 2;
const JSON: u8 = 3;

/// A message of an established tunnel. `Debug` shows lengths instead of contents.
///
/// ```
/// use wardkey_core::hybrid::frame::{Frame, FrameError};
/// assert_eq!(Frame::decode(&[1, 4])?, Frame::Ctap(vec![4]));
/// assert_eq!(Frame::Shutdown.encode(), [0]);
/// assert_eq!(Frame::decode(&[9]), Err(FrameError::UnknownType(9)));
/// # Ok::<(), FrameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Zeroize)]
pub enum Frame {
    /// The workstation hangs up.
    Shutdown,
    /// A CTAP command or response, which may be malformed.
    Ctap(Vec<u8>),
    /// The phone tells about linking.
    Update(Vec<u8>),
    /// A request or response for a digital credential.
    Json(Vec<u8>),
}

/// Why bytes are no message.
///
/// ```
/// use wardkey_core::hybrid::frame::{Frame, FrameError};
///
/// assert_eq!(Frame::decode(&[]), Err(FrameError::Empty));
/// assert_eq!(FrameError::UnknownType(9).to_string(), "the message is of the unknown type 9");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// No first byte.
    #[error("the message is empty")]
    Empty,
    /// A first byte nobody has defined.
    #[error("the message is of the unknown type {0}")]
    UnknownType(u8),
}

impl Frame {
    /// Type byte and contents.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, contents) = self.parts();
        let mut bytes = Vec::with_capacity(1 + contents.len());
        bytes.push(kind);
        bytes.extend_from_slice(contents);
        bytes
    }

    /// Reads a decrypted message. What follows the type byte of a shutdown is ignored.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (kind, contents) = bytes.split_first().ok_or(FrameError::Empty)?;
        match *kind {
            SHUTDOWN => Ok(Self::Shutdown),
            CTAP => Ok(Self::Ctap(contents.into())),
            UPDATE => Ok(Self::Update(contents.into())),
            JSON => Ok(Self::Json(contents.into())),
            kind => Err(FrameError::UnknownType(kind)),
        }
    }

    /// The type byte.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.parts().0
    }

    fn parts(&self) -> (u8, &[u8]) {
        match self {
            Self::Shutdown => (SHUTDOWN, &[]),
            Self::Ctap(contents) => (CTAP, contents),
            Self::Update(contents) => (UPDATE, contents),
            Self::Json(contents) => (JSON, contents),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, contents) = self.parts();
        write!(formatter, "Frame(type {kind}, {} bytes)", contents.len())
    }
}
