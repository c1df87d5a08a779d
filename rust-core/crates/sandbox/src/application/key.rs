//! A private key that assertions are signed with, and its public half.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use jsonwebtoken::{Algorithm, EncodingKey};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _},
    pkcs8::DecodePrivateKey as _,
    traits::PublicKeyParts as _,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// Uncompressed points begin with this byte, then come x and y.
const UNCOMPRESSED: u8 = 4;

pub(super) struct ClientKey {
    algorithm: Algorithm,
    signing: EncodingKey,
    /// A JSON Web Key.
    public: Value,
}

/// Why a text is no private key for an application.
///
/// ```
/// use wardkey_sandbox::{ApplicationClient, ClientKeyError};
///
/// let error: ClientKeyError = ApplicationClient::with_key("ward-list", b"no key").unwrap_err();
/// assert!(!error.to_string().contains("no key"), "what might be a key is not repeated");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientKeyError {
    /// Not PEM.
    #[error("not readable PEM: {0}")]
    Pem(#[from] pem::PemError),
    /// PEM of something else, such as a certificate or an encrypted key.
    #[error("“{0}” is no private key (PRIVATE KEY or RSA PRIVATE KEY is expected, not encrypted)")]
    Kind(String),
    /// A key of another kind, or a damaged one.
    #[error("the key is neither RSA nor ECDSA on P-256, or it is damaged")]
    Key,
}

impl ClientKey {
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, ClientKeyError> {
        let block = pem::parse(text)?;
        let kind = block.tag().to_owned();
        let der = Zeroizing::new(block.into_contents());
        match kind.as_str() {
            "PRIVATE KEY" => Self::ecdsa(&der)
                .or_else(|| Self::rsa(&RsaPrivateKey::from_pkcs8_der(&der).ok()?))
                .ok_or(ClientKeyError::Key),
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(&der)
                .ok()
                .and_then(|key| Self::rsa(&key))
                .ok_or(ClientKeyError::Key),
            _ => Err(ClientKeyError::Kind(kind)),
        }
    }

    fn ecdsa(pkcs8: &[u8]) -> Option<Self> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new()).ok()?;
        let (&UNCOMPRESSED, point) = pair.public_key().as_ref().split_first()? else {
            return None;
        };
        let (x, y) = point.split_at_checked(32)?;
        Some(Self {
            algorithm: Algorithm::ES256,
            signing: EncodingKey::from_ec_der(pkcs8),
            public: json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) }),
        })
    }

    fn rsa(key: &RsaPrivateKey) -> Option<Self> {
        let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
        Some(Self {
            algorithm: Algorithm::RS256,
            signing: EncodingKey::from_rsa_der(key.to_pkcs1_der().ok()?.as_bytes()),
            public: json!({ "kty": "RSA", "n": text(&n), "e": text(&e) }),
        })
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) const fn signing(&self) -> &EncodingKey {
        &self.signing
    }

    pub(super) const fn public(&self) -> &Value {
        &self.public
    }
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
    };
    use rsa::{
        RsaPrivateKey,
        pkcs1::EncodeRsaPrivateKey as _,
        pkcs8::{EncodePrivateKey as _, LineEnding},
        rand_core::OsRng,
    };

    use super::{ClientKey, ClientKeyError};

    #[test]
    fn both_kinds_of_key_are_read_and_only_their_public_half_is_told() {
        let rsa = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        let (pkcs1, pkcs8) =
            (rsa.to_pkcs1_pem(LineEnding::LF).unwrap(), rsa.to_pkcs8_pem(LineEnding::LF).unwrap());
        let (one, other) = (
            ClientKey::from_pem(pkcs1.as_bytes()).unwrap(),
            ClientKey::from_pem(pkcs8.as_bytes()).unwrap(),
        );
        assert_eq!(one.public(), other.public());
        let names: Vec<_> = one.public().as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["e", "kty", "n"]);

        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ecdsa = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
        let ecdsa = ClientKey::from_pem(ecdsa.as_bytes()).unwrap();
        let names: Vec<_> = ecdsa.public().as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["crv", "kty", "x", "y"]);
    }

    #[test]
    fn what_is_no_private_key_is_named() {
        let certificate = pem::encode(&pem::Pem::new("CERTIFICATE", [0; 9]));
        let told = ClientKey::from_pem(certificate.as_bytes()).err().unwrap();
        assert!(matches!(&told, ClientKeyError::Kind(kind) if kind == "CERTIFICATE"), "{told}");
        let damaged = pem::encode(&pem::Pem::new("PRIVATE KEY", [0; 9]));
        let told = ClientKey::from_pem(damaged.as_bytes()).err().unwrap();
        assert!(matches!(told, ClientKeyError::Key), "{told}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, rsa: bool) {
            let kind = if rsa { "RSA PRIVATE KEY" } else { "PRIVATE KEY" };
            let block = pem::encode(&pem::Pem::new(kind, bytes.clone()));
            prop_assert!(ClientKey::from_pem(block.as_bytes()).is_err());
            prop_assert!(ClientKey::from_pem(&bytes).is_err());
        }
    }
}
