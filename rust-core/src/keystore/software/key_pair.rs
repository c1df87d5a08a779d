//! ring's key pair, which does not erase itself, made to.

use alloc::boxed::Box;
use core::ops::Deref;

use p256::{AffinePoint, elliptic_curve::sec1::ToSec1Point};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use zeroize::optimization_barrier;

use crate::secret::{Depth, erased};

/// A key pair ready to sign, whose memory is overwritten when it is dropped.
///
/// To read PKCS#8 takes ring almost as long as to sign, because it computes the public key once more;
/// so it is done once and not for every signature. ring lets nobody write into a key pair, but another
/// one can be moved to where it is: that of the private key 1.
pub(super) struct ErasedKeyPair(Box<EcdsaKeyPair>);

impl ErasedKeyPair {
    /// `None` if the bytes are not a P-256 key pair.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let random = SystemRandom::new();
        erased(Depth::Shallow, || {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &random);
            // On the heap it stays in one place, so one place is all there is to overwrite.
            pair.ok().map(Box::new).map(Self)
        })
    }

    fn erase(&mut self) {
        let mut one = [0; 32];
        one[31] = 1;
        let nobody = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &one,
            AffinePoint::GENERATOR.to_sec1_point(false).as_bytes(),
            &SystemRandom::new(),
        );
        if let Ok(nobody) = nobody {
            *self.0 = nobody;
            optimization_barrier(&self.0);
        }
    }
}

impl Deref for ErasedKeyPair {
    type Target = EcdsaKeyPair;

    fn deref(&self) -> &EcdsaKeyPair {
        &self.0
    }
}

impl Drop for ErasedKeyPair {
    fn drop(&mut self) {
        self.erase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::KeyPair;

    #[test]
    fn an_erased_key_pair_is_another_one_in_the_same_place() {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let mut pair = ErasedKeyPair::from_pkcs8(document.unwrap().as_ref()).unwrap();
        let place = core::ptr::from_ref::<EcdsaKeyPair>(&pair);
        pair.erase();
        let generator = AffinePoint::GENERATOR.to_sec1_point(false);
        assert_eq!(pair.public_key().as_ref(), generator.as_bytes());
        assert_eq!(core::ptr::from_ref::<EcdsaKeyPair>(&pair), place);
    }
}
