//! Status codes, CTAP 2.3 §8.2.
//!
//! ```
//! use wardkey_core::ctap::status::Status;
//!
//! assert_eq!(Status::from_code(0x19), Some(Status::CredentialExcluded));
//! assert_eq!(Status::Ok.code(), 0x00);
//! assert_eq!(Status::NoCredentials.to_string(), "CTAP2_ERR_NO_CREDENTIALS (0x2e)");
//! ```

use core::fmt;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $spec_name:literal;)*) => {
        /// The first byte of every response.
        ///
        /// The [module](self) has an example.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Status {
            $($(#[$doc])* $name = $code,)*
        }

        impl Status {
            /// The byte on the wire.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The status a byte stands for, if this crate knows it.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The name the specification gives it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $spec_name,)*
                }
            }
        }
    };
}

statuses! {
    /// The command succeeded and its response follows.
    Ok = 0x00, "CTAP2_OK";
    /// The command is not one this authenticator has.
    InvalidCommand = 0x01, "CTAP1_ERR_INVALID_COMMAND";
    /// A parameter has a value that is not allowed.
    InvalidParameter = 0x02, "CTAP1_ERR_INVALID_PARAMETER";
    /// A message or item has the wrong length.
    InvalidLength = 0x03, "CTAP1_ERR_INVALID_LENGTH";
    /// A member is of the wrong CBOR type.
    CborUnexpectedType = 0x11, "CTAP2_ERR_CBOR_UNEXPECTED_TYPE";
    /// The bytes are not canonical CBOR.
    InvalidCbor = 0x12, "CTAP2_ERR_INVALID_CBOR";
    /// A required member is missing.
    MissingParameter = 0x14, "CTAP2_ERR_MISSING_PARAMETER";
    /// A credential of the exclude list is on this authenticator.
    CredentialExcluded = 0x19, "CTAP2_ERR_CREDENTIAL_EXCLUDED";
    /// No algorithm of the list is supported.
    UnsupportedAlgorithm = 0x26, "CTAP2_ERR_UNSUPPORTED_ALGORITHM";
    /// The user said no.
    OperationDenied = 0x27, "CTAP2_ERR_OPERATION_DENIED";
    /// There is no room for another credential.
    KeyStoreFull = 0x28, "CTAP2_ERR_KEY_STORE_FULL";
    /// An option is not supported.
    UnsupportedOption = 0x2b, "CTAP2_ERR_UNSUPPORTED_OPTION";
    /// An option has a value that is not allowed here.
    InvalidOption = 0x2c, "CTAP2_ERR_INVALID_OPTION";
    /// The platform cancelled.
    KeepaliveCancel = 0x2d, "CTAP2_ERR_KEEPALIVE_CANCEL";
    /// No credential fits the request.
    NoCredentials = 0x2e, "CTAP2_ERR_NO_CREDENTIALS";
    /// The user did not act in time.
    UserActionTimeout = 0x2f, "CTAP2_ERR_USER_ACTION_TIMEOUT";
    /// The policy of the authenticator forbids it.
    NotAllowed = 0x30, "CTAP2_ERR_NOT_ALLOWED";
    /// There is no PIN to check a PIN parameter against.
    PinNotSet = 0x35, "CTAP2_ERR_PIN_NOT_SET";
    /// The request is larger than the authenticator takes.
    RequestTooLarge = 0x39, "CTAP2_ERR_REQUEST_TOO_LARGE";
    /// User verification is locked after too many failures.
    UvBlocked = 0x3c, "CTAP2_ERR_UV_BLOCKED";
    /// User verification failed and may be tried again.
    UvInvalid = 0x3f, "CTAP2_ERR_UV_INVALID";
    /// Anything else.
    Other = 0x7f, "CTAP1_ERR_OTHER";
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02x})", self.name(), self.code())
    }
}
