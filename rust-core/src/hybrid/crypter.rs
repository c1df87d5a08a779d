//! Encryption of the messages after the handshake (CTAP 2.2 §11.5.1.3).
//!
//! Each plaintext is padded to a multiple of 32 bytes, so that its length tells little, and
//! encrypted under the key of its direction with a counter for nonce. A message that was altered,
//! repeated, reordered or follows a lost one does not open.

use super::aead;
use super::tunnel::MAX_MESSAGE;
use crate::secret::Secret;
use alloc::vec::Vec;
use core::fmt;
use thiserror::Error;
use zeroize::ZeroizeOnDrop;

/// Plaintexts are padded to a multiple of this many bytes.
const PADDING: usize = 32;
/// The counter of the last message of a direction.
const LAST_COUNTER: u32 = (1 << 24) - 1;

/// The key of one direction.
///
/// ```
/// use wardkey_core::hybrid::crypter::TransportKey;
///
/// let key = TransportKey::new([1; 32]);
/// assert_eq!(format!("{key:?}"), "TransportKey(hidden)");
/// ```
#[derive(Clone)]
pub struct TransportKey(Secret<32>);

impl TransportKey {
    /// Takes the bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes themselves.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ZeroizeOnDrop for TransportKey {}

impl fmt::Debug for TransportKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TransportKey(hidden)")
    }
}

/// The keys of both directions, as a handshake leaves them.
///
/// ```
/// use wardkey_core::hybrid::crypter::{Crypter, TransportKey, TransportKeys};
///
/// let keys = TransportKeys {
///     to_phone: TransportKey::new([1; 32]),
///     to_workstation: TransportKey::new([2; 32]),
/// };
/// let sealed = Crypter::phone(keys.clone()).seal(b"hello")?;
/// // What goes one way does not open as if it had come the other.
/// assert!(Crypter::phone(keys.clone()).open(sealed.clone()).is_err());
/// assert_eq!(Crypter::workstation(keys).open(sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TransportKeys {
    /// From the workstation to the phone.
    pub to_phone: TransportKey,
    /// From the phone to the workstation.
    pub to_workstation: TransportKey,
}

impl TransportKeys {
    pub(super) fn new(bytes: &[u8; 64]) -> Self {
        let (mut to_phone, mut to_workstation) = (Secret::zeroed(), Secret::zeroed());
        let (first, second) = bytes.split_at(32);
        to_phone.copy_from_slice(first);
        to_workstation.copy_from_slice(second);
        Self { to_phone: TransportKey(to_phone), to_workstation: TransportKey(to_workstation) }
    }
}

/// Why a message cannot be encrypted.
///
/// ```
/// use wardkey_core::hybrid::crypter::{Crypter, SealError, TransportKey, TransportKeys};
/// use wardkey_core::hybrid::tunnel::MAX_MESSAGE;
///
/// let key = TransportKey::new([1; 32]);
/// let keys = TransportKeys { to_phone: key.clone(), to_workstation: key };
/// // Padding and tag have to fit as well.
/// let sealed = Crypter::phone(keys).seal(&vec![0; MAX_MESSAGE]);
/// assert_eq!(sealed, Err(SealError::TooLarge));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The encrypted message would exceed [`MAX_MESSAGE`].
    #[error("the message is over the size limit")]
    TooLarge,
    /// All 2^24 messages of the direction are sent.
    #[error("the message counter is used up")]
    CounterExhausted,
}

/// The message is not the next one the peer sent.
///
/// ```
/// use wardkey_core::hybrid::crypter::{Crypter, OpenError, TransportKey, TransportKeys};
///
/// # let key = TransportKey::new([1; 32]);
/// # let keys = TransportKeys { to_phone: key.clone(), to_workstation: key };
/// # let (mut phone, mut workstation) = (Crypter::phone(keys.clone()), Crypter::workstation(keys));
/// let mut message = workstation.seal(b"hello")?;
/// message[0] ^= 1;
/// assert_eq!(phone.open(message), Err(OpenError));
/// # Ok::<(), wardkey_core::hybrid::crypter::SealError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the message does not decrypt")]
pub struct OpenError;

