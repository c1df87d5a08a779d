//! The person in front of the phone, as Kotlin shows things to them.

use std::{
    boxed::Box,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use thiserror::Error;

use super::{failure::PasskeyError, keys::Use, selector_line::SelectorLine};
use crate::{
    authenticator::{self, Account, Notice, UserError},
    keystore::{Prompt, UserVerified},
};

/// An account to choose from; given to [`UserInterface::choose`].
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CREATION, Keystore, Screens, browser, provider, request, run, wanted};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::{Message, Use, UserFailure, UserInterface};
/// use wardkey_core::ffi::Choice;
///
/// /// Somebody who takes the account they did not use yet.
/// struct Curious;
///
/// #[async_trait::async_trait]
/// impl UserInterface for Curious {
///     async fn choose(&self, _: String, accounts: Vec<Choice>) -> Result<u32, UserFailure> {
///         let fresh = accounts.iter().position(|account| account.last_used.is_none());
///         fresh.and_then(|index| index.try_into().ok()).ok_or(UserFailure::Declined)
///     }
/// #     async fn consent(&self, _: Use, _: String, _: String) -> Result<(), UserFailure> {
/// #         Ok(())
/// #     }
/// #     async fn inform(&self, _: String, _: Message) -> Result<(), UserFailure> {
/// #         Ok(())
/// #     }
/// }
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// let other = CREATION.replace("aWQ", "aWQy").replace("clinician@", "other@");
/// for options in [CREATION, &other] {
///     run(phone.create(wanted(options), browser(), keys.clone(), screens.clone()))?;
/// }
/// let get = || run(phone.get(request(), browser(), keys.clone(), Arc::new(Curious)));
/// assert_ne!(get()?, get()?);
/// assert!(get().is_err(), "both have been used");
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Choice {
    /// The account's name.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// When it was last used, seconds since 1970.
    pub last_used: Option<u64>,
}

/// Why a ceremony ends without a question; given to [`UserInterface::inform`].
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, provider, request, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::Message;
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// // The person learns on the screen what the page must not: that there is none.
/// assert!(run(phone.get(request(), browser(), keys, screens.clone())).is_err());
/// assert_eq!(*screens.told.lock().unwrap(), [Message::NoPasskey]);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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

/// What the person did instead of agreeing: how [`UserInterface`] fails.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, browser, creation, provider, run};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::{Choice, Message, Use, UserInterface};
/// use wardkey_core::ffi::{HardwareKeys, PasskeyError, Reason, UserFailure};
///
/// /// A phone in a drawer.
/// struct Nobody;
///
/// #[async_trait::async_trait]
/// impl UserInterface for Nobody {
///     async fn consent(&self, _: Use, _: String, _: String) -> Result<(), UserFailure> {
///         Err(UserFailure::TimedOut)
///     }
/// #     async fn choose(&self, _: String, _: Vec<Choice>) -> Result<u32, UserFailure> {
/// #         Err(UserFailure::TimedOut)
/// #     }
/// #     async fn inform(&self, _: String, _: Message) -> Result<(), UserFailure> {
/// #         Ok(())
/// #     }
/// }
///
/// # let (phone, keys) = (provider()?, Keystore::new());
/// let made = run(phone.create(creation(), browser(), keys.clone(), Arc::new(Nobody)));
/// let Err(PasskeyError::Cancelled { failure }) = made else { panic!("nobody agreed") };
/// assert_eq!(failure.reason, Reason::TimedOut);
/// assert_eq!(keys.aliases(), Ok(vec![]));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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

/// Asks and tells the person. Implemented in Kotlin by an activity; the verification itself is part of
/// [`HardwareKeys::sign`](super::HardwareKeys::sign).
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, browser, creation, provider, run};
/// # use std::sync::{Arc, Mutex};
/// use wardkey_core::ffi::{Choice, Message, Use, UserFailure, UserInterface};
///
/// /// A screen that shows one sentence, in front of somebody who presses OK.
/// #[derive(Default)]
/// struct Screen(Mutex<String>);
///
/// #[async_trait::async_trait]
/// impl UserInterface for Screen {
///     async fn consent(
///         &self,
///         purpose: Use,
///         rp_id: String,
///         account: String,
///     ) -> Result<(), UserFailure> {
///         *self.0.lock().unwrap() = format!("{purpose:?} {account} at {rp_id}?");
///         Ok(())
///     }
///
///     async fn choose(&self, rp_id: String, accounts: Vec<Choice>) -> Result<u32, UserFailure> {
///         *self.0.lock().unwrap() = format!("{} of {rp_id}?", accounts[0].name);
///         Ok(0)
///     }
///
///     async fn inform(&self, rp_id: String, message: Message) -> Result<(), UserFailure> {
///         *self.0.lock().unwrap() = format!("{rp_id}: {message:?}");
///         Ok(())
///     }
/// }
///
/// # let (phone, keys) = (provider()?, Keystore::new());
/// let screen = Arc::new(Screen::default());
/// run(phone.create(creation(), browser(), keys, screen.clone()))?;
/// assert_eq!(*screen.0.lock().unwrap(), "Register Test clinician at example.org?");
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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
pub(super) struct Person {
    screens: Arc<dyn UserInterface>,
    /// They agreed already, by choosing a line.
    has_chosen: bool,
}

impl Person {
    /// The person behind these screens, after they chose `line`, if they did. Refuses a line that is too old.
    pub(super) fn of(
        screens: Arc<dyn UserInterface>,
        line: Option<SelectorLine>,
    ) -> Result<Self, PasskeyError> {
        line.map_or(Ok(()), SelectorLine::admit)?;
        Ok(Self { screens, has_chosen: line.is_some() })
    }
}

impl authenticator::UserInterface for Person {
    async fn consent(&self, prompt: &Prompt) -> Result<(), UserError> {
        if self.has_chosen {
            return Ok(());
        }
        let Prompt { purpose, rp_id, account } = prompt.clone();
        Ok(self.screens.consent(purpose.into(), rp_id, account).await?)
    }

    async fn choose(&self, rp_id: &str, accounts: &[Account]) -> Result<usize, UserError> {
        let choices = accounts.iter().cloned().map(|Account { name, display_name, last_used }| {
            Choice { name, display_name, last_used }
        });
        let chosen = self.screens.choose(rp_id.to_string(), choices.collect()).await?;
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
        Ok(self.screens.inform(rp_id.to_string(), message).await?)
    }
}
