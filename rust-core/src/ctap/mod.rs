//! The CTAP2 wire: canonical CBOR, and the messages and structures made of it.
//!
//! A command is one byte and a CBOR map of parameters; a response is one status byte and, on success, a
//! CBOR map. Everything here turns bytes into types and back; what to do with them is
//! the authenticator's business.

pub mod auth_data;
pub mod cbor;
pub mod cose;
pub mod get_assertion;
pub mod get_info;
pub mod make_credential;
pub mod request;
pub mod status;

/// Command bytes, CTAP 2.3 §6.
///
/// ```
/// use wardkey_core::ctap::Command;
///
/// assert_eq!(Command::from_byte(0x02), Some(Command::GetAssertion));
/// assert_eq!(Command::GetInfo.byte(), 0x04);
/// // authenticatorClientPIN: there is no PIN here.
/// assert_eq!(Command::from_byte(0x06), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// 0x01.
    MakeCredential,
    /// 0x02.
    GetAssertion,
    /// 0x04.
    GetInfo,
}

impl Command {
    /// The command a byte stands for, if this authenticator has it.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::MakeCredential),
            0x02 => Some(Self::GetAssertion),
            0x04 => Some(Self::GetInfo),
            _ => None,
        }
    }

    /// The byte on the wire.
    pub const fn byte(self) -> u8 {
        match self {
            Self::MakeCredential => 0x01,
            Self::GetAssertion => 0x02,
            Self::GetInfo => 0x04,
        }
    }
}
