//! The handshake: Noise with P-256, AES-256-GCM and SHA-256 (CTAP 2.2 §11.5.1.2).
//!
//! Two patterns, one message each way:
//!
//! - `KNpsk0` after a QR code: the phone knows the workstation's key from the code;
//! - `NKpsk0` for a linked pair: the workstation knows the phone's identity key.
//!
//! In both the PSK proves that the workstation heard the phone's advert. The objects of a handshake
//! are consumed by their one use, so that no ephemeral key serves twice:
//!
//! ```
//! use wardkey_core::hybrid::keys::Psk;
//! use wardkey_core::hybrid::noise::{Initiator, Responder};
//! use wardkey_core::hybrid::point::PrivateKey;
//!
//! let (psk, identity) = (Psk::new([0; 32]), PrivateKey::from_bytes([1; 32])?);
//! let ephemeral = PrivateKey::from_bytes([2; 32])?;
//! let responder = Responder::for_qr(&psk, &identity.public_key(), ephemeral);
//!
//! let ephemeral = PrivateKey::from_bytes([3; 32])?;
//! let (initiator, first) = Initiator::from_qr(&psk, identity, ephemeral);
//! let (phone, second) = responder.respond(&first)?;
//! let workstation = initiator.finish(&second)?;
//! assert_eq!(phone.hash, workstation.hash);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::aead;
use super::crypter::TransportKeys;
use super::keys::{self, Psk};
use super::point::{PrivateKey, PublicKey};
use crate::secret::{Depth, Secret, erased};
use alloc::vec::Vec;
use ring::{digest, hmac};
use thiserror::Error;

/// Bytes of an uncompressed point.
const POINT: usize = 65;
/// Bytes of each handshake message: an ephemeral key and the tag of an empty payload.
const HANDSHAKE_MESSAGE: usize = POINT + aead::TAG;

/// Name and prologue of a pattern.
struct Pattern {
    name: &'static [u8],
    prologue: u8,
}

const QR: Pattern = Pattern { name: b"Noise_KNpsk0_P256_AESGCM_SHA256", prologue: 1 };
const LINKED: Pattern = Pattern { name: b"Noise_NKpsk0_P256_AESGCM_SHA256", prologue: 0 };

/// The peer's message does not belong to this handshake.
///
/// One error for every reason: what exactly failed would only help an attacker.
///
/// ```
/// use wardkey_core::hybrid::keys::Psk;
/// use wardkey_core::hybrid::noise::{HandshakeError, Responder};
/// use wardkey_core::hybrid::point::PrivateKey;
///
/// let workstation = PrivateKey::from_bytes([1; 32])?.public_key();
/// let ephemeral = PrivateKey::from_bytes([2; 32])?;
/// let phone = Responder::for_qr(&Psk::new([0; 32]), &workstation, ephemeral);
/// assert_eq!(phone.respond(&[0; 81]).unwrap_err(), HandshakeError);
/// # Ok::<(), wardkey_core::hybrid::point::InvalidPrivateKey>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the handshake failed")]
pub struct HandshakeError;

/// A handshake that both sides have completed.
///
/// ```
/// use wardkey_core::hybrid::crypter::Crypter;
/// use wardkey_core::hybrid::noise::Established;
/// # use wardkey_core::hybrid::{keys::Psk, noise::{Initiator, Responder}, point::PrivateKey};
/// # let (psk, identity) = (Psk::new([0; 32]), PrivateKey::from_bytes([1; 32])?);
/// # let ephemeral = PrivateKey::from_bytes([2; 32])?;
/// # let responder = Responder::for_qr(&psk, &identity.public_key(), ephemeral);
/// # let (initiator, first) = Initiator::from_qr(&psk, identity, PrivateKey::from_bytes([3; 32])?);
///
/// let (Established { keys, .. }, second) = responder.respond(&first)?;
/// let mut phone = Crypter::phone(keys);
/// let mut workstation = Crypter::workstation(initiator.finish(&second)?.keys);
/// assert_eq!(phone.open(workstation.seal(b"hello")?)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Established {
    /// Names this handshake and no other, and may be known to anyone.
    pub hash: [u8; 32],
    /// The keys of the messages to come.
    pub keys: TransportKeys,
}

