//! The encrypted identifier a phone broadcasts, and the 20-byte advert that carries it (CTAP 2.2
//! §11.5.1.1).

use super::tunnel::{RoutingId, TunnelDomain};
use crate::secret::Secret;
use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use core::fmt;
use ring::hmac;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of an encrypted block.
const BLOCK: usize = 16;
/// Bytes of the truncated HMAC behind it.
const TAG: usize = 4;
/// Bytes of an advert.
const ADVERT: usize = BLOCK + TAG;

/// The 16-bit Bluetooth service UUID whose data carries the advert.
///
/// ```
/// use wardkey_core::hybrid::eid::SERVICE_UUID;
///
/// // As Bluetooth libraries want it: in the base UUID.
/// let uuid = format!("{SERVICE_UUID:08x}-0000-1000-8000-00805f9b34fb");
/// assert_eq!(uuid, "0000fff9-0000-1000-8000-00805f9b34fb");
/// ```
pub const SERVICE_UUID: u16 = 0xFFF9;
/// The service UUID of older phones, which workstations still listen for.
///
/// ```
/// use wardkey_core::hybrid::eid::{Advert, LEGACY_SERVICE_UUID, SERVICE_UUID};
///
/// /// The advert in a broadcast, if it has one.
/// fn advert(service: u16, data: &[u8]) -> Option<Advert> {
///     let ours = [SERVICE_UUID, LEGACY_SERVICE_UUID].contains(&service);
///     ours.then(|| Advert::from_service_data(data)).flatten()
/// }
///
/// assert_eq!(advert(0xfde2, &[0x5a; 20]), Some(Advert([0x5a; 20])));
/// assert_eq!(advert(0x180d, &[0x5a; 20]), None, "a heart rate");
/// ```
pub const LEGACY_SERVICE_UUID: u16 = 0xFDE2;

/// What a phone broadcasts: 20 bytes of service data, public by nature.
///
/// `Display` and `Debug` show it as 40 hexadecimal digits.
///
/// ```
/// use wardkey_core::hybrid::eid::Advert;
///
/// let data = [0x5a; 24];
/// let advert = Advert::from_service_data(&data).unwrap();
/// assert_eq!(advert.to_string(), "5a".repeat(20));
/// assert_eq!(Advert::from_service_data(&data[..19]), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Advert(pub [u8; ADVERT]);

impl Advert {
    /// Reads the service data of a broadcast. Bytes behind the advert, where CTAP 2.3 puts further
    /// channels, are left out; data that is too short is no advert.
    #[must_use]
    pub fn from_service_data(data: &[u8]) -> Option<Self> {
        data.first_chunk().copied().map(Self)
    }
}

impl fmt::Display for Advert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Advert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Advert({self})")
    }
}

/// What an advert says to whoever shows the matching QR code: where the phone waits, and a nonce
/// that proves the listener heard it.
///
/// ```
/// use wardkey_core::hybrid::eid::Eid;
/// use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain};
///
/// let domain = TunnelDomain::new(0x0100).unwrap();
/// let eid = Eid { nonce: [1; 10], routing_id: RoutingId([2; 3]), domain };
/// assert_eq!(eid.to_bytes(), [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 0, 1]);
/// ```
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Eid {
    /// Fresh random bytes; secret, for the handshake's PSK grows from them.
    pub nonce: [u8; 10],
    /// The tunnel service's name for the machine that holds the phone's connection.
    #[zeroize(skip)]
    pub routing_id: RoutingId,
    /// The tunnel service.
    #[zeroize(skip)]
    pub domain: TunnelDomain,
}

impl fmt::Debug for Eid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Eid")
            .field("routing_id", &self.routing_id)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

impl Eid {
    /// The 16-byte plaintext: 00, nonce, routing id, domain little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; BLOCK] {
        let [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9] = self.nonce;
        let RoutingId([r0, r1, r2]) = self.routing_id;
        let [d0, d1] = self.domain.id().to_le_bytes();
        [0, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, r0, r1, r2, d0, d1]
    }

    fn from_bytes(bytes: [u8; BLOCK]) -> Result<Self, EidError> {
        let [kind, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, r0, r1, r2, d0, d1] = bytes;
        if kind != 0 {
            return Err(EidError::UnknownKind);
        }
        let domain = u16::from_le_bytes([d0, d1]);
        Ok(Self {
            nonce: [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9],
            routing_id: RoutingId([r0, r1, r2]),
            domain: TunnelDomain::new(domain).ok_or(EidError::UnassignedDomain(domain))?,
        })
    }
}

