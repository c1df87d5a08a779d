//! CBOR that is accepted is exactly canonical CBOR.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use wardkey_core::ctap::cbor::{DecodeError, MAX_MESSAGE_BYTES, Map, Value, decode};

/// Any value nested at most `depth` deep.
fn value(depth: u32) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(Value::Unsigned),
        any::<u64>().prop_map(Value::Negative),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        ".{0,40}".prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ];
    leaf.prop_recursive(depth, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner), 0..8)
                .prop_map(|entries| Value::Map(Map::from_iter(entries))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in value(4)) {
        prop_assert_eq!(decode(&value.encode()), Ok(value));
    }

    #[test]
    fn what_is_read_is_written_back(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(value) = decode(&bytes) {
            prop_assert_eq!(value.encode(), bytes);
        }
    }

    #[test]
    fn a_changed_byte_never_yields_the_same_bytes_twice(
        value in value(4),
        index in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut bytes = value.encode();
        let at = index.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = decode(&bytes) {
            prop_assert_eq!(other.encode(), bytes);
            prop_assert_ne!(other, value);
        }
    }

    #[test]
    fn every_prefix_is_truncated(value in value(4)) {
        let bytes = value.encode();
        for end in 0..bytes.len() {
            prop_assert_eq!(decode(&bytes[..end]), Err(DecodeError::Truncated));
        }
    }

    #[test]
    fn another_reader_sees_the_same_value(value in value(4)) {
        let bytes = value.encode();
        let theirs: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
        let mut again = Vec::new();
        ciborium::into_writer(&theirs, &mut again).unwrap();
        prop_assert_eq!(again, bytes);
    }
}

#[test]
fn each_malformed_class_is_told_apart() {
    let cases: &[(&str, DecodeError)] = &[
        ("", DecodeError::Truncated),
        ("a1", DecodeError::Truncated),
        ("5affffffff", DecodeError::Truncated),
        ("5bffffffffffffffff", DecodeError::Truncated),
        ("9bffffffffffffffff", DecodeError::Truncated),
        ("0000", DecodeError::TrailingBytes),
        ("1817", DecodeError::NotShortest),
        ("1900ff", DecodeError::NotShortest),
        ("1a0000ffff", DecodeError::NotShortest),
        ("1b00000000ffffffff", DecodeError::NotShortest),
        ("3817", DecodeError::NotShortest),
        ("5800", DecodeError::NotShortest),
        ("b800", DecodeError::NotShortest),
        ("5f4100ff", DecodeError::Indefinite),
        ("7fff", DecodeError::Indefinite),
        ("9fff", DecodeError::Indefinite),
        ("bfff", DecodeError::Indefinite),
        ("ff", DecodeError::Indefinite),
        ("a201000100", DecodeError::KeyOrder),
        ("a202000100", DecodeError::KeyOrder),
        ("a2616200616100", DecodeError::KeyOrder),
        ("a262616100616200", DecodeError::KeyOrder),
        ("a220000100", DecodeError::KeyOrder),
        ("8181818180", DecodeError::TooDeep),
        ("c000", DecodeError::Unsupported),
        ("f7", DecodeError::Unsupported),
        ("f90000", DecodeError::Unsupported),
        ("fa00000000", DecodeError::Unsupported),
        ("61ff", DecodeError::NotUtf8),
        ("1c", DecodeError::Malformed),
    ];
    for (bytes, expected) in cases {
        assert_eq!(decode(&hex::decode(bytes).unwrap()), Err(*expected), "{bytes}");
    }
}

#[test]
fn the_ceiling_is_one_mebibyte() {
    let header = 5;
    let longest = Value::Bytes(vec![0; MAX_MESSAGE_BYTES - header]).encode();
    assert!(decode(&longest).is_ok());
    let longer = Value::Bytes(vec![0; MAX_MESSAGE_BYTES - header + 1]).encode();
    assert_eq!(decode(&longer), Err(DecodeError::TooLong));
}

#[test]
fn debug_shows_no_contents() {
    let map = Map::from_iter([("user", Value::from(b"secret handle".as_slice()))]);
    assert_eq!(format!("{:?}", Value::from(map)), "{text(4): bytes(13)}");
}