impl Established {
    /// Phone: proves to a computer it offers to be linked with that it holds the identity key it names, by the
    /// secret which that key shares with the one in the QR code. Member 6 of the linking map: HMAC-SHA-256 of
    /// the handshake's hash.
    ///
    /// ```
    /// use wardkey_core::hybrid::{keys::Psk, noise::{Initiator, Responder}, point::PrivateKey};
    ///
    /// let (psk, code) = (Psk::new([0; 32]), || PrivateKey::from_bytes([1; 32]));
    /// # let ephemeral = PrivateKey::from_bytes([2; 32])?;
    /// let responder = Responder::for_qr(&psk, &code()?.public_key(), ephemeral);
    /// let (initiator, first) = Initiator::from_qr(&psk, code()?, PrivateKey::from_bytes([3; 32])?);
    /// let (phone, second) = responder.respond(&first)?;
    /// let computer = initiator.finish(&second)?;
    ///
    /// let identity = PrivateKey::from_bytes([4; 32])?;
    /// let signature = phone.link_signature(&identity, &code()?.public_key());
    /// assert!(computer.proves_link(&code()?, &identity.public_key(), &signature));
    /// let other = PrivateKey::from_bytes([5; 32])?;
    /// assert!(!computer.proves_link(&code()?, &other.public_key(), &signature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn link_signature(&self, identity: &PrivateKey, code: &PublicKey) -> [u8; 32] {
        let mut signature = [0; 32];
        let tag = erased(Depth::Shallow, || hmac::sign(&link_key(identity, code), &self.hash));
        signature.iter_mut().zip(tag.as_ref()).for_each(|(target, source)| *target = *source);
        signature
    }

    /// Workstation: whether a phone has proved that it holds the identity key it names, compared in constant
    /// time.
    #[must_use]
    pub fn proves_link(&self, code: &PrivateKey, identity: &PublicKey, signature: &[u8]) -> bool {
        let verified = erased(Depth::Shallow, || {
            hmac::verify(&link_key(code, identity), &self.hash, signature)
        });
        verified.is_ok()
    }
}

fn link_key(own: &PrivateKey, peer: &PublicKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, own.diffie_hellman(peer).as_slice())
}

/// Workstation: has sent the first message and waits for the second.
///
/// ```
/// use wardkey_core::hybrid::keys::Psk;
/// use wardkey_core::hybrid::noise::{HandshakeError, Initiator, Responder};
/// use wardkey_core::hybrid::point::PrivateKey;
///
/// let identity = PrivateKey::from_bytes([1; 32])?;
/// let shown = identity.public_key();
/// let ephemeral = PrivateKey::from_bytes([2; 32])?;
/// let (initiator, first) = Initiator::from_qr(&Psk::new([7; 32]), identity, ephemeral);
///
/// // A phone that is too far away to have sent the advert does not know the PSK.
/// let far = Responder::for_qr(&Psk::new([8; 32]), &shown, PrivateKey::from_bytes([3; 32])?);
/// assert_eq!(far.respond(&first).unwrap_err(), HandshakeError);
///
/// let near = Responder::for_qr(&Psk::new([7; 32]), &shown, PrivateKey::from_bytes([3; 32])?);
/// let (phone, second) = near.respond(&first)?;
/// assert_eq!(initiator.finish(&second)?.hash, phone.hash);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Initiator {
    symmetric: Symmetric,
    ephemeral: PrivateKey,
    /// The key the phone knows from the code, in `KNpsk0`.
    identity: Option<PrivateKey>,
}

impl Initiator {
    /// Begins `KNpsk0` with the key shown in the QR code; gives the first message.
    #[must_use]
    pub fn from_qr(psk: &Psk, identity: PrivateKey, ephemeral: PrivateKey) -> (Self, Vec<u8>) {
        let symmetric = Symmetric::new(&QR, &identity.public_key(), psk);
        Self::begin(symmetric, ephemeral, Some(identity), None)
    }

    /// Begins `NKpsk0` with a phone whose identity key is known; gives the first message.
    #[must_use]
    pub fn linked(psk: &Psk, phone: &PublicKey, ephemeral: PrivateKey) -> (Self, Vec<u8>) {
        let symmetric = Symmetric::new(&LINKED, phone, psk);
        Self::begin(symmetric, ephemeral, None, Some(phone))
    }

