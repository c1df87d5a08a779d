//! Typed access to the members of a message.

use alloc::{string::String, vec::Vec};
use core::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

use super::{Map, Value};

/// The key of a message member: an integer in CTAP messages, a text in WebAuthn structures.
///
/// ```
/// use wardkey_core::ctap::cbor::FieldKey;
///
/// assert_eq!(FieldKey::from(2).to_string(), "2");
/// assert_eq!(FieldKey::from("id").to_string(), "\"id\"");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKey {
    /// An integer key.
    Number(u64),
    /// A text key.
    Name(&'static str),
}

impl fmt::Display for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

impl From<u64> for FieldKey {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for FieldKey {
    fn from(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl From<FieldKey> for Value {
    fn from(key: FieldKey) -> Self {
        match key {
            FieldKey::Number(number) => number.into(),
            FieldKey::Name(name) => name.into(),
        }
    }
}

/// What is wrong with a member of a well-formed message.
///
/// ```
/// use wardkey_core::ctap::cbor::{FieldError, Map, Value};
///
/// let mut map = Map::from_iter([(1, Value::from(vec![0x5a; 31]))]);
/// let error = map.required_bytes::<32>(1);
/// assert_eq!(error, Err(FieldError::WrongLength { key: 1.into(), expected: 32 }));
///
/// let error = Value::from("text").into_type::<Map>().unwrap_err();
/// assert_eq!(error.to_string(), "an item is not a map");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FieldError {
    /// CTAP status 0x14.
    #[error("member {0} is missing")]
    Missing(FieldKey),
    /// CTAP status 0x11.
    #[error("member {key} is not {expected}")]
    WrongType {
        /// The member.
        key: FieldKey,
        /// What it should have been, with its article.
        expected: &'static str,
    },
    /// The message itself, or an item of a list, is of another type; CTAP status 0x11.
    #[error("an item is not {expected}")]
    WrongItem {
        /// What it should have been, with its article.
        expected: &'static str,
    },
    /// A byte string of a fixed length has another one; CTAP status 0x03.
    #[error("member {key} is not {expected} bytes long")]
    WrongLength {
        /// The member.
        key: FieldKey,
        /// The length it should have.
        expected: usize,
    },
}

/// A type one kind of CBOR item can be turned into.
///
/// ```
/// use wardkey_core::ctap::cbor::{FromValue, Map, Value};
///
/// #[derive(Debug, PartialEq)]
/// struct Aaguid([u8; 16]);
///
/// impl FromValue for Aaguid {
///     const EXPECTED: &'static str = "an AAGUID";
///
///     fn from_value(value: Value) -> Option<Self> {
///         Vec::from_value(value)?.try_into().ok().map(Self)
///     }
/// }
///
/// let mut info = Map::from_iter([(3, Value::from(vec![0; 16])), (4, Value::from(vec![0; 15]))]);
/// assert_eq!(info.required(3), Ok(Aaguid([0; 16])));
/// let error = info.required::<Aaguid>(4).unwrap_err();
/// assert_eq!(error.to_string(), "member 4 is not an AAGUID");
/// ```
pub trait FromValue: Sized {
    /// The kind, with its article, for error messages.
    const EXPECTED: &'static str;

    /// `None` if the item is of another kind.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! from_variant {
    ($($type:ty, $variant:ident, $expected:literal;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(inner) => Some(inner),
                    _ => None,
                }
            }
        }
    )*};
}

from_variant! {
    u64, Unsigned, "an unsigned integer";
    Vec<u8>, Bytes, "a byte string";
    String, Text, "a text string";
    Vec<Value>, Array, "an array";
    Map, Map, "a map";
    bool, Bool, "a boolean";
}

impl FromValue for i64 {
    const EXPECTED: &'static str = "an integer";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Unsigned(n) => Self::try_from(n).ok(),
            Value::Negative(n) => Self::try_from(n).ok().map(|n| -1 - n),
            _ => None,
        }
    }
}

impl Value {
    /// This item as a `T`.
    pub fn into_type<T: FromValue>(self) -> Result<T, FieldError> {
        T::from_value(self).ok_or(FieldError::WrongItem { expected: T::EXPECTED })
    }
}

impl Map {
    /// Takes a member that may be left out.
    pub fn optional<T: FromValue>(
        &mut self,
        key: impl Into<FieldKey>,
    ) -> Result<Option<T>, FieldError> {
        let key = key.into();
        let wrong_type = FieldError::WrongType { key, expected: T::EXPECTED };
        self.remove(key).map(|value| T::from_value(value).ok_or(wrong_type)).transpose()
    }

    /// Takes a member that must be there.
    pub fn required<T: FromValue>(&mut self, key: impl Into<FieldKey>) -> Result<T, FieldError> {
        let key = key.into();
        self.optional(key)?.ok_or(FieldError::Missing(key))
    }

    /// Takes a byte string of `N` bytes that must be there.
    pub fn required_bytes<const N: usize>(
        &mut self,
        key: impl Into<FieldKey>,
    ) -> Result<[u8; N], FieldError> {
        let key = key.into();
        // It may be a secret, which is not to stay where it was read to.
        let bytes = Zeroizing::new(self.required::<Vec<u8>>(key)?);
        bytes.as_slice().try_into().map_err(|_| FieldError::WrongLength { key, expected: N })
    }
}
