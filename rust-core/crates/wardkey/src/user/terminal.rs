//! Questions on the terminal.
//!
//! They go to the terminal itself, not to standard input and output: those may carry a QR code or lines
//! for a radio.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, BufReader, Write},
};

use wardkey_core::{
    authenticator::{Account, Notice, UserError},
    keystore::{Prompt, Purpose},
};

use crate::output::printable;

/// What stands for a fingerprint or PIN.
pub(super) const VERIFICATION_QUESTION: &str =
    "Verify yourself (this stands for your fingerprint or PIN)";

pub(super) fn consent_question(prompt: &Prompt) -> String {
    let (rp_id, account) = (printable(&prompt.rp_id), printable(&prompt.account));
    match prompt.purpose {
        Purpose::Register => format!("Create a passkey for {rp_id}, account “{account}”"),
        Purpose::SignIn => format!("Sign in to {rp_id} as “{account}”"),
    }
}

pub(super) fn notice(rp_id: &str, notice: Notice) -> String {
    let rp_id = printable(rp_id);
    match notice {
        Notice::AlreadyRegistered => {
            format!("This phone already has a passkey for {rp_id}: understood")
        }
        Notice::NoPasskey => format!("This phone has no passkey for {rp_id}: understood"),
        Notice::Invalidated => format!(
            "The passkey for {rp_id} no longer works, because the screen lock or fingerprints changed; \
             register this phone again: understood"
        ),
        Notice::Selected => format!("Use this phone for {rp_id}"),
    }
}

pub(super) async fn confirm(question: String) -> Result<(), UserError> {
    let answer = ask(format!("{question}? [y/N] ")).await?;
    match answer.to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(UserError::Denied),
    }
}

pub(super) async fn choose(rp_id: &str, accounts: &[Account]) -> Result<usize, UserError> {
    let choices: Vec<_> =
        (1..).zip(accounts).map(|(number, account)| choice(number, account)).collect();
    let question = format!(
        "Accounts for {}:\n{}Sign in as which? [number, or nothing to decline] ",
        printable(rp_id),
        choices.concat()
    );
    let number: usize = ask(question).await?.parse().map_err(|_| UserError::Denied)?;
    number.checked_sub(1).ok_or(UserError::Denied)
}

fn choice(number: usize, account: &Account) -> String {
    format!("  {number}. {} ({})\n", printable(&account.display_name), printable(&account.name))
}

/// Without a terminal there is nobody to ask, and the answer is no.
async fn ask(question: String) -> Result<String, UserError> {
    let answer = tokio::task::spawn_blocking(move || ask_blocking(&question)).await;
    answer.ok().and_then(Result::ok).ok_or(UserError::Denied)
}

fn ask_blocking(question: &str) -> io::Result<String> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    (&terminal).write_all(question.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(&terminal).read_line(&mut answer)?;
    Ok(answer.trim().into())
}

/// Whether there is somebody to ask.
pub(crate) fn is_there() -> bool {
    OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
}
