//! The strict reader.

use alloc::{string::String, vec, vec::Vec};
use core::mem;

use ciborium_io::Read;
use ciborium_ll::{Decoder, Header, simple};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::{Map, Value};

/// Levels of nesting CTAP 2.3 §8 allows.
///
/// ```
/// use wardkey_core::ctap::cbor::{DecodeError, MAX_DEPTH, decode};
///
/// let arrays = |depth| [vec![0x81; depth], vec![0xf6]].concat();
/// assert!(decode(&arrays(MAX_DEPTH)).is_ok());
/// assert_eq!(decode(&arrays(MAX_DEPTH + 1)), Err(DecodeError::TooDeep));
/// ```
pub const MAX_DEPTH: usize = 4;

/// Longest message accepted: what the hybrid transport's frames can carry.
///
/// ```
/// use wardkey_core::ctap::cbor::{DecodeError, MAX_MESSAGE_BYTES, decode};
///
/// assert_eq!(decode(&vec![0; MAX_MESSAGE_BYTES + 1]), Err(DecodeError::TooLong));
/// ```
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Why bytes are not one canonical CBOR item; CTAP status 0x12 for all of them.
///
/// ```
/// use wardkey_core::ctap::cbor::{DecodeError, MAX_DEPTH, decode};
///
/// assert_eq!(decode(&[0x18, 0x17]), Err(DecodeError::NotShortest));
/// assert_eq!(decode(&[0x9f, 0xff]), Err(DecodeError::Indefinite));
/// assert_eq!(decode(&[0xa2, 0x01, 0xf5, 0x01, 0xf5]), Err(DecodeError::KeyOrder));
///
/// let arrays = |depth| [vec![0x81; depth], vec![0xf6]].concat();
/// assert!(decode(&arrays(MAX_DEPTH)).is_ok());
/// assert_eq!(decode(&arrays(MAX_DEPTH + 1)), Err(DecodeError::TooDeep));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The item goes on after the end of the bytes.
    #[error("the CBOR ends in the middle of an item")]
    Truncated,
    /// Bytes follow the item.
    #[error("bytes follow the CBOR item")]
    TrailingBytes,
    /// An integer or length is not in its shortest form.
    #[error("a CBOR integer or length is not in its shortest form")]
    NotShortest,
    /// An array, map or string has no definite length.
    #[error("a CBOR item has an indefinite length")]
    Indefinite,
    /// Map keys are out of order or occur twice.
    #[error("CBOR map keys are not sorted and unique")]
    KeyOrder,
    /// More than [`MAX_DEPTH`] arrays and maps inside each other.
    #[error("CBOR items are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// More than [`MAX_MESSAGE_BYTES`].
    #[error("the CBOR is longer than {MAX_MESSAGE_BYTES} bytes")]
    TooLong,
    /// A tag, a floating-point number, or an unassigned simple value.
    #[error("the CBOR has an item of a kind CTAP does not use")]
    Unsupported,
    /// A text string that is not UTF-8.
    #[error("a CBOR text string is not UTF-8")]
    NotUtf8,
    /// A reserved header byte.
    #[error("the CBOR is malformed")]
    Malformed,
}

/// Reads exactly one canonical CBOR item. Of one that is refused, what was read is overwritten: it may be part
/// of a secret.
///
/// ```
/// use wardkey_core::ctap::cbor::{DecodeError, MAX_MESSAGE_BYTES, Value, decode};
///
/// assert_eq!(decode(&[0x19, 0x01, 0x00]), Ok(Value::from(256_u64)));
/// assert_eq!(decode(&[0x01, 0x02]), Err(DecodeError::TrailingBytes));
/// assert_eq!(decode(&vec![0; MAX_MESSAGE_BYTES + 1]), Err(DecodeError::TooLong));
/// ```
pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(DecodeError::TooLong);
    }
    let mut reader = Reader { decoder: Decoder::from(Source(bytes)), total: bytes.len() };
    let mut value = reader.item(0)?;
    if reader.remaining() > 0 {
        value.zeroize();
        return Err(DecodeError::TrailingBytes);
    }
    Ok(value)
}

struct Reader<'a> {
    decoder: Decoder<Source<'a>>,
    total: usize,
}

