//! What became of a hybrid ceremony, for the person at the phone.

use std::string::String;

use super::{
    answers::CtapAnswer,
    failure::{Failure, PasskeyError, Step},
    keys::Use,
    reason::Reason,
};
use crate::{ctap::Command, hybrid};

/// How a ceremony ended for the person at the phone.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, HybridOutcome, Reason};
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// phone.step(0, HybridEvent::Started);
/// let Some(HybridOrder::Finished { outcome }) = phone.step(900, HybridEvent::Cancelled).orders.pop() else {
///     panic!("it is over")
/// };
/// match outcome {
///     HybridOutcome::Failed { failure } => assert_eq!(failure.reason, Reason::Cancelled),
///     HybridOutcome::Registered { .. } | HybridOutcome::SignedIn => panic!("nothing was asked for yet"),
/// }
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum HybridOutcome {
    /// The other device has a new passkey.
    Registered {
        /// The code to compare with the registration authority, "1234 5678 9012".
        witness: Option<String>,
    },
    /// The other device has a signature of an old one.
    SignedIn,
    /// It has neither.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// What was asked of the authenticator in a ceremony, and how it answered: that says more about the end of
/// it than the state of the connection.
#[derive(Default)]
pub(super) struct Account {
    asked: Option<Use>,
    answered: Option<Answered>,
}

/// How the last command was answered that makes or uses a passkey.
struct Answered {
    purpose: Use,
    witness: Option<String>,
    failure: Option<Failure>,
}

impl Account {
    /// A command is on its way to the authenticator.
    pub(super) fn ask(&mut self, command: &[u8]) {
        self.asked = match command.first().copied().and_then(Command::from_byte) {
            Some(Command::MakeCredential) => Some(Use::Register),
            Some(Command::GetAssertion) => Some(Use::SignIn),
            _ => None,
        };
    }

    /// That command was answered.
    pub(super) fn answer(&mut self, answer: &CtapAnswer) {
        if let Some(purpose) = self.asked.take() {
            let (witness, failure) = (answer.witness.clone(), answer.failure.clone());
            self.answered = Some(Answered { purpose, witness, failure });
        }
    }

    /// What all of it comes to, now that the connection has ended with `result`.
    pub(super) fn close(&mut self, result: Result<(), hybrid::Error>) -> HybridOutcome {
        let broken = result.err().map(|error| PasskeyError::from(error).failure().clone());
        match self.answered.take() {
            None => HybridOutcome::Failed { failure: broken.unwrap_or_else(nothing_asked) },
            Some(Answered { purpose, witness, failure }) => match (failure.or(broken), purpose) {
                // Why this phone refused says more to its owner than how the other device took it.
                (Some(failure), _) => HybridOutcome::Failed { failure },
                (None, Use::Register) => HybridOutcome::Registered { witness },
                (None, Use::SignIn) => HybridOutcome::SignedIn,
            },
        }
    }
}

fn nothing_asked() -> Failure {
    let detail = "the other device ended the connection without asking for anything";
    PasskeyError::new(Step::Command, Reason::OtherDeviceLeft, detail).failure().clone()
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{Account, CtapAnswer, Failure, HybridOutcome, nothing_asked};
    use crate::hybrid::{self, Cause, Stage};

    fn done(witness: Option<&str>) -> CtapAnswer {
        CtapAnswer { message: [0].into(), failure: None, witness: witness.map(ToString::to_string) }
    }

    fn refused(failure: Failure) -> CtapAnswer {
        CtapAnswer { message: [0x27].into(), failure: Some(failure), witness: None }
    }

    fn outcome(commands: &[(u8, CtapAnswer)], result: Result<(), hybrid::Error>) -> HybridOutcome {
        let mut account = Account::default();
        for (command, answer) in commands {
            account.ask(&[*command]);
            account.answer(answer);
        }
        account.close(result)
    }

    fn cut() -> Result<(), hybrid::Error> {
        Err(hybrid::Error { stage: Stage::ShuttingDown, cause: Cause::Cancelled })
    }

    #[test]
    fn what_was_asked_last_is_what_was_done() {
        let code = "1234 5678 9012";
        let registered = HybridOutcome::Registered { witness: Some(code.into()) };
        assert_eq!(outcome(&[(0x01, done(Some(code)))], Ok(())), registered);
        assert_eq!(outcome(&[(0x02, done(None))], Ok(())), HybridOutcome::SignedIn);
        // authenticatorGetInfo makes and uses nothing, before or after.
        let commands = [(0x04, done(None)), (0x01, done(Some(code))), (0x04, done(None))];
        assert_eq!(outcome(&commands, Ok(())), registered);
        let commands = [(0x01, done(Some(code))), (0x02, done(None))];
        assert_eq!(outcome(&commands, Ok(())), HybridOutcome::SignedIn);
    }

    #[test]
    fn a_refusal_counts_more_than_how_the_other_device_took_it() {
        let failure = Failure { detail: "somebody declined".into(), ..nothing_asked() };
        let told = HybridOutcome::Failed { failure: failure.clone() };
        for result in [Ok(()), cut()] {
            assert_eq!(outcome(&[(0x01, refused(failure.clone()))], result), told);
        }
    }

    #[test]
    fn an_answer_that_never_arrived_is_a_failure() {
        for commands in [&[][..], &[(0x02, done(None))]] {
            let HybridOutcome::Failed { failure } = outcome(commands, cut()) else { panic!() };
            assert_eq!(failure.reason, super::Reason::Cancelled);
        }
    }

    #[test]
    fn whoever_asks_for_nothing_has_left() {
        let told = HybridOutcome::Failed { failure: nothing_asked() };
        assert_eq!(outcome(&[], Ok(())), told);
        assert_eq!(outcome(&[(0x04, done(None))], Ok(())), told);
        let mut account = Account::default();
        account.ask(&[0x01]);
        assert_eq!(account.close(Ok(())), told, "nobody has answered");
    }
}
