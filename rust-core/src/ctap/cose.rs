//! COSE keys: the credential public key in authenticator data.

use alloc::vec::Vec;
use core::fmt;

use coset::{CborSerializable, CoseKey, CoseKeyBuilder, iana};
use thiserror::Error;

/// COSE algorithm identifier of ECDSA with SHA-256 on P-256, RFC 9053 §2.1.
pub const ES256: i64 = -7;

/// A P-256 public key that is known to be on its curve.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    sec1: [u8; 65],
    cose: Vec<u8>,
}

/// The bytes are not a P-256 public key for ES256.
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
