//! How a ceremony fails, and the status that says so.

use thiserror::Error;

use super::{Refusal, UserError};
use crate::{
    ctap::{request::RequestError, status::Status},
    keystore::KeyError,
    store::StoreError,
};

/// Why a ceremony ended without a credential or an assertion.
///
/// ```
/// use wardkey_core::{authenticator::Error, ctap::status::Status, keystore::KeyError};
///
/// // The person reads why, the site learns that there is no passkey.
/// let error = Error::from(KeyError::Invalidated);
/// assert!(error.to_string().contains("screen lock or the biometrics changed"));
/// assert_eq!(error.status(), Status::NoCredentials);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The client sent a command that does not exist here.
    #[error("the command is not supported")]
    InvalidCommand,
    /// The client sent a request that cannot be read or has a forbidden value.
    #[error("the request is invalid: {0}")]
    Request(#[from] RequestError),
    /// The client wants a PIN checked.
    #[error("this authenticator has no PIN of its own")]
    PinNotSet,
    /// The client supports none of this authenticator's algorithms.
    #[error("no algorithm of the request is supported")]
    UnsupportedAlgorithm,
    /// The client set an option that has no meaning for this command.
    #[error("the request has an option that is not supported")]
    UnsupportedOption,
    /// The client set an option to a value that is never allowed.
    #[error("the request asks for a silent operation")]
    InvalidOption,
    /// A credential of the exclude list is here.
    #[error("a passkey for this account is already on this device")]
    Excluded,
    /// No credential fits.
    #[error("there is no passkey for this site on this device")]
    NoCredentials,
    /// The user did not go along.
    #[error(transparent)]
    User(#[from] UserError),
    /// The key store failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The credential store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The policy forbids the result.
    #[error(transparent)]
    Policy(#[from] Refusal),
}

impl Error {
    /// The status that answers the client. It says less than the error: a site learns nothing about the
    /// hardware from it.
    pub const fn status(&self) -> Status {
        match self {
            Self::InvalidCommand => Status::InvalidCommand,
            Self::Request(error) => error.status(),
            Self::PinNotSet => Status::PinNotSet,
            Self::UnsupportedAlgorithm => Status::UnsupportedAlgorithm,
            Self::UnsupportedOption => Status::UnsupportedOption,
            Self::InvalidOption => Status::InvalidOption,
            Self::Excluded => Status::CredentialExcluded,
            Self::NoCredentials => Status::NoCredentials,
            Self::User(error) => user_status(*error),
            Self::Key(error) => key_status(error),
            Self::Store(StoreError::Full) => Status::KeyStoreFull,
            Self::Store(_) => Status::Other,
            Self::Policy(_) => Status::NotAllowed,
        }
    }
}

const fn user_status(error: UserError) -> Status {
    match error {
        UserError::Denied => Status::OperationDenied,
        UserError::VerificationFailed => Status::UvInvalid,
        UserError::LockedOut => Status::UvBlocked,
        UserError::TimedOut => Status::UserActionTimeout,
        UserError::Cancelled => Status::KeepaliveCancel,
    }
}

const fn key_status(error: &KeyError) -> Status {
    match error {
        KeyError::Invalidated | KeyError::NotFound => Status::NoCredentials,
        KeyError::NotAuthenticated | KeyError::VerificationFailed => Status::UvInvalid,
        KeyError::Cancelled => Status::OperationDenied,
        KeyError::LockedOut => Status::UvBlocked,
        KeyError::TimedOut => Status::UserActionTimeout,
        KeyError::Full => Status::KeyStoreFull,
        KeyError::StrongBoxUnavailable
        | KeyError::AttestationKeysNotProvisioned
        | KeyError::DeviceLocked
        | KeyError::NoScreenLock => Status::NotAllowed,
        KeyError::AttestationUnavailable | KeyError::Platform(_) => Status::Other,
    }
}
