//! CTAP2 canonical CBOR: the only encoding this crate reads or writes on the wire.
//!
//! CTAP 2.3 §8 asks for definite lengths, shortest-form integers and lengths, map keys that are unique
//! and sorted (by major type, then by length, then by bytes), no tags, and at most four levels of
//! nesting. [`decode`] refuses everything else, so a value that was accepted encodes to the very bytes
//! it came from:
//!
//! ```
//! use wardkey_core::ctap::cbor::{decode, Map, Value};
//!
//! let bytes = Value::from(Map::from_iter([(1, Value::from("ctap")), (2, Value::from(true))])).encode();
//! assert_eq!(bytes, [0xa2, 0x01, 0x64, b'c', b't', b'a', b'p', 0x02, 0xf5]);
//! assert_eq!(decode(&bytes)?.encode(), bytes);
//!
//! // The same map with its keys the wrong way round is another encoding, and so an error.
//! assert!(decode(&[0xa2, 0x02, 0xf5, 0x01, 0xf5]).is_err());
//! # Ok::<(), wardkey_core::ctap::cbor::DecodeError>(())
//! ```
//!
//! Floating-point numbers, `undefined` and unassigned simple values are refused too: no member of any
//! CTAP message has one.

mod fields;
mod map;
mod reader;
mod value;
mod writer;

pub use fields::{FieldError, FieldKey, FromValue};
pub use map::Map;
pub use reader::{DecodeError, MAX_DEPTH, MAX_MESSAGE_BYTES, decode};
pub use value::Value;
