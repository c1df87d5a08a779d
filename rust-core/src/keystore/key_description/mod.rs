//! `KeyDescription`, the extension with which Android certifies a key.
//!
//! The schema is Android's (`source.android.com/docs/security/features/keystore/attestation`), KeyMint
//! versions 1 to 4 and Keymaster 4. Tags this crate does not know are skipped, so newer versions can
//! be read; tags out of order or twice are refused.
//!
//! ```
//! use wardkey_core::keystore::key_description::{
//!     ALGORITHM_EC, AuthorizationList, DIGEST_SHA_2_256, EC_CURVE_P_256, KeyDescription, KeyOrigin,
//!     PURPOSE_SIGN, USER_AUTH_BIOMETRIC, USER_AUTH_PASSWORD,
//! };
//! use wardkey_core::keystore::SecurityLevel;
//!
//! let description = KeyDescription {
//!     attestation_version: 300,
//!     attestation_security_level: SecurityLevel::TrustedEnvironment,
//!     key_mint_version: 300,
//!     key_mint_security_level: SecurityLevel::TrustedEnvironment,
//!     attestation_challenge: b"challenge".to_vec(),
//!     unique_id: Vec::new(),
//!     software_enforced: AuthorizationList::default(),
//!     hardware_enforced: AuthorizationList {
//!         purposes: vec![PURPOSE_SIGN],
//!         algorithm: Some(ALGORITHM_EC),
//!         ec_curve: Some(EC_CURVE_P_256),
//!         digests: vec![DIGEST_SHA_2_256],
//!         user_auth_type: Some(USER_AUTH_PASSWORD | USER_AUTH_BIOMETRIC),
//!         origin: Some(KeyOrigin::Generated),
//!         ..AuthorizationList::default()
//!     },
//! };
//! assert_eq!(KeyDescription::decode(&description.encode()?)?, description);
//! # Ok::<(), wardkey_core::keystore::key_description::InvalidKeyDescription>(())
//! ```

mod authorization_list;
mod field;
mod types;

use alloc::vec::Vec;

use der::{
    Decode, Encode, Reader, SliceReader, Tag,
    asn1::{ObjectIdentifier, OctetString},
};
use thiserror::Error;
use x509_cert::Certificate;

use super::SecurityLevel;

pub use authorization_list::AuthorizationList;
pub use types::{
    ApplicationId, DeviceIdentifier, KeyOrigin, Package, RootOfTrust, VerifiedBootState,
};

/// The extension's object identifier.
///
/// ```
/// use wardkey_core::keystore::key_description::OID;
///
/// assert_eq!(OID.to_string(), "1.3.6.1.4.1.11129.2.1.17");
/// ```
pub const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.1.17");

