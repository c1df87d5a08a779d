//! The decimal digits of a QR code: bytes in a form that QR's numeric mode packs well.
//!
//! Seven bytes, read as one little-endian number, become 17 digits; a shorter tail becomes fewer.
//! Digits and bytes map one to one: [`decode`] refuses every text that [`encode`] would not make.

use alloc::{string::String, vec::Vec};
use core::fmt::Write;
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes in a whole chunk.
const CHUNK: usize = 7;
/// Digits of a chunk, by its number of bytes.
const DIGITS: [usize; CHUNK + 1] = [0, 3, 5, 8, 10, 13, 15, DIGITS_OF_A_CHUNK];
/// Digits of a whole chunk.
const DIGITS_OF_A_CHUNK: usize = 17;

/// Why a text is not the digits of any bytes. Positions count from 0 here, and from 1 in the messages.
///
/// ```
/// use wardkey_core::hybrid::digits::{self, DigitsError};
///
/// assert_eq!(digits::decode("12x"), Err(DigitsError::NotADigit(2)));
/// assert_eq!(DigitsError::NotADigit(2).to_string(), "character 3 is not a digit");
/// assert_eq!(digits::decode("1"), Err(DigitsError::Length(1)));
/// // Three digits are one byte.
/// assert_eq!(digits::decode("256"), Err(DigitsError::OutOfRange(0)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DigitsError {
    /// A character other than `0` to `9`.
    #[error("character {} is not a digit", .0 + 1)]
    NotADigit(usize),
    /// A number of digits that no number of bytes has.
    #[error("{0} digits do not make whole bytes")]
    Length(usize),
    /// A group of digits stands for a number too large for its bytes.
    #[error("the digits from character {} on are out of range", .0 + 1)]
    OutOfRange(usize),
}

/// Bytes to digits.
///
/// ```
/// use wardkey_core::hybrid::digits;
/// assert_eq!(digits::encode(b"hello world"), "335311851610699281684828783");
/// ```
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    // Once and large enough: what is outgrown would stay behind, and a code is a secret.
    let mut text = String::with_capacity(bytes.len().div_ceil(CHUNK) * DIGITS_OF_A_CHUNK);
    for chunk in bytes.chunks(CHUNK) {
        let number =
            (chunk.iter().rev()).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let width = DIGITS.get(chunk.len()).copied().unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(text, "{number:0width$}");
    }
    text
}

/// Digits to bytes.
///
/// ```
/// use wardkey_core::hybrid::digits::{self, DigitsError};
/// assert_eq!(digits::decode("16736865")?, [0x61, 0x62, 0xff]);
/// assert_eq!(digits::decode("256"), Err(DigitsError::OutOfRange(0)));
/// # Ok::<(), DigitsError>(())
/// ```
pub fn decode(text: &str) -> Result<Vec<u8>, DigitsError> {
    if let Some(position) = text.chars().position(|character| !character.is_ascii_digit()) {
        return Err(DigitsError::NotADigit(position));
    }
    let whole = DIGITS_OF_A_CHUNK;
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / whole * CHUNK + CHUNK));
    for (index, chunk) in text.as_bytes().chunks(whole).enumerate() {
        let length = DIGITS
            .iter()
            .position(|digits| *digits == chunk.len())
            .ok_or(DigitsError::Length(text.len()))?;
        // At most 17 digits, so the number fits.
        let number =
            (chunk.iter()).fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
        if number >> (8 * length) != 0 {
            return Err(DigitsError::OutOfRange(index * whole));
        }
        bytes.extend(number.to_le_bytes().into_iter().take(length));
    }
    Ok(core::mem::take(&mut *bytes))
}
