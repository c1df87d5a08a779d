//! What a QR code leaves behind on the heap: nothing, once it is dropped; and what CBOR that is refused does.
//!
//! Without the harness there is one thread, so that all it allocates is in the region that the kernel names
//! `[heap]`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod memory;

fn main() {
    #[cfg(target_os = "linux")]
    linux::a_code_that_is_dropped_leaves_no_secret();
    #[cfg(target_os = "linux")]
    linux::members_leave_nothing_where_they_were_read_to();
    #[cfg(target_os = "linux")]
    linux::cbor_that_is_refused_leaves_nothing();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::hint::black_box;

    use wardkey_core::{
        ctap::cbor::{self, DecodeError, FieldError, Map},
        hybrid::{
            digits,
            keys::QrSecret,
            point::PrivateKey,
            qr::{QrCode, RequestType},
        },
    };
    use zeroize::Zeroizing;

    use super::memory::{found_on_heap as found, masked};

    /// Bytes 42 to 48 of the code lie within its secret; they are these digits of its text.
    const DIGITS_OF_SECRET: std::ops::Range<usize> = 6 + 6 * 17..6 + 7 * 17;

    pub(super) fn a_code_that_is_dropped_leaves_no_secret() {
        let secret: [u8; 16] = core::array::from_fn(|n| 0x31 + 7 * u8::try_from(n).unwrap());
        let masked_secret = masked(&secret);
        let key = PrivateKey::from_bytes([1; 32]).unwrap().public_key();
        // On the heap, where it can be seen.
        let code =
            Box::new(QrCode::new(key, QrSecret::new(secret), RequestType::MakeCredential, None));
        let text = code.to_text();
        let masked_digits = masked(&text.as_bytes()[DIGITS_OF_SECRET]);
        assert!(found(&masked_secret) >= 1, "the search sees a code that is there");
        assert!(found(&masked_digits) >= 1, "and its text");

        for _ in 0..20 {
            let read = Box::new(QrCode::parse(&text).unwrap());
            black_box(read.to_text());
        }
        // One whose secret is in order, and the rest is not.
        let mut damaged = Zeroizing::new(String::with_capacity(2 * text.len()));
        damaged.push_str(&text);
        damaged.push('0');
        assert!(QrCode::parse(&damaged).is_err());
        drop((damaged, text, code));
        assert_eq!(found(&masked_digits), 0, "digits stayed on the heap");
        assert_eq!(found(&masked_secret), 0, "the secret stayed on the heap");
    }

    /// As long as no secret is: an allocator writes into the first 16 bytes of what is given back to it.
    fn string() -> [u8; 48] {
        core::array::from_fn(|n| 0x40 + u8::try_from(n).unwrap())
    }

    fn joined(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(256));
        for part in parts {
            bytes.extend_from_slice(part);
        }
        bytes
    }

    pub(super) fn members_leave_nothing_where_they_were_read_to() {
        let inside = masked(&string()[16..32]);
        let bytes = joined(&[&[0xa1, 0x01, 0x58, 48], &string()]);
        let mut map: Map = cbor::decode(&bytes).unwrap().into_type().unwrap();
        black_box(map.required_bytes::<48>(1).unwrap());
        let mut map: Map = cbor::decode(&bytes).unwrap().into_type().unwrap();
        black_box(map.required_bytes::<32>(1).unwrap_err());
        // No code either: it has no public key.
        let digits = Zeroizing::new(digits::encode(&bytes));
        let text = joined(&[b"FIDO:/", digits.as_bytes()]);
        let missing = FieldError::Missing(0.into());
        assert_eq!(QrCode::parse(str::from_utf8(&text).unwrap()).err(), Some(missing.into()));
        assert!(found(&inside) >= 1, "the search sees what is read");
        drop(bytes);
        assert_eq!(found(&inside), 0, "it stayed on the heap");
    }

    pub(super) fn cbor_that_is_refused_leaves_nothing() {
        let string = string();
        let inside = masked(&string[16..32]);
        let refused = [
            // What comes before the string, with its header, and behind it.
            (&[0xa2, 0x00, 0x58, 48][..], &[0x01][..], DecodeError::Truncated),
            (&[0x82, 0x58, 48], &[], DecodeError::Truncated),
            (&[0xa2, 0x00, 0xf5, 0x00, 0x58, 48], &[], DecodeError::KeyOrder),
            (&[0x78, 49], &[0xff], DecodeError::NotUtf8),
            (&[0x58, 48], &[0x00], DecodeError::TrailingBytes),
        ];
        for (before, after, error) in refused {
            let bytes = joined(&[before, &string, after]);
            assert!(found(&inside) >= 1, "the search sees what is read");
            assert_eq!(cbor::decode(&bytes), Err(error));
            drop(bytes);
            assert_eq!(found(&inside), 0, "it stayed on the heap after {error}");
        }
    }
}