    fn begin(
        mut symmetric: Symmetric,
        ephemeral: PrivateKey,
        identity: Option<PrivateKey>,
        phone: Option<&PublicKey>,
    ) -> (Self, Vec<u8>) {
        let mut message = symmetric.ephemeral(&ephemeral.public_key()).to_vec();
        if let Some(phone) = phone {
            symmetric.mix_key(ephemeral.diffie_hellman(phone).as_slice());
        }
        message.extend(symmetric.seal_nothing());
        (Self { symmetric, ephemeral, identity }, message)
    }

    /// Reads the second message.
    pub fn finish(mut self, message: &[u8]) -> Result<Established, HandshakeError> {
        let (theirs, tag) = split(message)?;
        self.symmetric.ephemeral(&theirs);
        self.symmetric.mix_key(self.ephemeral.diffie_hellman(&theirs).as_slice());
        if let Some(identity) = &self.identity {
            self.symmetric.mix_key(identity.diffie_hellman(&theirs).as_slice());
        }
        self.symmetric.open_nothing(tag)?;
        Ok(self.symmetric.split())
    }
}

/// Phone: waits for the first message.
///
/// ```
/// use wardkey_core::hybrid::keys::Psk;
/// use wardkey_core::hybrid::noise::{HandshakeError, Initiator, Responder};
/// use wardkey_core::hybrid::point::PrivateKey;
///
/// # let psk = Psk::new([0; 32]);
/// // The code showed the key of this workstation; another one has got hold of the PSK, and answers.
/// let workstation = PrivateKey::from_bytes([1; 32])?.public_key();
/// let phone = Responder::for_qr(&psk, &workstation, PrivateKey::from_bytes([2; 32])?);
///
/// let other = PrivateKey::from_bytes([9; 32])?;
/// let (_, first) = Initiator::from_qr(&psk, other, PrivateKey::from_bytes([3; 32])?);
/// assert_eq!(phone.respond(&first).unwrap_err(), HandshakeError);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Responder {
    symmetric: Symmetric,
    ephemeral: PrivateKey,
    known: Known,
}

/// Which long-term key the pattern knows beforehand.
#[derive(Debug)]
enum Known {
    Workstation(PublicKey),
    Phone(PrivateKey),
}

impl Responder {
    /// Awaits `KNpsk0` from the workstation whose key the QR code showed.
    #[must_use]
    pub fn for_qr(psk: &Psk, workstation: &PublicKey, ephemeral: PrivateKey) -> Self {
        let symmetric = Symmetric::new(&QR, workstation, psk);
        Self { symmetric, ephemeral, known: Known::Workstation(*workstation) }
    }

    /// Awaits `NKpsk0` from a workstation that knows this phone's identity key.
    ///
    /// ```
    /// use wardkey_core::hybrid::{keys::Psk, noise::{Initiator, Responder}, point::PrivateKey};
    ///
    /// let psk = Psk::new([0; 32]);
    /// let (phone, known) = (PrivateKey::from_bytes([1; 32])?, PrivateKey::from_bytes([1; 32])?.public_key());
    /// let responder = Responder::linked(&psk, phone, PrivateKey::from_bytes([2; 32])?);
    /// let (initiator, first) = Initiator::linked(&psk, &known, PrivateKey::from_bytes([3; 32])?);
    /// let (established, second) = responder.respond(&first)?;
    /// assert_eq!(initiator.finish(&second)?.hash, established.hash);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn linked(psk: &Psk, identity: PrivateKey, ephemeral: PrivateKey) -> Self {
        let symmetric = Symmetric::new(&LINKED, &identity.public_key(), psk);
        Self { symmetric, ephemeral, known: Known::Phone(identity) }
    }

    /// Reads the first message and gives the second.
    pub fn respond(mut self, message: &[u8]) -> Result<(Established, Vec<u8>), HandshakeError> {
        let (theirs, tag) = split(message)?;
        self.symmetric.ephemeral(&theirs);
        if let Known::Phone(identity) = &self.known {
            self.symmetric.mix_key(identity.diffie_hellman(&theirs).as_slice());
        }
        self.symmetric.open_nothing(tag)?;

        let mut answer = self.symmetric.ephemeral(&self.ephemeral.public_key()).to_vec();
        self.symmetric.mix_key(self.ephemeral.diffie_hellman(&theirs).as_slice());
        if let Known::Workstation(identity) = &self.known {
            self.symmetric.mix_key(self.ephemeral.diffie_hellman(identity).as_slice());
        }
        answer.extend(self.symmetric.seal_nothing());
        Ok((self.symmetric.split(), answer))
    }
}

