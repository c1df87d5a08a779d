//! Authenticator data, WebAuthn Level 3 §6.1.

use alloc::vec::Vec;
use core::ops::BitOr;

use ring::digest;
use thiserror::Error;

use super::{
    cbor::{self, Map, Value},
    cose::{InvalidPublicKey, PublicKey},
};

/// What an authenticator signs over, together with the client data hash.
///
/// ```text
/// rpIdHash 32 | flags 1 | signCount 4 BE | [aaguid 16 | idLength 2 BE | id | COSE key] | [extensions]
/// ```
///
/// ```
/// use wardkey_core::ctap::auth_data::{
///     AuthenticatorData, Flags, InvalidAuthenticatorData, rp_id_hash,
/// };
///
/// let signed_in = AuthenticatorData {
///     rp_id_hash: rp_id_hash("example.org"),
///     flags: Flags::USER_PRESENT | Flags::USER_VERIFIED,
///     counter: 7,
///     attested_credential: None,
///     extensions: None,
/// };
/// let bytes = signed_in.encode();
/// assert_eq!(bytes[32..], [0x05, 0, 0, 0, 7]);
/// assert_eq!(AuthenticatorData::decode(&bytes)?, signed_in);
///
/// let error = AuthenticatorData::decode(&bytes[..36]);
/// assert_eq!(error, Err(InvalidAuthenticatorData::Truncated));
/// # Ok::<(), InvalidAuthenticatorData>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData {
    /// SHA-256 of the relying party id.
    pub rp_id_hash: [u8; 32],
    /// What happened in the ceremony. Whether AT and ED are set follows from the two members below.
    pub flags: Flags,
    /// Signature counter of the credential.
    pub counter: u32,
    /// The new credential, in registrations.
    pub attested_credential: Option<AttestedCredential>,
    /// Outputs of authenticator extensions.
    pub extensions: Option<Map>,
}

/// Attested credential data, WebAuthn Level 3 §6.5.2.
///
/// ```
/// # use wardkey_core::{ctap::cose::PublicKey, hybrid::point::PrivateKey};
/// use wardkey_core::ctap::auth_data::{AttestedCredential, AuthenticatorData, Flags, rp_id_hash};
///
/// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
/// # let public_key = PublicKey::from_sec1(&point)?;
/// let registered = AuthenticatorData {
///     rp_id_hash: rp_id_hash("example.org"),
///     flags: Flags::USER_PRESENT | Flags::USER_VERIFIED,
///     counter: 0,
///     attested_credential: Some(AttestedCredential { aaguid: [0; 16], id: vec![1; 32], public_key }),
///     extensions: None,
/// };
/// let read = AuthenticatorData::decode(&registered.encode())?;
/// assert!(read.flags.contains(Flags::ATTESTED_CREDENTIAL));
/// assert_eq!(read.attested_credential, registered.attested_credential);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedCredential {
    /// The model of the authenticator.
    pub aaguid: [u8; 16],
    /// Credential id, at most 1023 bytes.
    pub id: Vec<u8>,
    /// The credential's public key.
    pub public_key: PublicKey,
}

/// The flags byte.
///
/// ```
/// use wardkey_core::ctap::auth_data::Flags;
///
/// let flags = Flags::USER_PRESENT | Flags::USER_VERIFIED;
/// assert_eq!(flags.byte(), 0x05);
/// assert!(flags.contains(Flags::USER_VERIFIED));
/// assert!(!Flags::from_byte(0x01).contains(flags));
///
/// // What a key that never leaves its phone does not say.
/// let never = Flags::BACKUP_ELIGIBLE | Flags::BACKUP_STATE | Flags::EXTENSIONS;
/// assert_eq!(never.byte(), 0x98);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// UP: the user was present.
    pub const USER_PRESENT: Self = Self(0x01);
    /// UV: the user was verified.
    pub const USER_VERIFIED: Self = Self(0x04);
    /// BE: the credential may be backed up. Never set by this authenticator.
    pub const BACKUP_ELIGIBLE: Self = Self(0x08);
    /// BS: the credential is backed up. Never set by this authenticator.
    pub const BACKUP_STATE: Self = Self(0x10);
    /// AT: attested credential data follows.
    pub const ATTESTED_CREDENTIAL: Self = Self(0x40);
    /// ED: extension outputs follow.
    pub const EXTENSIONS: Self = Self(0x80);

    /// Reads the byte on the wire.
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte on the wire.
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// Whether every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn set(self, flag: Self, on: bool) -> Self {
        if on { Self(self.0 | flag.0) } else { Self(self.0 & !flag.0) }
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Why bytes are not authenticator data.
///
/// ```
/// use wardkey_core::ctap::auth_data::{AuthenticatorData, InvalidAuthenticatorData};
///
/// // The hash, no flag, a counter of zero, and one byte more.
/// let error = AuthenticatorData::decode(&[0; 32 + 1 + 4 + 1]);
/// assert_eq!(error, Err(InvalidAuthenticatorData::TrailingBytes));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAuthenticatorData {
    /// They end too early.
    #[error("the authenticator data ends too early")]
    Truncated,
    /// They go on after the end.
    #[error("bytes follow the authenticator data")]
    TrailingBytes,
    /// The credential public key is not an ES256 key.
    #[error(transparent)]
    PublicKey(#[from] InvalidPublicKey),
    /// The extension outputs are not a canonical CBOR map.
    #[error("the extension outputs are not a CBOR map")]
    Extensions,
}

