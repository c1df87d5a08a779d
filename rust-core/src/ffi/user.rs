//! The person in front of the phone, as Kotlin shows things to them.

use std::{
    boxed::Box,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use thiserror::Error;

use super::keys::Use;
use crate::{
    authenticator::{self, Account, Notice, UserError},
    keystore::{Prompt, UserVerified},
};

/// An account to choose from; given to [`UserInterface::choose`], as in the [module's example](super).
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Choice {
    /// The account's name.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// When it was last used, seconds since 1970.
    pub last_used: Option<u64>,
}

/// Why a ceremony ends without a question; given to [`UserInterface::inform`], as in the
/// [module's example](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Message {
    /// There is a passkey for this account already.
    AlreadyRegistered,
    /// There is no passkey for this site.
    NoPasskey,
    /// The passkey no longer works, because screen lock or biometrics changed.
    Invalidated,
    /// Another device wants to know which phone is meant.
    Selected,
}

/// What the person did instead of agreeing: how [`UserInterface`] fails, as in the
/// [module's example](super).
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum UserFailure {
    /// Said no.
    #[error("declined")]
    Declined,
    /// Did nothing in time.
    #[error("timed out")]
    TimedOut,
    /// The question was taken away.
    #[error("cancelled")]
    Cancelled,
    /// The screen failed.
    #[error("{detail}")]
    Unexpected {
        /// What failed.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for UserFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unexpected { detail: error.reason }
    }
}

impl From<UserFailure> for UserError {
    fn from(failure: UserFailure) -> Self {
        match failure {
            UserFailure::Declined => Self::Denied,
            UserFailure::TimedOut => Self::TimedOut,
            UserFailure::Cancelled => Self::Cancelled,
            // Whatever went wrong, nobody has agreed.
            UserFailure::Unexpected { detail } => {
                log::error!("the question could not be asked: {detail}");
                Self::Cancelled
            }
        }
    }
}

/// Asks and tells the person. Implemented in Kotlin by an activity, and by the
/// [module's example](super); the verification itself is part of
/// [`HardwareKeys::sign`](super::HardwareKeys::sign).
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait UserInterface: Send + Sync {
    /// Shows site and account and waits for an explicit yes.
    async fn consent(
        &self,
        purpose: Use,
        rp_id: String,
        account: String,
    ) -> Result<(), UserFailure>;

    /// Lets the person choose one of at least two accounts; returns its index. Choosing is consent.
    async fn choose(&self, rp_id: String, accounts: Vec<Choice>) -> Result<u32, UserFailure>;

    /// Tells the person why nothing will come of this, and waits until they have seen it.
    async fn inform(&self, rp_id: String, message: Message) -> Result<(), UserFailure>;
}

/// Kotlin's screens as the core wants them.
pub(super) struct Person(pub(super) Arc<dyn UserInterface>);

impl authenticator::UserInterface for Person {
    async fn consent(&self, prompt: &Prompt) -> Result<(), UserError> {
        let Prompt { purpose, rp_id, account } = prompt.clone();
        Ok(self.0.consent(purpose.into(), rp_id, account).await?)
    }

    async fn choose(&self, rp_id: &str, accounts: &[Account]) -> Result<usize, UserError> {
        let choices = accounts.iter().cloned().map(|Account { name, display_name, last_used }| {
            Choice { name, display_name, last_used }
        });
        let chosen = self.0.choose(rp_id.to_string(), choices.collect()).await?;
        usize::try_from(chosen).map_err(|_| UserError::Denied)
    }

    /// Never asked: every key of the hardware brings its own prompt.
    async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
        Err(UserError::VerificationFailed)
    }

    async fn inform(&self, rp_id: &str, notice: Notice) -> Result<(), UserError> {
        let message = match notice {
            Notice::AlreadyRegistered => Message::AlreadyRegistered,
            Notice::NoPasskey => Message::NoPasskey,
            Notice::Invalidated => Message::Invalidated,
            Notice::Selected => Message::Selected,
        };
        Ok(self.0.inform(rp_id.to_string(), message).await?)
    }
}
