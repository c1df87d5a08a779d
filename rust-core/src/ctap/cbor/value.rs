//! One CBOR data item.

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::Zeroize;

use super::{Map, writer};

/// A CBOR data item of the kinds CTAP uses.
///
/// `Debug` shows shapes and lengths, never the contents of byte or text strings: those may be user
/// handles, names or secrets.
///
/// ```
/// use wardkey_core::ctap::cbor::Value;
///
/// assert_eq!(Value::from(-7).encode(), [0x26]);
/// let list = Value::Array(vec![Value::from("rk"), Value::from(true)]);
/// assert_eq!(list.encode(), [0x82, 0x62, b'r', b'k', 0xf5]);
/// assert_eq!(format!("{list:?}"), "[text(2), true]");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Major type 0.
    Unsigned(u64),
    /// Major type 1: the number −1 − n, held as n.
    Negative(u64),
    /// Major type 2.
    Bytes(Vec<u8>),
    /// Major type 3.
    Text(String),
    /// Major type 4.
    Array(Vec<Value>),
    /// Major type 5.
    Map(Map),
    /// Simple values 20 and 21.
    Bool(bool),
    /// Simple value 22.
    Null,
}

/// Overwrites what it holds, for values that were read from a secret or are about to become one.
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::Text(text) => text.zeroize(),
            Self::Array(items) => items.zeroize(),
            Self::Map(map) => map.zeroize(),
            Self::Unsigned(_) | Self::Negative(_) | Self::Bool(_) | Self::Null => {
                *self = Self::Null;
            }
        }
    }
}

impl Value {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        writer::encode(self)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(n) => write!(f, "{n}"),
            Self::Negative(n) => write!(f, "{}", -1 - i128::from(*n)),
            Self::Bytes(bytes) => write!(f, "bytes({})", bytes.len()),
            Self::Text(text) => write!(f, "text({})", text.len()),
            Self::Array(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => map.fmt(f),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Unsigned(n)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        match u64::try_from(n) {
            Ok(n) => Self::Unsigned(n),
            Err(_) => Self::Negative(n.unsigned_abs() - 1),
        }
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Self {
        i64::from(n).into()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