fn split(message: &[u8]) -> Result<(PublicKey, &[u8]), HandshakeError> {
    // Noise would allow a payload; this protocol has none.
    if message.len() != HANDSHAKE_MESSAGE {
        return Err(HandshakeError);
    }
    let (point, tag) = message.split_at_checked(POINT).ok_or(HandshakeError)?;
    let point = PublicKey::from_uncompressed(point).map_err(|_| HandshakeError)?;
    Ok((point, tag))
}

/// Noise's `SymmetricState`. Its nonce is always zero: every encryption has a key of its own.
struct Symmetric {
    hash: [u8; 32],
    chaining_key: Secret<32>,
    key: Secret<32>,
}

impl Symmetric {
    /// Up to and with the `psk0` token: name, prologue, the known key, the PSK.
    fn new(pattern: &Pattern, known: &PublicKey, psk: &Psk) -> Self {
        let mut hash = [0; 32];
        hash.iter_mut().zip(pattern.name).for_each(|(target, source)| *target = *source);
        let chaining_key = Secret::new(hash);
        let mut symmetric = Self { hash, chaining_key, key: Secret::zeroed() };
        symmetric.mix_hash(&[pattern.prologue]);
        symmetric.mix_hash(&known.to_uncompressed());
        symmetric.mix_key_and_hash(psk);
        symmetric
    }

    /// The `e` token. With a PSK it is mixed into the key too (Noise §9.2).
    fn ephemeral(&mut self, key: &PublicKey) -> [u8; POINT] {
        let point = key.to_uncompressed();
        self.mix_hash(&point);
        self.mix_key(&point);
        point
    }

    fn mix_hash(&mut self, data: &[u8]) {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.hash);
        context.update(data);
        self.hash.copy_from_slice(context.finish().as_ref());
    }

    fn mix_key(&mut self, material: &[u8]) {
        let output: Secret<64> = keys::derive(material, self.chaining_key.as_slice(), &[]);
        let (chaining_key, key) = output.split_at(32);
        self.chaining_key.copy_from_slice(chaining_key);
        self.key.copy_from_slice(key);
    }

    fn mix_key_and_hash(&mut self, psk: &Psk) {
        let output: Secret<96> = keys::derive(psk.as_bytes(), self.chaining_key.as_slice(), &[]);
        let (chaining_key, rest) = output.split_at(32);
        let (hash, key) = rest.split_at(32);
        self.chaining_key.copy_from_slice(chaining_key);
        self.mix_hash(hash);
        self.key.copy_from_slice(key);
    }

    fn seal_nothing(&mut self) -> Vec<u8> {
        let mut tag = Vec::new();
        aead::seal(&self.key, [0; 12], &self.hash, &mut tag);
        self.mix_hash(&tag);
        tag
    }

    fn open_nothing(&mut self, tag: &[u8]) -> Result<(), HandshakeError> {
        let mut payload = tag.to_vec();
        aead::open(&self.key, [0; 12], &self.hash, &mut payload).map_err(|_| HandshakeError)?;
        self.mix_hash(tag);
        Ok(())
    }

    fn split(self) -> Established {
        let output = keys::derive(&[], self.chaining_key.as_slice(), &[]);
        Established { hash: self.hash, keys: TransportKeys::new(&output) }
    }
}

impl core::fmt::Debug for Symmetric {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Symmetric(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_refused_even_from_who_has_the_keys() {
        let key = |byte| PrivateKey::from_bytes([byte; 32]).unwrap();
        let (psk, identity) = (Psk::new([0; 32]), key(1).public_key());
        for payload in [&b""[..], b"x"] {
            let mut symmetric = Symmetric::new(&QR, &identity, &psk);
            let mut message = symmetric.ephemeral(&key(2).public_key()).to_vec();
            let mut sealed = payload.to_vec();
            aead::seal(&symmetric.key, [0; 12], &symmetric.hash, &mut sealed);
            message.extend(sealed);
            let responded = Responder::for_qr(&psk, &identity, key(3)).respond(&message);
            assert_eq!(responded.is_ok(), payload.is_empty());
        }
    }
}
