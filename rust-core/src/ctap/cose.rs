//! COSE keys: the credential public key in authenticator data.

use alloc::vec::Vec;
use core::fmt;

use coset::{CborSerializable, CoseKey, CoseKeyBuilder, iana};
use thiserror::Error;

/// COSE algorithm identifier of ECDSA with SHA-256 on P-256, RFC 9053 §2.1.
///
/// ```
/// use wardkey_core::{ctap::cose::ES256, webauthn::CreationOptions};
///
/// /// Whether a passkey of ours is of any use to the site.
/// fn can_serve(options: &CreationOptions) -> bool {
///     options.algorithms.contains(&ES256)
/// }
///
/// let options = CreationOptions::parse(
///     r#"{"rp": {"name": "Example"}, "user": {"id": "aWQ", "name": "", "displayName": ""},
///         "challenge": "AA", "pubKeyCredParams": [{"type": "public-key", "alg": -8}]}"#,
/// )?;
/// assert!(!can_serve(&options), "EdDSA or nothing");
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
pub const ES256: i64 = -7;

/// A P-256 public key that is known to be on its curve.
///
/// ```
/// use wardkey_core::ctap::cose::{ES256, InvalidPublicKey, PublicKey};
///
/// # use wardkey_core::hybrid::point::PrivateKey;
/// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
/// let key = PublicKey::from_sec1(&point)?;
/// assert_eq!(PublicKey::from_cose(key.cose())?, key);
/// // { 1: 2 (EC2), 3: -7 (ES256), … }
/// assert_eq!(key.cose()[..5], [0xa5, 0x01, 0x02, 0x03, 0x26]);
/// assert_eq!(ES256, -7);
///
/// let mut off_curve = *key.sec1();
/// off_curve[64] ^= 1;
/// assert_eq!(PublicKey::from_sec1(&off_curve), Err(InvalidPublicKey));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    sec1: [u8; 65],
    cose: Vec<u8>,
}

/// The bytes are not a P-256 public key for ES256.
///
/// ```
/// use wardkey_core::ctap::cose::{InvalidPublicKey, PublicKey};
///
/// let off_curve = [vec![0x04], vec![0x5a; 64]].concat();
/// assert_eq!(PublicKey::from_sec1(&off_curve), Err(InvalidPublicKey));
/// assert_eq!(PublicKey::from_cose(&[0xa0]), Err(InvalidPublicKey));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a P-256 public key")]
pub struct InvalidPublicKey;

impl PublicKey {
    /// Takes an uncompressed SEC 1 point: 0x04 ‖ x ‖ y.
    pub fn from_sec1(point: &[u8]) -> Result<Self, InvalidPublicKey> {
        let sec1: [u8; 65] = point.try_into().map_err(|_| InvalidPublicKey)?;
        p256::PublicKey::from_sec1_bytes(&sec1).map_err(|_| InvalidPublicKey)?;
        let (x, y) = coordinates(&sec1);
        let key = CoseKeyBuilder::new_ec2_pub_key(iana::EllipticCurve::P_256, x.into(), y.into())
            .algorithm(iana::Algorithm::ES256)
            .build();
        let cose = key.to_vec().map_err(|_| InvalidPublicKey)?;
        Ok(Self { sec1, cose })
    }

    /// Reads a `COSE_Key` as WebAuthn §5.8.5 restricts it: `EC2`, ES256, P-256, uncompressed.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        let key = CoseKey::from_slice(bytes).map_err(|_| InvalidPublicKey)?;
        let point = key.to_sec1_octet_string().map_err(|_| InvalidPublicKey)?;
        let public_key = Self::from_sec1(&point)?;
        // One key has one encoding, so algorithm, curve and member order are compared with it.
        if public_key.cose == bytes { Ok(public_key) } else { Err(InvalidPublicKey) }
    }

    /// The uncompressed SEC 1 point.
    pub const fn sec1(&self) -> &[u8; 65] {
        &self.sec1
    }

    /// The canonical `COSE_Key`, RFC 9052 §7.
    pub fn cose(&self) -> &[u8] {
        &self.cose
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(P-256)")
    }
}

fn coordinates(sec1: &[u8; 65]) -> (&[u8], &[u8]) {
    sec1.split_first().map_or((&[], &[]), |(_, xy)| xy.split_at(xy.len() / 2))
}
