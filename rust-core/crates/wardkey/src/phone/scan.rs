//! `wardkey phone scan`: the phone's part of one hybrid ceremony.

use std::time::Duration;

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::json;
use tokio::sync::watch;
use wardkey_core::{
    attestation::WitnessCode,
    authenticator::Answer,
    ctap::{Command, status::Status},
    hybrid::session::PhoneConfig,
};
use wardkey_driver::{CtapHandler, Phone, PhonePorts};

use super::{HostPhone, PhoneFolder, qr};
use crate::{
    cli::{RadioKind, ScanArguments},
    failure::Failure,
    interrupt::cancelled_by_interrupt,
    moment,
    output::{Output, tell},
    progress::Progress,
    user::HostUser,
};

/// What one command asks its user at most: for consent or a choice, and to be verified.
const MOST_QUESTIONS: u32 = 2;
/// What the answer takes beside the questions.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn scan(arguments: &ScanArguments, output: Output) -> Result<(), Failure> {
    let code = qr::read(arguments)?;
    let access = arguments.network.access()?;
    let folder = PhoneFolder::of(&arguments.phone)?;
    let behaviour = watch::Sender::new(arguments.phone.user);
    let user = HostUser::new(behaviour.subscribe(), arguments.phone.patience());
    let mut wallet = Wallet::new(folder.phone(user).await?);

    let mut radio = arguments.network.advertiser()?;
    let cancel = cancelled_by_interrupt();

    let progress = Progress::start("phone");
    let config = patient(PhoneConfig::new(wallet.phone.info()), arguments.phone.patience());
    let ceremony = Phone::new(code, config).map_err(|error| {
        Failure::new(
            "preparing the ceremony",
            error,
            "try again; restart the machine if it repeats",
        )
    })?;
    let ports = PhonePorts {
        access: &access,
        radio: &mut *radio,
        handler: &mut wallet,
        cancel: &cancel,
        on_stage: &mut |stage| progress.stage(stage),
    };
    ceremony.run(ports).await?;
    wallet.verdict()?.report(output, arguments.network.radio)
}

/// The session outlives each question to its user, so that their silence is answered as such.
fn patient(mut config: PhoneConfig, patience: Duration) -> PhoneConfig {
    let limit = &mut config.deadlines.user;
    *limit = (*limit).max(patience.saturating_mul(MOST_QUESTIONS).saturating_add(GRACE));
    config
}

/// A phone that remembers how its last ceremony went.
pub(crate) struct Wallet {
    pub(crate) phone: HostPhone,
    last: Option<(Command, u8)>,
    witness: Option<WitnessCode>,
}

impl Wallet {
    pub(crate) const fn new(phone: HostPhone) -> Self {
        Self { phone, last: None, witness: None }
    }

    /// How the last ceremony ended for the person at the phone.
    pub(crate) fn verdict(&self) -> Result<Done, Failure> {
        let ceremony = "the phone's ceremony";
        match self.last {
            Some((Command::MakeCredential, 0)) => Ok(Done::Created { code: self.witness }),
            Some((_, 0)) => Ok(Done::SignedIn),
            Some((_, code)) => {
                let status = Status::from_code(code).unwrap_or(Status::Other);
                Err(Failure::new(ceremony, explain(status), remedy(status)))
            }
            None => Err(Failure::new(
                ceremony,
                "the workstation asked for nothing",
                "start again at the workstation and scan its new code",
            )),
        }
    }
}

/// What a ceremony achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// With the code that a registration authority may want to compare.
    Created {
        code: Option<WitnessCode>,
    },
    SignedIn,
}

impl Done {
    /// Standard output belongs to the adverts when they are lines of text, unless a program asked for
    /// JSON and so knows how to tell them apart.
    fn report(self, output: Output, radio: RadioKind) -> Result<(), Failure> {
        let (json, text) = match self {
            Self::Created { code } => {
                let code = code.map(|code| code.to_string());
                if let Some(code) = &code {
                    tell(format_args!("Code to compare with a registration authority: {code}"));
                }
                (json!({"done": "created", "code": code}), "Passkey created.")
            }
            Self::SignedIn => (json!({"done": "signed-in"}), "Signed in."),
        };
        match (output, radio) {
            (Output::People, RadioKind::Lines) => {
                tell(text);
                Ok(())
            }
            _ => output.print(&json, || text.into()),
        }
    }
}

impl CtapHandler for Wallet {
    fn handle(&mut self, command: Vec<u8>) -> BoxFuture<'_, Vec<u8>> {
        async move {
            let Ok(moment) = moment::now() else { return vec![Status::Other.code()] };
            let Answer { message: response, witness, .. } =
                self.phone.answer(moment, &command).await;
            let kind = command.first().copied().and_then(Command::from_byte);
            if let (Some(kind @ (Command::MakeCredential | Command::GetAssertion)), Some(&status)) =
                (kind, response.first())
            {
                self.last = Some((kind, status));
                self.witness = witness;
            }
            response
        }
        .boxed()
    }
}

fn explain(status: Status) -> String {
    let text = match status {
        Status::CredentialExcluded => "this phone already has a passkey for the account",
        Status::NoCredentials => "this phone has no working passkey for the site",
        Status::OperationDenied => "the user declined",
        Status::UserActionTimeout => "the user did not answer in time",
        Status::UvInvalid => "the user could not be verified",
        Status::UvBlocked => "user verification is locked after too many failures",
        Status::KeepaliveCancel => "the request was cancelled",
        Status::KeyStoreFull => "there is no room for another passkey",
        Status::UnsupportedAlgorithm => "the site supports none of this phone's algorithms",
        Status::NotAllowed => "the policy of this phone forbids it",
        _ => "the request could not be carried out",
    };
    format!("{text} ({status})")
}

const fn remedy(status: Status) -> &'static str {
    match status {
        Status::CredentialExcluded => "sign in with the passkey that is there, or delete it first",
        Status::NoCredentials => "register this phone with the site first",
        Status::OperationDenied | Status::UserActionTimeout | Status::KeepaliveCancel => {
            "start again at the workstation, scan its new code and confirm on the phone"
        }
        Status::UvInvalid | Status::UvBlocked => "unlock the phone with its PIN, then try again",
        Status::KeyStoreFull => "delete a passkey that is no longer needed",
        _ => "report this to the people who run the site, with the words above",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_outlives_the_questions_to_its_user() {
        let usual = PhoneConfig::new(vec![0xa0]);
        let user = |patience| patient(usual.clone(), patience).deadlines.user;
        assert_eq!(user(Duration::from_secs(30)), usual.deadlines.user);
        for patience in [usual.deadlines.user, Duration::from_hours(1), Duration::MAX] {
            let questions = patience.saturating_mul(2);
            assert!(user(patience) > questions || questions == Duration::MAX, "{patience:?}");
        }
    }
}