/// `PURPOSE` value: the key signs.
///
/// ```
/// use wardkey_core::keystore::key_description as tags;
///
/// // What `AuthorizationList` says of a key that this authenticator would make.
/// assert_eq!([tags::PURPOSE_SIGN, tags::ALGORITHM_EC, tags::EC_CURVE_P_256], [2, 3, 1]);
/// assert_eq!(tags::DIGEST_SHA_2_256, 4);
/// assert_eq!(tags::USER_AUTH_PASSWORD | tags::USER_AUTH_BIOMETRIC, 3);
/// ```
pub const PURPOSE_SIGN: u64 = 2;
/// `ALGORITHM` value: an elliptic curve key.
///
/// ```
/// use wardkey_core::keystore::key_description::{ALGORITHM_EC, AuthorizationList};
///
/// /// WebAuthn's ES256 is made with keys of elliptic curves alone.
/// fn fits_es256(enforced: &AuthorizationList) -> bool {
///     enforced.algorithm == Some(ALGORITHM_EC)
/// }
///
/// let rsa = AuthorizationList { algorithm: Some(1), ..AuthorizationList::default() };
/// assert!(!fits_es256(&rsa) && !fits_es256(&AuthorizationList::default()));
/// ```
pub const ALGORITHM_EC: u64 = 3;
/// `DIGEST` value: SHA-256.
///
/// ```
/// use wardkey_core::keystore::key_description::{AuthorizationList, DIGEST_SHA_2_256};
///
/// // KeyMint's value 2 is SHA-1, which no passkey may sign with.
/// let enforced = AuthorizationList { digests: vec![2, 4], ..AuthorizationList::default() };
/// let only_sha_256 = enforced.digests.iter().all(|digest| *digest == DIGEST_SHA_2_256);
/// assert!(enforced.digests.contains(&DIGEST_SHA_2_256) && !only_sha_256);
/// ```
pub const DIGEST_SHA_2_256: u64 = 4;
/// `EC_CURVE` value: P-256.
///
/// ```
/// use wardkey_core::keystore::key_description::{AuthorizationList, EC_CURVE_P_256};
///
/// // KeyMint's value 2 is P-384.
/// let enforced = AuthorizationList { ec_curve: Some(2), ..AuthorizationList::default() };
/// assert_ne!(enforced.ec_curve, Some(EC_CURVE_P_256));
/// ```
pub const EC_CURVE_P_256: u64 = 1;
/// `USER_AUTH_TYPE` bit: the PIN, pattern or password of the screen lock.
///
/// ```
/// use wardkey_core::keystore::key_description::{
///     AuthorizationList, USER_AUTH_BIOMETRIC, USER_AUTH_PASSWORD,
/// };
///
/// /// Whether the hardware takes the screen lock's PIN for this key.
/// fn takes_pin(enforced: &AuthorizationList) -> bool {
///     enforced.user_auth_type.is_some_and(|bits| bits & USER_AUTH_PASSWORD != 0)
/// }
///
/// let of = |bits| AuthorizationList { user_auth_type: Some(bits), ..AuthorizationList::default() };
/// assert!(takes_pin(&of(USER_AUTH_PASSWORD | USER_AUTH_BIOMETRIC)));
/// assert!(!takes_pin(&of(USER_AUTH_BIOMETRIC)));
/// ```
pub const USER_AUTH_PASSWORD: u64 = 1;
/// `USER_AUTH_TYPE` bit: a strong biometric.
///
/// ```
/// use wardkey_core::keystore::key_description::{AuthorizationList, USER_AUTH_BIOMETRIC};
///
/// /// Whether a finger or face is asked for, and nothing else will do.
/// fn biometric_alone(enforced: &AuthorizationList) -> bool {
///     enforced.user_auth_type == Some(USER_AUTH_BIOMETRIC)
/// }
///
/// let of = |user_auth_type| AuthorizationList { user_auth_type, ..AuthorizationList::default() };
/// assert!(biometric_alone(&of(Some(USER_AUTH_BIOMETRIC))));
/// assert!(!biometric_alone(&of(Some(3))) && !biometric_alone(&of(None)));
/// ```
pub const USER_AUTH_BIOMETRIC: u64 = 2;

/// What a certificate says about its key and about the device that holds it.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use wardkey_core::keystore::{
/// #     KeyAlias, KeyRequest, KeyStore, software::{MemoryRecords, SoftwareKeys, TestAttestation},
/// # };
/// use wardkey_core::keystore::key_description::{KeyDescription, KeyOrigin};
///
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// let alias = KeyAlias::new("attested");
/// let request = KeyRequest { alias: &alias, attestation_challenge: Some(&[0x5a; 32]) };
/// let key = agreeable::run(keys.generate(request))?;
/// let description = KeyDescription::from_certificate(&key.certificate_chain[0])?;
/// assert_eq!(description.attestation_challenge, [0x5a; 32]);
/// assert_eq!(description.hardware_enforced.origin, Some(KeyOrigin::Generated));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// Version of this schema: 3 and 4 for Keymaster, 100 to 400 for KeyMint.
    pub attestation_version: u32,
    /// Where the attestation was made.
    pub attestation_security_level: SecurityLevel,
    /// Version of the Keymaster or KeyMint implementation.
    pub key_mint_version: u32,
    /// Where the key lives.
    pub key_mint_security_level: SecurityLevel,
    /// What the caller asked to be attested: in WebAuthn, the client data hash.
    pub attestation_challenge: Vec<u8>,
    /// A device identifier for system applications; empty for all others.
    pub unique_id: Vec<u8>,
    /// What the operating system promises.
    pub software_enforced: AuthorizationList,
    /// What the secure environment enforces.
    pub hardware_enforced: AuthorizationList,
}

