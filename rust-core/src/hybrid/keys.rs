//! Keys derived from the QR secret: HKDF-SHA-256 with one purpose number each (CTAP 2.2 §11.5.1).

use super::eid::{Eid, EidKey};
use super::tunnel::TunnelId;
use crate::secret::{Depth, Secret, erased};
use core::fmt;
use ring::hkdf;
use zeroize::ZeroizeOnDrop;

/// What a derived key is for; its number is the HKDF info, 32 bits little-endian.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Purpose {
    EidKey = 1,
    TunnelId = 2,
    Psk = 3,
}

/// The 16 secret bytes of a QR code, from which all keys of a ceremony grow.
///
/// ```
/// use wardkey_core::hybrid::keys::QrSecret;
///
/// // Both devices derive the same keys, and other codes have others.
/// let secret = QrSecret::new([7; 16]);
/// assert_eq!(secret.tunnel_id(), secret.clone().tunnel_id());
/// assert_ne!(secret.tunnel_id(), QrSecret::new([8; 16]).tunnel_id());
/// assert_eq!(format!("{secret:?}"), "QrSecret(hidden)");
/// ```
#[derive(Clone)]
pub struct QrSecret(Secret<16>);

impl QrSecret {
    /// Takes the bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes themselves, for the QR code.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key under which the phone hides its [`Eid`] in the advert.
    #[must_use]
    pub fn eid_key(&self) -> EidKey {
        EidKey::new(&self.derive(Purpose::EidKey, &[]))
    }

    /// The tunnel's name at the service.
    #[must_use]
    pub fn tunnel_id(&self) -> TunnelId {
        TunnelId(*self.derive(Purpose::TunnelId, &[]))
    }

    /// The pre-shared key of the handshake. The EID is its salt, so only a workstation that heard
    /// the advert, hence was near, knows it.
    #[must_use]
    pub fn psk(&self, eid: &Eid) -> Psk {
        Psk(self.derive(Purpose::Psk, &eid.to_bytes()))
    }

    fn derive<const N: usize>(&self, purpose: Purpose, salt: &[u8]) -> Secret<N> {
        derive(self.0.as_slice(), salt, &(purpose as u32).to_le_bytes())
    }
}

impl ZeroizeOnDrop for QrSecret {}

impl fmt::Debug for QrSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("QrSecret(hidden)")
    }
}

/// The pre-shared key of one handshake.
///
/// ```
/// use wardkey_core::hybrid::{
///     eid::Eid,
///     keys::QrSecret,
///     tunnel::{RoutingId, TunnelDomain},
/// };
///
/// let secret = QrSecret::new([7; 16]);
/// let near = Eid { nonce: [1; 10], routing_id: RoutingId([2; 3]), domain: TunnelDomain::DEFAULT };
/// let elsewhere = Eid { nonce: [3; 10], ..near };
/// // Whoever has seen the code but not heard the advert has another key.
/// assert_ne!(secret.psk(&near).as_bytes(), secret.psk(&elsewhere).as_bytes());
/// assert_eq!(format!("{:?}", secret.psk(&near)), "Psk(hidden)");
/// ```
#[derive(Clone)]
pub struct Psk(Secret<32>);

impl Psk {
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

impl ZeroizeOnDrop for Psk {}

impl fmt::Debug for Psk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Psk(hidden)")
    }
}

/// HKDF-SHA-256 with an output of `N` bytes, at most 96.
pub(super) fn derive<const N: usize>(secret: &[u8], salt: &[u8], info: &[u8]) -> Secret<N> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    const { assert!(N <= 96, "a longer output than the protocol has") };
    let mut output = Secret::zeroed();
    let material = [info];
    let filled = erased(Depth::Shallow, || {
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(secret)
            .expand(&material, Length(N))
            .and_then(|key| key.fill(output.as_mut_slice()))
    });
    let Ok(()) = filled else {
        unreachable!("HKDF gives up to 255 blocks and the assertion above allows three");
    };
    output
}
