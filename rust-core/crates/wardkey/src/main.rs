//! The `wardkey` command: every part of a hybrid sign-in, on one machine.
//!
//! ```text
//! wardkey phone        holds the passkeys        ─┐
//! wardkey tunnel       where both sides meet      ├─ wardkey demo runs them all
//! wardkey workstation  shows the QR code          │
//! wardkey sandbox      the relying party         ─┤
//! wardkey application  where its users go next   ─┘
//! wardkey verify       judges what a phone's hardware proved
//! wardkey evidence     checks that no record of it was changed
//! wardkey audit        gives out who did what, and what was refused
//! ```
#![forbid(unsafe_code)]

mod application;
mod audit;
mod cli;
mod clients;
mod demo;
mod drawing;
mod evidence;
mod examples;
mod failure;
mod interrupt;
mod journal;
mod moment;
mod network;
mod output;
mod phone;
mod picture;
mod progress;
mod services;
mod state;
mod user;
mod verify;
mod workstation;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tokio::runtime::Runtime;

use cli::{
    Cli, Command, PhoneArguments, PhoneCommand, RadioKind, WorkstationArguments, WorkstationCommand,
};
use failure::Failure;
use output::Output;
use phone::PhoneFolder;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(misuse) = check(&cli.command) {
        Cli::command().error(clap::error::ErrorKind::ArgumentConflict, misuse).exit();
    }
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(cli.json),
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    journal::begin(&cli.command)?;
    let runtime = Runtime::new().map_err(|error| {
        Failure::new("starting", error, "free memory and file handles, then try again")
    })?;
    let output = if cli.json { Output::Programs } else { Output::People };
    let result = runtime.block_on(dispatch(&cli.command, output));
    // A question that waits on the terminal for an answer nobody needs any more must not hold us up.
    runtime.shutdown_background();
    result
}

async fn dispatch(command: &Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::Phone(command) => phone(command, output).await,
        Command::Workstation(command) => workstation::run(command, output).await,
        Command::Tunnel(arguments) => services::tunnel(arguments, output).await,
        Command::Sandbox(arguments) => services::sandbox(arguments, output).await,
        Command::Application(arguments) => application::run(arguments, output).await,
        Command::Verify(arguments) => verify::run(arguments, output),
        Command::Evidence(command) => evidence::run(command, output).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Demo(arguments) => demo::run(arguments, output).await,
    }
}

async fn phone(command: &PhoneCommand, output: Output) -> Result<(), Failure> {
    match command {
        PhoneCommand::Scan(arguments) => phone::scan::scan(arguments, output).await,
        PhoneCommand::Open(arguments) => phone::open::open(arguments, output).await,
        PhoneCommand::Ctap(arguments) => {
            let folder = PhoneFolder::of(&arguments.phone)?;
            let (user, patience) = (arguments.phone.user, arguments.phone.patience());
            phone::ctap::serve(&folder, user, patience, tokio::io::stdin(), tokio::io::stdout())
                .await
        }
        PhoneCommand::List(arguments) => phone::list(&arguments.state, output).await,
        PhoneCommand::Show(arguments) => {
            phone::show(&arguments.state.state, &arguments.id, output).await
        }
        PhoneCommand::Delete(arguments) => {
            phone::delete(&arguments.state.state, &arguments.id, output).await
        }
        PhoneCommand::Root(arguments) => {
            let folder =
                PhoneFolder::open_or_create(&arguments.state, cli::Attestation::AndroidKey)?;
            let pem = folder.test_attestation()?.root_pem();
            output.print(&serde_json::json!({"pem": pem}), || pem.trim_end().into())
        }
    }
}

/// What is wrong with the command line as a whole.
fn check(command: &Command) -> Result<(), &'static str> {
    match command {
        Command::Phone(PhoneCommand::Ctap(arguments)) => check_phone(&arguments.phone),
        Command::Phone(PhoneCommand::Scan(arguments)) => check_phone(&arguments.phone),
        Command::Phone(PhoneCommand::Open(arguments)) => check_phone(&arguments.phone),
        Command::Workstation(
            WorkstationCommand::Create(arguments) | WorkstationCommand::Get(arguments),
        ) => check_input(arguments),
        _ => Ok(()),
    }
}

fn check_input(arguments: &WorkstationArguments) -> Result<(), &'static str> {
    if arguments.reads_options_from_stdin() && arguments.network.radio == RadioKind::Lines {
        return Err(
            "--radio lines reads the phone's adverts from standard input, where the options \
                    cannot come from as well; save them in a file and give its name after --options",
        );
    }
    Ok(())
}

fn check_phone(arguments: &PhoneArguments) -> Result<(), &'static str> {
    if !arguments.claim.is_empty() && arguments.attestation != cli::Attestation::AndroidKey {
        return Err("--claim is about the certificates of --attestation android-key");
    }
    if arguments.user == user::Behaviour::Ask && !user::terminal_is_there() {
        return Err("--user ask needs a terminal; choose --user approve, deny, ignore or uv-fail");
    }
    Ok(())
}
