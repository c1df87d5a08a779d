//! The person in front of a phone that runs on a host: asked on the terminal, or played by a script.

mod terminal;

use std::{future::pending, time::Duration};

use clap::ValueEnum;
use tokio::{sync::watch, time::timeout};
use wardkey_core::{
    authenticator::{Account, Notice, UserError, UserInterface},
    keystore::{Prompt, UserVerified},
};

pub(crate) use terminal::is_there as terminal_is_there;

/// What the user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Behaviour {
    /// Ask on the terminal
    Ask,
    /// Agree to everything and pass verification
    Approve,
    /// Decline
    Deny,
    /// Never answer
    Ignore,
    /// Agree, then fail verification
    UvFail,
}

impl Behaviour {
    /// The behaviour a conformance suite sets with one byte.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Approve),
            1 => Some(Self::Deny),
            2 => Some(Self::Ignore),
            3 => Some(Self::UvFail),
            _ => None,
        }
    }
}

/// How long a phone's own prompts wait for its user.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A user whose behaviour can change between prompts.
#[derive(Clone, Debug)]
pub(crate) struct HostUser {
    behaviour: watch::Receiver<Behaviour>,
    patience: Duration,
    awaited: watch::Sender<bool>,
}

impl HostUser {
    /// A user who follows `behaviour` as it changes, on a phone that waits `patience` for each answer.
    pub(crate) fn new(behaviour: watch::Receiver<Behaviour>, patience: Duration) -> Self {
        Self { behaviour, patience, awaited: watch::Sender::new(false) }
    }

    /// Whether the phone is waiting for its user just now.
    pub(crate) fn awaited(&self) -> watch::Receiver<bool> {
        self.awaited.subscribe()
    }

    /// Waits for an answer, for as long as a phone would.
    async fn answer<T>(
        &self,
        answer: impl Future<Output = Result<T, UserError>>,
    ) -> Result<T, UserError> {
        let _awaited = Awaited::mark(&self.awaited);
        timeout(self.patience, answer).await.unwrap_or(Err(UserError::TimedOut))
    }

    async fn agree(&self, question: impl FnOnce() -> String) -> Result<(), UserError> {
        let behaviour = *self.behaviour.borrow();
        self.answer(async move {
            match behaviour {
                Behaviour::Approve | Behaviour::UvFail => Ok(()),
                Behaviour::Deny => Err(UserError::Denied),
                Behaviour::Ignore => pending().await,
                Behaviour::Ask => terminal::confirm(question()).await,
            }
        })
        .await
    }
}

impl UserInterface for HostUser {
    async fn consent(&self, prompt: &Prompt) -> Result<(), UserError> {
        self.agree(|| terminal::consent_question(prompt)).await
    }

    async fn choose(&self, rp_id: &str, accounts: &[Account]) -> Result<usize, UserError> {
        let behaviour = *self.behaviour.borrow();
        self.answer(async move {
            match behaviour {
                Behaviour::Approve | Behaviour::UvFail => Ok(0),
                Behaviour::Deny => Err(UserError::Denied),
                Behaviour::Ignore => pending().await,
                Behaviour::Ask => terminal::choose(rp_id, accounts).await,
            }
        })
        .await
    }

    async fn verify(&self, _prompt: &Prompt) -> Result<UserVerified, UserError> {
        if *self.behaviour.borrow() == Behaviour::UvFail {
            return Err(UserError::VerificationFailed);
        }
        self.agree(|| terminal::VERIFICATION_QUESTION.into()).await?;
        Ok(UserVerified::by_user_interface())
    }

    async fn inform(&self, rp_id: &str, notice: Notice) -> Result<(), UserError> {
        self.agree(|| terminal::notice(rp_id, notice)).await
    }
}

/// Marks the user as awaited until dropped, also when the ceremony is.
struct Awaited<'a>(&'a watch::Sender<bool>);

impl<'a> Awaited<'a> {
    fn mark(awaited: &'a watch::Sender<bool>) -> Self {
        awaited.send_replace(true);
        Self(awaited)
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}