/// Why an advert says nothing to the holder of a key.
///
/// ```
/// use wardkey_core::hybrid::eid::{Advert, EidError};
/// use wardkey_core::hybrid::keys::QrSecret;
///
/// // Most adverts in a waiting room are for somebody else's code.
/// let key = QrSecret::new([7; 16]).eid_key();
/// assert_eq!(key.decrypt(&Advert([0x5a; 20])), Err(EidError::NotForThisKey));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EidError {
    /// It was not made with this key: another phone's, or altered.
    #[error("the advert is not for this code")]
    NotForThisKey,
    /// It is authentic, but its first byte is not zero.
    #[error("the advert is of an unknown kind")]
    UnknownKind,
    /// It is authentic, but nobody has assigned its tunnel domain.
    #[error("the advert names the unassigned tunnel domain {0}")]
    UnassignedDomain(u16),
}

/// The key that hides an [`Eid`] in an [`Advert`]: 32 bytes for AES-256, 32 for HMAC-SHA-256.
///
/// ```
/// use wardkey_core::hybrid::eid::{Eid, EidError, EidKey};
/// use wardkey_core::hybrid::keys::QrSecret;
/// use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain};
///
/// let key: EidKey = QrSecret::new([7; 16]).eid_key();
/// let eid = Eid { nonce: [1; 10], routing_id: RoutingId([2; 3]), domain: TunnelDomain::DEFAULT };
/// let mut advert = key.encrypt(&eid);
/// assert_eq!(key.decrypt(&advert)?, eid);
///
/// advert.0[0] ^= 1;
/// assert_eq!(key.decrypt(&advert), Err(EidError::NotForThisKey));
/// assert_eq!(EidKey::new(&[7; 64]).decrypt(&key.encrypt(&eid)), Err(EidError::NotForThisKey));
/// # Ok::<(), EidError>(())
/// ```
#[derive(Clone)]
pub struct EidKey {
    encryption: Secret<32>,
    authentication: Secret<32>,
}

impl ZeroizeOnDrop for EidKey {}

impl EidKey {
    /// Takes the bytes as HKDF gives them: encryption key, then authentication key.
    #[must_use]
    pub fn new(bytes: &[u8; 64]) -> Self {
        let mut key = Self { encryption: Secret::zeroed(), authentication: Secret::zeroed() };
        let (encryption, authentication) = bytes.split_at(32);
        key.encryption.copy_from_slice(encryption);
        key.authentication.copy_from_slice(authentication);
        key
    }

    /// Phone: the advert that says `eid`.
    #[must_use]
    pub fn encrypt(&self, eid: &Eid) -> Advert {
        let mut block = Array::from(eid.to_bytes());
        Aes256::new((&*self.encryption).into()).encrypt_block(&mut block);
        let mut advert = [0; ADVERT];
        let (ciphertext, tag) = advert.split_at_mut(BLOCK);
        ciphertext.copy_from_slice(&block);
        tag.copy_from_slice(&self.tag(&block).0);
        Advert(advert)
    }

    /// Workstation: what `advert` says, if it was made with this key.
    pub fn decrypt(&self, advert: &Advert) -> Result<Eid, EidError> {
        let (ciphertext, tag) = advert.0.split_at(BLOCK);
        if !self.tag(ciphertext).is(tag) {
            return Err(EidError::NotForThisKey);
        }
        let mut block = Array::default();
        block.copy_from_slice(ciphertext);
        Aes256::new((&*self.encryption).into()).decrypt_block(&mut block);
        Eid::from_bytes(block.into())
    }

    fn tag(&self, ciphertext: &[u8]) -> Tag {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.authentication.as_slice());
        let whole = hmac::sign(&key, ciphertext);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(whole.as_ref()).for_each(|(target, source)| *target = *source);
        Tag(tag)
    }
}

/// What proves an advert to be of a key. It has no `==`, whose time would tell how far a forged one agrees.
struct Tag([u8; TAG]);

impl Tag {
    fn is(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}

impl fmt::Debug for EidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EidKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::{
        crypter::TransportKey,
        keys::{Psk, QrSecret},
        point::PrivateKey,
    };

    /// The cipher's own key schedule, too, which takes a feature of its crate.
    #[test]
    fn what_is_secret_erases_itself() {
        const fn erases<T: ZeroizeOnDrop>() {}
        erases::<Aes256>();
        erases::<Eid>();
        erases::<EidKey>();
        erases::<QrSecret>();
        erases::<Psk>();
        erases::<TransportKey>();
        erases::<p256::SecretKey>();
        // Nothing but where such a key is.
        assert_eq!(size_of::<PrivateKey>(), size_of::<&p256::SecretKey>());
    }
}
