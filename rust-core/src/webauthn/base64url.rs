//! base64url without padding, RFC 4648 §5: the only spelling of bytes in WebAuthn JSON.

use alloc::{string::String, vec::Vec};

use base64ct::{Base64UrlUnpadded, Encoding};
use thiserror::Error;

/// The text is not base64url without padding.
///
/// ```
/// use wardkey_core::webauthn::base64url::{InvalidBase64Url, decode};
///
/// for spelling in ["-_8=", "+/8", "-_ 8", "-_9"] {
///     assert_eq!(decode(spelling), Err(InvalidBase64Url));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not base64url without padding")]
pub struct InvalidBase64Url;

/// Spells bytes.
///
/// ```
/// use wardkey_core::webauthn::base64url;
///
/// assert_eq!(base64url::encode(&[0xfb, 0xff]), "-_8");
/// ```
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads bytes. One value has one spelling: padding, other alphabets, white space and stray bits in the
/// last character are refused.
///
/// ```
/// use wardkey_core::webauthn::base64url;
///
/// assert_eq!(base64url::decode("-_8"), Ok(vec![0xfb, 0xff]));
/// assert!(base64url::decode("-_8=").is_err());
/// ```
pub fn decode(text: &str) -> Result<Vec<u8>, InvalidBase64Url> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| InvalidBase64Url)
}