/// One end's encryption: seals what it sends, opens what it receives.
///
/// ```
/// use wardkey_core::hybrid::crypter::{Crypter, TransportKey, TransportKeys};
///
/// let keys = TransportKeys {
///     to_phone: TransportKey::new([1; 32]),
///     to_workstation: TransportKey::new([2; 32]),
/// };
/// let mut phone = Crypter::phone(keys.clone());
/// let mut workstation = Crypter::workstation(keys);
///
/// let message = workstation.seal(b"hello")?;
/// assert_eq!(message.len(), 32 + 16);
/// assert_eq!(phone.open(message.clone())?, b"hello");
/// assert!(phone.open(message).is_err(), "the same message again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Crypter {
    sending: Direction,
    receiving: Direction,
}

#[derive(Debug)]
struct Direction {
    key: TransportKey,
    /// Of the next message.
    counter: u32,
}

impl Crypter {
    /// The phone's end.
    #[must_use]
    pub fn phone(keys: TransportKeys) -> Self {
        Self {
            sending: Direction::new(keys.to_workstation),
            receiving: Direction::new(keys.to_phone),
        }
    }

    /// The workstation's end.
    #[must_use]
    pub fn workstation(keys: TransportKeys) -> Self {
        Self {
            sending: Direction::new(keys.to_phone),
            receiving: Direction::new(keys.to_workstation),
        }
    }

    /// Pads and encrypts the next message.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let padded = (plaintext.len() / PADDING + 1) * PADDING;
        if padded + aead::TAG > MAX_MESSAGE {
            return Err(SealError::TooLarge);
        }
        let nonce = self.sending.nonce().ok_or(SealError::CounterExhausted)?;
        // Room for all of it, or growing would leave plaintext behind in freed memory.
        let mut message = Vec::with_capacity(padded + aead::TAG);
        message.extend_from_slice(plaintext);
        message.resize(padded - 1, 0);
        // The last byte counts the zeros before it, at most 31.
        message.extend(u8::try_from(padded - 1 - plaintext.len()));
        aead::seal(&self.sending.key.0, nonce, &[], &mut message);
        self.sending.counter += 1;
        Ok(message)
    }

    /// Decrypts the next message and removes its padding.
    ///
    /// After an error the counter stays, but a caller should end the connection: nothing good can
    /// follow.
    pub fn open(&mut self, mut message: Vec<u8>) -> Result<Vec<u8>, OpenError> {
        let nonce = self.receiving.nonce().ok_or(OpenError)?;
        aead::open(&self.receiving.key.0, nonce, &[], &mut message).map_err(|_| OpenError)?;
        self.receiving.counter += 1;
        // Only the last byte is looked at, as others do: the rest of the padding may be anything.
        let zeros = message.pop().ok_or(OpenError)?;
        let length = message.len().checked_sub(usize::from(zeros)).ok_or(OpenError)?;
        message.truncate(length);
        Ok(message)
    }
}

impl Direction {
    fn new(key: TransportKey) -> Self {
        Self { key, counter: 0 }
    }

    fn nonce(&self) -> Option<[u8; 12]> {
        (self.counter <= LAST_COUNTER).then(|| {
            let [c0, c1, c2, c3] = self.counter.to_be_bytes();
            [0, 0, 0, 0, 0, 0, 0, 0, c0, c1, c2, c3]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Crypter, Crypter) {
        let keys = TransportKeys {
            to_phone: TransportKey::new([1; 32]),
            to_workstation: TransportKey::new([2; 32]),
        };
        (Crypter::phone(keys.clone()), Crypter::workstation(keys))
    }

    #[test]
    fn the_last_counter_is_used_and_none_after_it() {
        let (mut phone, mut workstation) = pair();
        phone.sending.counter = LAST_COUNTER;
        workstation.receiving.counter = LAST_COUNTER;
        let message = phone.seal(b"last").unwrap();
        assert_eq!(workstation.open(message.clone()).unwrap(), b"last");
        assert_eq!(phone.seal(b"one more"), Err(SealError::CounterExhausted));
        assert_eq!(workstation.open(message), Err(OpenError));
    }

    #[test]
    fn padding_longer_than_the_message_is_refused() {
        let (mut phone, mut workstation) = pair();
        for plaintext in [[0; 31].as_slice(), &[]] {
            let mut message = plaintext.to_vec();
            message.push(32);
            aead::seal(&phone.sending.key.0, phone.sending.nonce().unwrap(), &[], &mut message);
            phone.sending.counter += 1;
            assert_eq!(workstation.open(message), Err(OpenError));
        }
    }
}
