//! The code that two people compare after a registration.

use alloc::vec::Vec;
use core::fmt;

use ring::hkdf;

use crate::ctap::cose::PublicKey;

/// HKDF info: another derivation gets another number, so that two versions never agree by accident.
const INFO: &[u8] = b"wardkey witness code v1";

/// Twelve decimal digits are the most that 40 bits fill.
const MODULUS: u64 = 1_000_000_000_000;

/// Twelve digits that phone and registration authority each compute from what they hold of one new
/// credential. Shown side by side, equal codes say that the credential the relying party received is the
/// one this phone made.
///
/// ```text
/// material = Σ  length (32 bits, big-endian) ‖ bytes
///            of credential id, COSE_Key, client data hash, attestation certificate (DER, or nothing)
/// code     = HKDF-SHA-256(salt: none, material, info: "wardkey witness code v1", 40 bits, big-endian)
///            modulo 10¹²
/// ```
///
/// It is no secret: it proves nothing about who reads it out, only that both hold the same credential.
///
/// ```
/// use wardkey_core::{ctap::cose::PublicKey, webauthn::WitnessCode};
///
/// # use wardkey_core::hybrid::point::PrivateKey;
/// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
/// let public_key = PublicKey::from_sec1(&point)?;
/// let certificate: Option<&[u8]> = Some(b"DER");
/// let phone = WitnessCode::derive(b"credential id", &public_key, &[0x5a; 32], certificate);
/// let desk = WitnessCode::derive(b"credential id", &public_key, &[0x5a; 32], certificate);
/// assert_eq!(phone, desk);
/// assert_eq!(phone.to_string(), "5325 1316 7166");
///
/// let other = WitnessCode::derive(b"credential ie", &public_key, &[0x5a; 32], certificate);
/// assert_ne!(phone, other);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WitnessCode(u64);

impl WitnessCode {
    /// From a new credential, the client data it was made for, and the certificate of its key (DER;
    /// `None` where the attestation has none).
    pub fn derive(
        credential_id: &[u8],
        public_key: &PublicKey,
        client_data_hash: &[u8; 32],
        attestation_certificate: Option<&[u8]>,
    ) -> Self {
        let certificate = attestation_certificate.unwrap_or_default();
        let parts = [credential_id, public_key.cose(), client_data_hash, certificate];
        Self::of_material(&parts.map(prefixed).concat())
    }

    fn of_material(material: &[u8]) -> Self {
        let mut bits = [0; 8];
        let (_, low) = bits.split_at_mut(8 - FortyBits::LENGTH);
        let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(material)
            .expand(&[INFO], FortyBits)
            .and_then(|key| key.fill(low));
        let Ok(()) = filled else { unreachable!("five bytes are less than one block of HKDF") };
        Self(u64::from_be_bytes(bits) % MODULUS)
    }

    /// The code as a number, for storage.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The code that was stored as a number; `None` if that has more than twelve digits.
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < MODULUS { Some(Self(number)) } else { None }
    }
}

/// Three groups of four digits.
impl fmt::Display for WitnessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, middle, low) = (self.0 / 100_000_000, self.0 / 10_000 % 10_000, self.0 % 10_000);
        write!(f, "{high:04} {middle:04} {low:04}")
    }
}

impl fmt::Debug for WitnessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessCode({self})")
    }
}

struct FortyBits;

impl FortyBits {
    const LENGTH: usize = 5;
}

impl hkdf::KeyType for FortyBits {
    fn len(&self) -> usize {
        Self::LENGTH
    }
}

/// With its length in front no byte can move from one part to the next unnoticed.
fn prefixed(part: &[u8]) -> Vec<u8> {
    // No credential id or certificate comes near 2³² bytes; one that did would only get a wrong code.
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), part].concat()
}
