//! What can be typed after `wardkey phone`.

use std::{path::PathBuf, time::Duration};

use clap::{
    Args, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use wardkey_core::{authenticator::AttestationFormat, keystore::software::Claim};

use super::{NetworkArguments, default_authority, default_state};
use crate::{examples, user::Behaviour};

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Scan a QR code and run the ceremony it asks for
    ///
    /// The code is given as its FIDO:/ text, as a screenshot with --image, or on standard input.
    #[command(after_help = examples::SCAN)]
    Scan(ScanArguments),
    /// Open a registration link, make the passkey, and wait for the registration authority's word
    ///
    /// The phone's browser and its Wardkey app in one. Prints the code that the registration authority
    /// compares.
    #[command(after_help = examples::OPEN)]
    Open(OpenArguments),
    /// Serve CTAP2 on standard input and output, for conformance suites
    ///
    /// Frames are a big-endian u32 length (of what follows), one type byte, and a payload.
    /// In: 0x10 CTAP2 message, 0x11 cancel, 0x40 power cycle, 0x41 user policy (0 approve, 1 deny,
    /// 2 never answers, 3 verification fails). Out: 0x10 response, 0x3B keepalive (1 processing, 2 user
    /// presence needed), 0x40 and 0x41 when done.
    #[command(after_help = examples::CTAP)]
    Ctap(CtapArguments),
    /// List the passkeys on this phone
    #[command(after_help = examples::LIST)]
    List(StateArguments),
    /// Show everything about one passkey
    #[command(after_help = examples::SHOW)]
    Show(CredentialArguments),
    /// Delete one passkey and its key, for good
    #[command(after_help = examples::DELETE)]
    Delete(CredentialArguments),
    /// Print the certificate that vouches for this phone's keys (PEM), for relying parties under test
    ///
    /// It stands in for the root certificates of phone makers and proves nothing: a relying party that
    /// trusts it trusts software keys.
    #[command(after_help = examples::ROOT)]
    Root(StateArguments),
}

#[derive(Debug, Args)]
pub(crate) struct StateArguments {
    /// Folder with the phone's passkeys and keys; must be readable by its owner alone
    #[arg(long, value_name = "DIR", env = "WARDKEY_STATE", default_value_os_t = default_state())]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PhoneArguments {
    #[command(flatten)]
    pub(crate) state: StateArguments,
    /// What the phone's user does when asked
    #[arg(long, value_enum, default_value_t = Behaviour::Ask)]
    pub(crate) user: Behaviour,
    /// How long the phone waits for its user, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) patience: u64,
    /// How new passkeys are vouched for
    #[arg(long, value_enum, default_value_t = Attestation::AndroidKey)]
    pub(crate) attestation: Attestation,
    /// Let the test certificates of new passkeys say what those of a sound phone do not; may be repeated
    ///
    /// For trying out what a relying party refuses, and how it says so. Only one that trusts this phone's
    /// test root is told anything by it.
    #[arg(long, value_name = "CLAIM", value_parser = claims())]
    pub(crate) claim: Vec<Claim>,
}

impl PhoneArguments {
    pub(crate) const fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// The QR code's text
    #[arg(value_name = "FIDO:/…", conflicts_with = "image")]
    pub(crate) code: Option<String>,
    /// Find the QR code in this picture (PNG or JPEG)
    #[arg(long, value_name = "FILE")]
    pub(crate) image: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) phone: PhoneArguments,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArguments {
    /// The link, as the registration authority gave it
    #[arg(value_name = "LINK")]
    pub(crate) link: String,
    /// Trust the site these authorities (PEM) vouch for
    #[arg(long, value_name = "FILE", default_value_os_t = default_authority().join("ca.pem"))]
    pub(crate) ca: PathBuf,
    #[command(flatten)]
    pub(crate) phone: PhoneArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CtapArguments {
    #[command(flatten)]
    pub(crate) phone: PhoneArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CredentialArguments {
    /// Credential id in hex, or a beginning of it that no other passkey has
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) state: StateArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Attestation {
    /// As Android phones do, with a test certificate chain
    AndroidKey,
    /// Self attestation
    Packed,
    /// None at all
    None,
}

impl From<Attestation> for AttestationFormat {
    fn from(attestation: Attestation) -> Self {
        match attestation {
            Attestation::AndroidKey => Self::AndroidKey,
            Attestation::Packed => Self::PackedSelf,
            Attestation::None => Self::None,
        }
    }
}

/// Each claim by its name, with its meaning for the help.
fn claims() -> impl TypedValueParser<Value = Claim> {
    let named = |claim: &Claim| PossibleValue::new(claim.as_str()).help(claim.meaning());
    let unknown = "it is not one of the possible values";
    PossibleValuesParser::new(Claim::ALL.iter().map(named))
        .try_map(move |name| Claim::parse(&name).ok_or(unknown))
}