impl Reader<'_> {
    fn item(&mut self, depth: usize) -> Result<Value, DecodeError> {
        match self.header()? {
            Header::Positive(n) => Ok(Value::Unsigned(n)),
            Header::Negative(n) => Ok(Value::Negative(n)),
            Header::Bytes(Some(length)) => self.string(length).map(Value::Bytes),
            Header::Text(Some(length)) => {
                String::from_utf8(self.string(length)?).map(Value::Text).map_err(|error| {
                    error.into_bytes().zeroize();
                    DecodeError::NotUtf8
                })
            }
            Header::Array(Some(length)) => self.array(length, deeper(depth)?),
            Header::Map(Some(length)) => self.map(length, deeper(depth)?),
            Header::Bytes(None)
            | Header::Text(None)
            | Header::Array(None)
            | Header::Map(None)
            | Header::Break => Err(DecodeError::Indefinite),
            Header::Simple(simple::FALSE) => Ok(Value::Bool(false)),
            Header::Simple(simple::TRUE) => Ok(Value::Bool(true)),
            Header::Simple(simple::NULL) => Ok(Value::Null),
            Header::Simple(_) | Header::Float(_) | Header::Tag(_) => Err(DecodeError::Unsupported),
        }
    }

    /// The next header, if it is in its shortest form.
    fn header(&mut self) -> Result<Header, DecodeError> {
        let start = self.decoder.offset();
        let header = self.decoder.pull().map_err(|error| match error {
            ciborium_ll::Error::Io(EndOfInput) => DecodeError::Truncated,
            ciborium_ll::Error::Syntax(_) => DecodeError::Malformed,
        })?;
        match shortest_header(&header) {
            Some(shortest) if self.decoder.offset() - start != shortest => {
                Err(DecodeError::NotShortest)
            }
            _ => Ok(header),
        }
    }

    fn string(&mut self, length: usize) -> Result<Vec<u8>, DecodeError> {
        // Checked before allocating: a header of nine bytes may claim any length.
        if length > self.remaining() {
            return Err(DecodeError::Truncated);
        }
        let mut bytes = vec![0; length];
        self.decoder.read_exact(&mut bytes).map_err(|EndOfInput| DecodeError::Truncated)?;
        Ok(bytes)
    }

    fn array(&mut self, length: usize, depth: usize) -> Result<Value, DecodeError> {
        let mut items = Zeroizing::new(Vec::new());
        for _ in 0..length {
            items.push(self.item(depth)?);
        }
        Ok(Value::Array(mem::take(&mut items)))
    }

    fn map(&mut self, length: usize, depth: usize) -> Result<Value, DecodeError> {
        let mut map = Zeroizing::new(Map::new());
        for _ in 0..length {
            let key = self.item(depth)?;
            let value = self.item(depth)?;
            if let Err(mut value) = map.push_in_order(key, value) {
                value.zeroize();
                return Err(DecodeError::KeyOrder);
            }
        }
        Ok(Value::Map(mem::take(&mut map)))
    }

    fn remaining(&mut self) -> usize {
        self.total - self.decoder.offset()
    }
}

fn deeper(depth: usize) -> Result<usize, DecodeError> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(DecodeError::TooDeep) }
}

/// Bytes of the shortest header; `None` for kinds that are refused anyway.
fn shortest_header(header: &Header) -> Option<usize> {
    let argument = match *header {
        Header::Positive(n) | Header::Negative(n) => n,
        Header::Simple(n) => n.into(),
        Header::Bytes(length)
        | Header::Text(length)
        | Header::Array(length)
        | Header::Map(length) => u64::try_from(length?).ok()?,
        Header::Float(_) | Header::Tag(_) | Header::Break => return None,
    };
    Some(match argument {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    })
}

/// The bytes that are still to be read. `&[u8]` itself would change its error type with ciborium's
/// `std` feature, which any crate of a build may turn on.
struct Source<'a>(&'a [u8]);

#[derive(Debug)]
struct EndOfInput;

impl Read for Source<'_> {
    type Error = EndOfInput;

    fn read_exact(&mut self, data: &mut [u8]) -> Result<(), EndOfInput> {
        let (head, rest) = self.0.split_at_checked(data.len()).ok_or(EndOfInput)?;
        data.copy_from_slice(head);
        self.0 = rest;
        Ok(())
    }
}