/// Why there is no key description to read.
///
/// ```
/// use wardkey_core::keystore::key_description::{InvalidKeyDescription, KeyDescription};
///
/// let error = KeyDescription::from_certificate(b"no certificate").unwrap_err();
/// assert!(matches!(error, InvalidKeyDescription::Certificate(_)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidKeyDescription {
    /// The certificate is not DER of an X.509 certificate.
    #[error("not an X.509 certificate: {0}")]
    Certificate(der::Error),
    /// The certificate does not have the extension.
    #[error("the certificate has no Android key description")]
    Missing,
    /// The extension is not what the schema says.
    #[error("the Android key description is malformed: {0}")]
    Encoding(#[from] der::Error),
    /// A member of an authorization list is not what the schema says.
    #[error("authorization [{tag}] of the Android key description is malformed: {reason}")]
    Authorization {
        /// Its context-specific tag.
        tag: u32,
        /// What is wrong.
        reason: der::Error,
    },
    /// The members of an authorization list are not in the order of their tags, or one comes twice.
    #[error("authorization [{tag}] of the Android key description is out of order")]
    Order {
        /// The tag that came too late.
        tag: u32,
    },
}

impl KeyDescription {
    /// Reads the extension out of a DER certificate.
    pub fn from_certificate(certificate: &[u8]) -> Result<Self, InvalidKeyDescription> {
        let certificate =
            Certificate::from_der(certificate).map_err(InvalidKeyDescription::Certificate)?;
        let extensions = certificate.tbs_certificate().extensions();
        let extension = extensions.into_iter().flatten().find(|extension| extension.extn_id == OID);
        Self::decode(extension.ok_or(InvalidKeyDescription::Missing)?.extn_value.as_bytes())
    }

    /// Reads the value of the extension.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidKeyDescription> {
        let mut reader = SliceReader::new(bytes)?;
        let description = reader.sequence(Self::read)?;
        reader.finish()?;
        Ok(description)
    }

    fn read(reader: &mut SliceReader<'_>) -> Result<Self, InvalidKeyDescription> {
        Ok(Self {
            attestation_version: u32::decode(reader)?,
            attestation_security_level: read_security_level(reader)?,
            key_mint_version: u32::decode(reader)?,
            key_mint_security_level: read_security_level(reader)?,
            attestation_challenge: OctetString::decode(reader)?.into_bytes().into(),
            unique_id: OctetString::decode(reader)?.into_bytes().into(),
            software_enforced: AuthorizationList::read(reader)?,
            hardware_enforced: AuthorizationList::read(reader)?,
        })
    }

    /// The value of the extension, DER. Fails only for members beyond 256 MiB.
    pub fn encode(&self) -> Result<Vec<u8>, InvalidKeyDescription> {
        let mut content = self.attestation_version.to_der()?;
        content.extend(encode_security_level(self.attestation_security_level)?);
        content.extend(self.key_mint_version.to_der()?);
        content.extend(encode_security_level(self.key_mint_security_level)?);
        content.extend(field::tlv(Tag::OctetString, &self.attestation_challenge)?);
        content.extend(field::tlv(Tag::OctetString, &self.unique_id)?);
        content.extend(self.software_enforced.encode()?);
        content.extend(self.hardware_enforced.encode()?);
        Ok(field::tlv(Tag::Sequence, &content)?)
    }
}

fn read_security_level(reader: &mut SliceReader<'_>) -> der::Result<SecurityLevel> {
    match field::read_enumerated(reader)? {
        0 => Ok(SecurityLevel::Software),
        1 => Ok(SecurityLevel::TrustedEnvironment),
        2 => Ok(SecurityLevel::StrongBox),
        _ => Err(reader.error(Tag::Enumerated.value_error())),
    }
}

fn encode_security_level(level: SecurityLevel) -> der::Result<Vec<u8>> {
    field::encode_enumerated(match level {
        SecurityLevel::Software => 0,
        SecurityLevel::TrustedEnvironment => 1,
        SecurityLevel::StrongBox => 2,
    })
}
