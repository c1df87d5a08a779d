//! P-256 keys in the shapes the protocol needs.

use alloc::boxed::Box;
use core::fmt;
use p256::elliptic_curve::sec1::ToSec1Point;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::{Depth, Secret, erased};

/// 32 bytes that are zero or not below the order of P-256.
///
/// ```
/// use wardkey_core::hybrid::point::{InvalidPrivateKey, PrivateKey};
///
/// // Not below the order: draw again.
/// assert_eq!(PrivateKey::from_bytes([0xff; 32]).unwrap_err(), InvalidPrivateKey);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a P-256 private key")]
pub struct InvalidPrivateKey;

/// Bytes that are no point of P-256 in the encoding asked for.
///
/// ```
/// use wardkey_core::hybrid::point::{InvalidPublicKey, PublicKey};
///
/// assert_eq!(PublicKey::from_uncompressed(&[0x04; 65]), Err(InvalidPublicKey));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a P-256 public key")]
pub struct InvalidPublicKey;

/// A P-256 private key, zeroized when dropped and hidden in `Debug`.
///
/// ```
/// use wardkey_core::hybrid::point::{InvalidPrivateKey, PrivateKey};
///
/// let key = PrivateKey::from_bytes([1; 32])?;
/// assert_eq!(format!("{key:?}"), "PrivateKey(hidden)");
/// assert_eq!(PrivateKey::from_bytes([0; 32]).unwrap_err(), InvalidPrivateKey);
/// # Ok::<(), InvalidPrivateKey>(())
/// ```
pub struct PrivateKey(Box<p256::SecretKey>);

impl PrivateKey {
    /// Takes 32 bytes, big-endian; an argument, because the core has no random source.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, InvalidPrivateKey> {
        let bytes = Zeroizing::new(bytes);
        erased(Depth::Deep, || {
            let key = p256::SecretKey::from_slice(bytes.as_slice());
            key.map(|key| Self(Box::new(key))).map_err(|_| InvalidPrivateKey)
        })
    }

    /// The matching public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(erased(Depth::Deep, || self.0.public_key()))
    }

    /// The x coordinate of the shared point: what Noise calls DH.
    pub(super) fn diffie_hellman(&self, peer: &PublicKey) -> Secret<32> {
        erased(Depth::Deep, || {
            let shared = self.0.diffie_hellman(&peer.0);
            Secret::from(shared.raw_secret_bytes().as_ref())
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(hidden)")
    }
}

/// A point of P-256, checked to be on the curve and not at infinity.
///
/// ```
/// use wardkey_core::hybrid::point::{InvalidPublicKey, PrivateKey, PublicKey};
///
/// let key = PrivateKey::from_bytes([1; 32])?.public_key();
/// assert_eq!(PublicKey::from_compressed(&key.to_compressed())?, key);
/// assert_eq!(PublicKey::from_uncompressed(&key.to_uncompressed())?, key);
/// // Each place of the protocol has one form.
/// assert_eq!(PublicKey::from_compressed(&key.to_uncompressed()), Err(InvalidPublicKey));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(p256::PublicKey);

impl PublicKey {
    /// Reads the compressed form, 33 bytes.
    pub fn from_compressed(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        match bytes {
            [2 | 3, rest @ ..] if rest.len() == 32 => Self::from_sec1(bytes),
            _ => Err(InvalidPublicKey),
        }
    }

    /// Reads the uncompressed form, 65 bytes.
    pub fn from_uncompressed(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        match bytes {
            [4, rest @ ..] if rest.len() == 64 => Self::from_sec1(bytes),
            _ => Err(InvalidPublicKey),
        }
    }

    // Reads more encodings than the protocol allows in any one place, hence private: a point would
    // have several codes.
    fn from_sec1(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        p256::PublicKey::from_sec1_bytes(bytes).map(Self).map_err(|_| InvalidPublicKey)
    }

    /// The compressed form.
    #[must_use]
    pub fn to_compressed(self) -> [u8; 33] {
        fill(self.0.to_sec1_point(true).as_bytes())
    }

    /// The uncompressed form.
    #[must_use]
    pub fn to_uncompressed(self) -> [u8; 65] {
        fill(self.0.to_sec1_point(false).as_bytes())
    }
}

fn fill<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    for (target, source) in array.iter_mut().zip(bytes) {
        *target = *source;
    }
    array
}
