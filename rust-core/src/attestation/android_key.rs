//! `android-key`, WebAuthn Level 3 §8.4: the certificate chain of a key in Android Keystore.

use alloc::vec::Vec;

use der::Decode;
use x509_cert::Certificate;

use super::statement::{InvalidStatement, signed, take_signature};
use crate::ctap::{
    cbor::{Map, Value},
    cose::PublicKey,
};

/// Attestation statement format identifier.
///
/// ```
/// use wardkey_core::{attestation::android_key, authenticator::AttestationFormat};
///
/// assert_eq!(AttestationFormat::AndroidKey.identifier(), android_key::FORMAT);
/// ```
pub const FORMAT: &str = "android-key";

/// What a statement says.
///
/// ```
/// use wardkey_core::attestation::android_key::{Statement, statement};
///
/// let map = statement(b"signature", &[b"leaf".to_vec(), b"intermediate".to_vec()]);
/// let read = Statement::decode(map)?;
/// assert_eq!(read.signature, b"signature");
/// assert_eq!(read.certificate_chain.len(), 2);
/// # Ok::<(), wardkey_core::attestation::InvalidStatement>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// DER `ECDSA-Sig-Value` by the credential key over authenticator data ‖ client data hash.
    pub signature: Vec<u8>,
    /// DER certificates, the credential key's own first.
    pub certificate_chain: Vec<Vec<u8>>,
}

/// The statement `{alg, sig, x5c}`.
///
/// `signature` is by the credential key over authenticator data ‖ client data hash; `certificates` are
/// DER, the credential key's own first.
///
/// ```
/// use wardkey_core::{attestation::android_key::statement, ctap::cbor::Value};
///
/// let map = statement(b"signature", &[b"leaf".to_vec()]);
/// assert_eq!(map.get("sig"), Some(&Value::from(&b"signature"[..])));
/// assert_eq!(map.get("x5c"), Some(&Value::Array(vec![Value::from(&b"leaf"[..])])));
/// ```
pub fn statement(signature: &[u8], certificates: &[Vec<u8>]) -> Map {
    let mut map = signed(signature);
    let chain = certificates.iter().map(|der| Value::from(der.as_slice()));
    map.insert("x5c", Value::Array(chain.collect()));
    map
}

/// The P-256 key a DER certificate is for; `None` for other keys, and for what is no certificate.
pub(crate) fn certified_key(certificate: &[u8]) -> Option<PublicKey> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    PublicKey::from_sec1(info.subject_public_key.raw_bytes()).ok()
}

impl Statement {
    /// Reads `{alg, sig, x5c}`; other members are ignored.
    pub fn decode(mut map: Map) -> Result<Self, InvalidStatement> {
        let signature = take_signature(&mut map)?;
        let chain: Vec<Value> = map.required("x5c")?;
        let certificate_chain =
            chain.into_iter().map(Value::into_type).collect::<Result<Vec<_>, _>>()?;
        if certificate_chain.is_empty() {
            return Err(InvalidStatement::NoCertificate);
        }
        Ok(Self { signature, certificate_chain })
    }
}
