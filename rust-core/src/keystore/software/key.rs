//! One private key.

use alloc::{string::ToString, vec::Vec};

use rcgen::{PublicKeyData, SignatureAlgorithm, SigningKey};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use zeroize::Zeroizing;

use super::key_pair::ErasedKeyPair;
use crate::{
    ctap::cose::PublicKey,
    keystore::KeyError,
    secret::{Depth, erased},
};

/// A P-256 private key, as PKCS#8 to be kept and as a key pair to sign with.
pub(super) struct SoftwareKey {
    pkcs8: Zeroizing<Vec<u8>>,
    pair: ErasedKeyPair,
    public_key: PublicKey,
}

impl SoftwareKey {
    /// Makes a new key from the operating system's randomness.
    pub(super) fn generate() -> Result<Self, KeyError> {
        let pkcs8 = erased(Depth::Shallow, || {
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .map(|document| Zeroizing::new(document.as_ref().to_vec()))
        });
        let pkcs8 = pkcs8.map_err(|_| KeyError::Platform("no randomness".to_string()))?;
        Self::from_pkcs8(pkcs8)
            .ok_or_else(|| KeyError::Platform("the new key is invalid".to_string()))
    }

    /// `None` if the bytes are not a P-256 key pair.
    pub(super) fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Option<Self> {
        let pair = ErasedKeyPair::from_pkcs8(&pkcs8)?;
        let public_key = PublicKey::from_sec1(pair.public_key().as_ref()).ok()?;
        Some(Self { pkcs8, pair, public_key })
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(super) const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// A DER `ECDSA-Sig-Value` over SHA-256 of `message`.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = erased(Depth::Shallow, || self.pair.sign(&SystemRandom::new(), message));
        let signature = signature.map_err(|_| KeyError::Platform("no randomness".to_string()))?;
        Ok(signature.as_ref().to_vec())
    }
}

impl PublicKeyData for SoftwareKey {
    fn der_bytes(&self) -> &[u8] {
        self.public_key.sec1()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for SoftwareKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Self::sign(self, message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
