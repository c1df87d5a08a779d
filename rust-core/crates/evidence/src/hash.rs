use std::{fmt, str::FromStr};

use ring::digest::{self, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a hash of this log begins with, so that none can be mistaken for one of another use.
const DOMAIN: &[u8] = b"wardkey evidence 1\n";

/// The SHA-256 hash of a record, in JSON 64 hexadecimal digits in lower case.
///
/// ```
/// use wardkey_evidence::Hash;
///
/// assert_eq!(Hash::START.to_string(), "0".repeat(64));
/// assert_eq!("0".repeat(64).parse(), Ok(Hash::START));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

/// Not 64 hexadecimal digits in lower case.
///
/// ```
/// use wardkey_evidence::{Hash, InvalidHash};
///
/// assert_eq!("head".parse::<Hash>(), Err(InvalidHash));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits in lower case")]
pub struct InvalidHash;

impl Hash {
    /// What the first record names as the one before it.
    pub const START: Self = Self([0; 32]);

    pub(crate) fn of(body: &[u8]) -> Self {
        let mut context = digest::Context::new(&SHA256);
        context.update(DOMAIN);
        context.update(body);
        let mut hash = [0; 32];
        for (byte, found) in hash.iter_mut().zip(context.finish().as_ref()) {
            *byte = *found;
        }
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(|_| InvalidHash)?;
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Err(InvalidHash)
        } else {
            Ok(Self(hash))
        }
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