/// SHA-256 of a relying party id.
///
/// ```
/// use wardkey_core::ctap::auth_data::rp_id_hash;
///
/// let hash = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5";
/// assert_eq!(hex::encode(rp_id_hash("example.org")), hash);
/// ```
pub fn rp_id_hash(rp_id: &str) -> [u8; 32] {
    sha256(rp_id.as_bytes())
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

impl AuthenticatorData {
    /// The bytes on the wire.
    pub fn encode(&self) -> Vec<u8> {
        let flags = self
            .flags
            .set(Flags::ATTESTED_CREDENTIAL, self.attested_credential.is_some())
            .set(Flags::EXTENSIONS, self.extensions.is_some());
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(self.rp_id_hash);
        bytes.push(flags.byte());
        bytes.extend(self.counter.to_be_bytes());
        if let Some(credential) = &self.attested_credential {
            credential.encode_to(&mut bytes);
        }
        if let Some(extensions) = &self.extensions {
            bytes.extend(Value::from(extensions.clone()).encode());
        }
        bytes
    }

    /// Reads authenticator data with an ES256 key.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidAuthenticatorData> {
        let (rp_id_hash, rest) = take(bytes)?;
        let ([flags], rest) = take(rest)?;
        let (counter, mut rest) = take(rest)?;
        let flags = Flags::from_byte(flags);
        let attested_credential = if flags.contains(Flags::ATTESTED_CREDENTIAL) {
            let (credential, after) = AttestedCredential::decode(rest)?;
            rest = after;
            Some(credential)
        } else {
            None
        };
        let extensions = match (flags.contains(Flags::EXTENSIONS), rest.is_empty()) {
            (true, _) => Some(decode_extensions(rest)?),
            (false, true) => None,
            (false, false) => return Err(InvalidAuthenticatorData::TrailingBytes),
        };
        let counter = u32::from_be_bytes(counter);
        Ok(Self { rp_id_hash, flags, counter, attested_credential, extensions })
    }
}

impl AttestedCredential {
    fn encode_to(&self, bytes: &mut Vec<u8>) {
        // Ids are made by this crate or were read from a 16-bit length, so they never reach the limit.
        let length = u16::try_from(self.id.len()).unwrap_or(u16::MAX);
        bytes.extend(self.aaguid);
        bytes.extend(length.to_be_bytes());
        bytes.extend(&self.id);
        bytes.extend(self.public_key.cose());
    }

    fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), InvalidAuthenticatorData> {
        let (aaguid, rest) = take(bytes)?;
        let (length, rest) = take(rest)?;
        let length = usize::from(u16::from_be_bytes(length));
        let (id, rest) =
            rest.split_at_checked(length).ok_or(InvalidAuthenticatorData::Truncated)?;
        // A P-256 COSE key with these five members always has this length.
        let (key, rest) =
            rest.split_at_checked(COSE_KEY_BYTES).ok_or(InvalidAuthenticatorData::Truncated)?;
        Ok((Self { aaguid, id: id.into(), public_key: PublicKey::from_cose(key)? }, rest))
    }
}

/// map(5) | 1: 2 | 3: -7 | -1: 1 | -2: bytes(32) | -3: bytes(32)
const COSE_KEY_BYTES: usize = 1 + 2 + 2 + 2 + (1 + 2 + 32) + (1 + 2 + 32);

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), InvalidAuthenticatorData> {
    bytes
        .split_first_chunk()
        .map(|(head, rest)| (*head, rest))
        .ok_or(InvalidAuthenticatorData::Truncated)
}

fn decode_extensions(bytes: &[u8]) -> Result<Map, InvalidAuthenticatorData> {
    match cbor::decode(bytes) {
        Ok(Value::Map(map)) => Ok(map),
        _ => Err(InvalidAuthenticatorData::Extensions),
    }
}
