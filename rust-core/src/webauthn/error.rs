//! How a WebAuthn operation fails, and the exception a page sees.

use thiserror::Error;

use super::{json::InvalidJson, origin::ScopeError};
use crate::{
    authenticator,
    ctap::{auth_data::InvalidAuthenticatorData, request::RequestError, status::Status},
};

/// Why there is no credential or assertion.
///
/// ```
/// use wardkey_core::webauthn::{Authentication, Caller, DomException, Error, WebOrigin};
///
/// let caller = Caller::page(WebOrigin::parse("https://example.org")?);
/// let options = r#"{"challenge": "AA", "rpId": "example.com"}"#;
/// let error = Authentication::new(options, &caller).map(drop).unwrap_err();
/// assert!(matches!(error, Error::Scope(_)));
/// assert_eq!(error.dom_exception(), DomException::Security);
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The relying party's options cannot be read.
    #[error("the options are invalid: {0}")]
    Options(#[from] InvalidJson),
    /// The relying party may not be spoken for from here.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The relying party wants another kind of authenticator.
    #[error(
        "the options ask for an authenticator that is part of the workstation, not for a phone"
    )]
    Attachment,
    /// The relying party takes no algorithm whose keys can be read here.
    #[error("none of the algorithms in \"pubKeyCredParams\" can be used: only ES256 (-7) can")]
    NoAlgorithm,
    /// No credential of the allow list is of a known type.
    #[error("no credential in \"allowCredentials\" is of a known type")]
    NoKnownCredential,
    /// The authenticator on the other side refused.
    #[error("the authenticator answered {0}")]
    Refused(Refusal),
    /// The authenticator on the other side sent something that cannot be used.
    #[error("the authenticator's response is invalid: {0}")]
    Response(#[from] InvalidResponse),
    /// The authenticator in this process failed.
    #[error(transparent)]
    Authenticator(#[from] authenticator::Error),
}

/// A CTAP status other than success.
///
/// ```
/// use wardkey_core::{
///     ctap::status::Status,
///     webauthn::{DomException, Error, Refusal},
/// };
///
/// let error = Error::Refused(Refusal::Known(Status::CredentialExcluded));
/// assert_eq!(error.dom_exception(), DomException::InvalidState);
/// assert_eq!(Refusal::Unknown(0xf1).to_string(), "status 0xf1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// One this crate knows.
    #[error("{0}")]
    Known(Status),
    /// Another.
    #[error("status 0x{0:02x}")]
    Unknown(u8),
}

/// What is wrong with an authenticator's response.
///
/// ```
/// use wardkey_core::webauthn::{Authentication, Caller, Error, InvalidResponse, WebOrigin};
///
/// let caller = Caller::page(WebOrigin::parse("https://example.org")?);
/// let authentication = Authentication::new(r#"{"challenge": "AA"}"#, &caller)?;
/// let error = authentication.finish(&[]).unwrap_err();
/// assert_eq!(error, Error::Response(InvalidResponse::Empty));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidResponse {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// Its CBOR cannot be read.
    #[error(transparent)]
    Encoding(#[from] RequestError),
    /// Its authenticator data cannot be read.
    #[error(transparent)]
    AuthenticatorData(#[from] InvalidAuthenticatorData),
    /// It is for another relying party.
    #[error("it is for another relying party")]
    RelyingParty,
    /// It says that nobody was present.
    #[error("it says that no user was present")]
    UserAbsent,
    /// It says that the user was not verified, although that was required.
    #[error("it says that the user was not verified")]
    UserNotVerified,
    /// A registration without a credential.
    #[error("it has no credential")]
    NoCredential,
    /// A sign-in with a credential that was not allowed.
    #[error("it is of a credential that was not asked for")]
    UnexpectedCredential,
    /// A sign-in with a credential the user chose, without saying whose it is.
    #[error("it does not say whose credential it is")]
    NoUserHandle,
}

/// The exceptions WebAuthn has for pages.
///
/// ```
/// use wardkey_core::webauthn::DomException;
///
/// assert_eq!(DomException::InvalidState.name(), "InvalidStateError");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomException {
    /// The options cannot be read.
    Encoding,
    /// The authenticator cannot do what is required.
    Constraint,
    /// A credential of the exclude list is there already.
    InvalidState,
    /// Everything a page shall not learn more about.
    NotAllowed,
    /// No algorithm or feature in common.
    NotSupported,
    /// The relying party id is out of scope.
    Security,
    /// The authenticator broke.
    Unknown,
}

impl DomException {
    /// Its name in Web IDL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encoding => "EncodingError",
            Self::Constraint => "ConstraintError",
            Self::InvalidState => "InvalidStateError",
            Self::NotAllowed => "NotAllowedError",
            Self::NotSupported => "NotSupportedError",
            Self::Security => "SecurityError",
            Self::Unknown => "UnknownError",
        }
    }

    /// WebAuthn Level 3 §5.1.3 and §5.1.4: what a page may learn from an authenticator's status.
    const fn of_status(status: Status) -> Self {
        match status {
            Status::CredentialExcluded => Self::InvalidState,
            Status::UnsupportedAlgorithm => Self::NotSupported,
            Status::UnsupportedOption => Self::Constraint,
            _ => Self::NotAllowed,
        }
    }
}

impl Error {
    /// The exception a page sees. It says less than the error.
    pub const fn dom_exception(&self) -> DomException {
        match self {
            Self::Options(_) => DomException::Encoding,
            Self::Scope(_) => DomException::Security,
            Self::NoAlgorithm => DomException::NotSupported,
            Self::Refused(Refusal::Known(status)) => DomException::of_status(*status),
            Self::Attachment | Self::NoKnownCredential | Self::Refused(Refusal::Unknown(_)) => {
                DomException::NotAllowed
            }
            Self::Response(_) => DomException::Unknown,
            Self::Authenticator(error) => DomException::of_status(error.status()),
        }
    }
}

/// Parts a CTAP response into what follows a status of success.
pub(super) fn accept(response: &[u8]) -> Result<&[u8], Error> {
    match response.split_first() {
        None => Err(InvalidResponse::Empty.into()),
        Some((0, map)) => Ok(map),
        Some((&code, _)) => {
            let refusal = Status::from_code(code).map_or(Refusal::Unknown(code), Refusal::Known);
            Err(Error::Refused(refusal))
        }
    }
}
