//! What a QR code leaves behind on the heap: nothing, once it is dropped.
//!
//! Without the harness there is one thread, so that all it allocates is in the region that the kernel names
//! `[heap]`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod memory;

fn main() {
    #[cfg(target_os = "linux")]
    linux::a_code_that_is_dropped_leaves_no_secret();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::hint::black_box;

    use wardkey_core::hybrid::{
        keys::QrSecret,
        point::PrivateKey,
        qr::{QrCode, RequestType},
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
}
