//! What the parts note for whoever runs them, on standard error.
//!
//! `WARDKEY_LOG` chooses how much, as in `WARDKEY_LOG=debug` or `WARDKEY_LOG=wardkey_tunnel=debug`. Only this
//! project's own parts are ever heard: libraries may note addresses in full, with what is secret in them.

use std::io::{self, IsTerminal};

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{cli::Command, failure::Failure};

const VARIABLE: &str = "WARDKEY_LOG";

/// Begins to note: warnings, and from a service that runs for long what becomes of each of its visitors.
pub(crate) fn begin(command: &Command) -> Result<(), Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let remedy = "unset WARDKEY_LOG, or set it to error, warn, info, debug or trace";
        Failure::new("reading WARDKEY_LOG", error, remedy)
    };
    let wanted = match std::env::var(VARIABLE) {
        Ok(wanted) => wanted,
        Err(std::env::VarError::NotPresent) => usual(command).to_owned(),
        Err(error) => return Err(unreadable(&error)),
    };
    let wanted = EnvFilter::try_new(&wanted).map_err(|error| unreadable(&error))?;
    let ours = filter_fn(|note| note.target().starts_with("wardkey"));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines.with_filter(wanted.and(ours))).init();
    Ok(())
}

const fn usual(command: &Command) -> &'static str {
    match command {
        Command::Tunnel(_) => "warn,wardkey_tunnel=info",
        Command::Sandbox(_) => "warn,wardkey_sandbox=info,wardkey_register=info",
        _ => "warn",
    }
}
