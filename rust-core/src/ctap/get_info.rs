//! authenticatorGetInfo, CTAP 2.3 §6.4.

use alloc::{vec, vec::Vec};

use super::{
    cbor::{Map, Value},
    cose::ES256,
    make_credential::algorithm_entry,
};

/// The longest command, in bytes with the command byte: what one message of the hybrid transport carries
/// once its type, padding and tag are on. A platform that is told nothing keeps to 1024 bytes, which a long
/// list of excluded passkeys exceeds.
///
/// ```
/// use wardkey_core::{
///     ctap::get_info::MAX_MESSAGE_SIZE,
///     hybrid::crypter::{Crypter, TransportKey, TransportKeys},
/// };
///
/// let key = TransportKey::new([1; 32]);
/// let keys = TransportKeys { to_phone: key.clone(), to_workstation: key };
/// let command_with_type = vec![0; 1 + MAX_MESSAGE_SIZE as usize];
/// assert!(Crypter::workstation(keys).seal(&command_with_type).is_ok());
/// ```
pub const MAX_MESSAGE_SIZE: u64 = 1024 * 1024 - 64;

/// The response map, without the status byte.
///
/// `rk` and `uv` are what Chromium needs to treat a phone as a passkey provider; there is no PIN
/// protocol, because browsers run none over the hybrid transport. No extension is listed: none is
/// implemented.
///
/// ```
/// use wardkey_core::{
///     authenticator::AAGUID,
///     ctap::{
///         cbor::{self, Map},
///         get_info,
///     },
/// };
///
/// let mut info: Map = cbor::decode(&get_info::encode(AAGUID))?.into_type()?;
/// assert_eq!(info.required_bytes(0x03), Ok(AAGUID));
/// let mut options: Map = info.required(0x04)?;
/// assert_eq!(options.required("uv"), Ok(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode(aaguid: [u8; 16]) -> Vec<u8> {
    let options = Map::from_iter([("rk", true.into()), ("uv", Value::from(true))]);
    let map = Map::from_iter([
        (0x01, Value::Array(vec!["FIDO_2_0".into(), "FIDO_2_1".into()])),
        (0x03, Value::from(aaguid.as_slice())),
        (0x04, options.into()),
        (0x05, MAX_MESSAGE_SIZE.into()),
        (0x09, Value::Array(vec!["hybrid".into(), "internal".into()])),
        (0x0a, Value::Array(vec![algorithm_entry(ES256)])),
    ]);
    Value::from(map).encode()
}
