//! The person in front of the authenticator.

use alloc::string::String;
use core::fmt;

use thiserror::Error;

use crate::keystore::{Prompt, UserVerified};

/// Everything the core asks of a person, in the host's own way.
///
/// Each method returns when the person has acted, or fails. Futures may be dropped at any await point:
/// the host then takes its dialog away.
///
/// ```
/// use wardkey_core::authenticator::{Account, Notice, UserError, UserInterface};
/// use wardkey_core::keystore::{Prompt, UserVerified};
///
/// /// A phone in a drawer.
/// struct Nobody;
///
/// impl UserInterface for Nobody {
///     async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
///         Err(UserError::TimedOut)
///     }
///
///     async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
///         Err(UserError::TimedOut)
///     }
///
///     async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
///         Err(UserError::TimedOut)
///     }
///
///     async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
///         Ok(())
///     }
/// }
/// # use std::{pin::pin, task::{Context, Poll, Waker}};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!(),
/// #     }
/// # }
///
/// assert_eq!(block_on(Nobody.choose("example.org", &[])), Err(UserError::TimedOut));
/// ```
pub trait UserInterface: Send + Sync {
    /// Shows site and account and waits for an explicit yes.
    fn consent(&self, prompt: &Prompt) -> impl Future<Output = Result<(), UserError>> + Send;

    /// Lets the user choose one of at least two accounts; returns its index. Choosing is consent.
    fn choose(
        &self,
        rp_id: &str,
        accounts: &[Account],
    ) -> impl Future<Output = Result<usize, UserError>> + Send;

    /// Verifies the user by biometrics or PIN, for this one ceremony.
    fn verify(
        &self,
        prompt: &Prompt,
    ) -> impl Future<Output = Result<UserVerified, UserError>> + Send;

    /// Tells the user why nothing will come of this, and waits until they have seen it.
    fn inform(
        &self,
        rp_id: &str,
        notice: Notice,
    ) -> impl Future<Output = Result<(), UserError>> + Send;
}

/// An account to choose from.
///
/// ```
/// use wardkey_core::authenticator::Account;
///
/// let account = Account {
///     name: "clinician@example.org".into(),
///     display_name: "Test clinician".into(),
///     last_used: None,
/// };
/// assert_eq!(format!("{account:?}"), "Account { .. }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's name.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// When it was last used, in seconds since 1970.
    pub last_used: Option<u64>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// Why a ceremony ends without a question.
///
/// ```
/// use wardkey_core::authenticator::Notice;
///
/// fn words(notice: Notice, rp_id: &str) -> String {
///     match notice {
///         Notice::AlreadyRegistered => format!("You have a passkey for {rp_id} already."),
///         Notice::NoPasskey => format!("There is no passkey for {rp_id} on this phone."),
///         Notice::Invalidated => format!("Your passkey for {rp_id} is void: register again."),
///         Notice::Selected => "Tap to use this phone.".into(),
///     }
/// }
///
/// assert!(words(Notice::NoPasskey, "example.org").contains("no passkey for example.org"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The user already has a passkey for this account here.
    AlreadyRegistered,
    /// There is no passkey for this site here.
    NoPasskey,
    /// The passkey for this site no longer works, because the screen lock or biometrics changed.
    Invalidated,
    /// A platform wants to know which authenticator the user means.
    Selected,
}

/// What the user did instead of agreeing.
///
/// ```
/// use wardkey_core::{authenticator::{Error, UserError}, ctap::status::Status};
///
/// assert_eq!(Error::from(UserError::Denied).status(), Status::OperationDenied);
/// assert_eq!(Error::from(UserError::TimedOut).status(), Status::UserActionTimeout);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UserError {
    /// Said no.
    #[error("the user declined")]
    Denied,
    /// Was not recognised; another try is possible.
    #[error("the user could not be verified")]
    VerificationFailed,
    /// Was not recognised too often.
    #[error("user verification is locked after too many failures")]
    LockedOut,
    /// Did nothing in time.
    #[error("the user did not answer in time")]
    TimedOut,
    /// The ceremony was cancelled from the other side.
    #[error("the request was cancelled")]
    Cancelled,
}
