//! What can be typed after `wardkey`, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wardkey_core::authenticator::AttestationFormat;

use crate::user::Behaviour;

/// Try Wardkey out on one machine: a phone, a workstation and everything between them.
///
/// A clinician signs in at a workstation by scanning a QR code with a phone that holds a passkey. These
/// commands play each part on a host, so that the whole ceremony, or any part of it against other
/// software, can be tried without a phone.
///
/// Progress goes to standard error, results to standard output. Exit codes: 0 done, 1 refused or failed
/// (the message says at which stage and what to do), 2 wrong use.
#[derive(Debug, Parser)]
#[command(name = "wardkey", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Print results, and failures, as JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Act as the phone that holds the passkeys
    #[command(subcommand)]
    Phone(PhoneCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Serve CTAP2 on standard input and output, for conformance suites
    ///
    /// Frames are a big-endian u32 length (of what follows), one type byte, and a payload.
    /// In: 0x10 CTAP2 message, 0x11 cancel, 0x40 power cycle, 0x41 user policy (0 approve, 1 deny,
    /// 2 never answers, 3 verification fails). Out: 0x10 response, 0x3B keepalive (1 processing, 2 user
    /// presence needed), 0x40 and 0x41 when done.
    Ctap(CtapArguments),
    /// List the passkeys on this phone
    List(StateArguments),
    /// Show everything about one passkey
    Show(CredentialArguments),
    /// Delete one passkey and its key, for good
    Delete(CredentialArguments),
    /// Print the certificate that vouches for this phone's keys (PEM), for relying parties under test
    ///
    /// It stands in for the root certificates of phone makers and proves nothing: a relying party that
    /// trusts it trusts software keys.
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
    /// How new passkeys are vouched for
    #[arg(long, value_enum, default_value_t = Attestation::AndroidKey)]
    pub(crate) attestation: Attestation,
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

fn default_folder(name: &str) -> PathBuf {
    std::env::home_dir().unwrap_or_default().join(".wardkey").join(name)
}

fn default_state() -> PathBuf {
    default_folder("phone")
}
