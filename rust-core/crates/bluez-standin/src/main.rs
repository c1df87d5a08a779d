//! `bluez-standin [MACHINES]`: one BlueZ for each machine on a private bus, all in one air.
//!
//! Prints `bus ADDRESS` for each machine and then `ready`; after that `event N …` for what
//! happens at machine N and `done` or `error: …` for each command. Ends when stdin does.
//!
//! Commands, for machine 1 unless `@N` stands before:
//!
//! ```text
//! hear ADVERT [UUID16]        every machine hears this service data (hexadecimal, UUID fff9)
//! power on|off                the adapter's power
//! adapter in|out              the adapter is plugged in or out
//! bluez start|stop            the daemon
//! fault none|rfkill|mute      see `Faults`
//! fault advertising|discovery NAME    refused with org.bluez.Error.NAME
//! quit
//! ```
#![forbid(unsafe_code)]

mod command;

use std::process::ExitCode;

use tokio::io::{AsyncBufReadExt, BufReader};
use wardkey_bluez_standin::{Air, Error, Event, Machine};

use crate::command::{Action, Command};

const USAGE: &str = "usage: bluez-standin [MACHINES]   (1 to 9 machines, default 1)";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(machines) = read_arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match serve(machines).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bluez-standin: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments() -> Option<usize> {
    let mut arguments = std::env::args().skip(1);
    let machines = match arguments.next() {
        None => 1,
        Some(number) => number.parse().ok()?,
    };
    ((1..=9).contains(&machines) && arguments.next().is_none()).then_some(machines)
}

async fn serve(count: usize) -> Result<(), Box<dyn std::error::Error>> {
    let air = Air::new();
    let mut machines = Vec::new();
    for number in 1..=count {
        let machine = Machine::start(&air).await?;
        println!("bus {}", machine.bus_address());
        tokio::spawn(print_events(number, machine.events()));
        machines.push(machine);
    }
    println!("ready");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match line.parse::<Command>() {
            Ok(command) if command.action == Action::Quit => break,
            Ok(command) => match machines.get_mut(command.machine.wrapping_sub(1)) {
                None => println!("error: there is no machine {}", command.machine),
                Some(machine) => match act(machine, &air, command.action).await {
                    Ok(()) => println!("done"),
                    Err(error) => println!("error: {error}"),
                },
            },
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
}

async fn act(machine: &mut Machine, air: &Air, action: Action) -> Result<(), Error> {
    match action {
        Action::Hear(advert) => air.transmit(advert),
        Action::Power(on) => machine.set_powered(on).await?,
        Action::Adapter(present) => machine.set_adapter_present(present).await?,
        Action::Bluez(true) => machine.start_bluez().await?,
        Action::Bluez(false) => machine.stop_bluez().await,
        Action::Faults(faults) => machine.faults(faults).await?,
        Action::Quit => {}
    }
    Ok(())
}

async fn print_events(number: usize, mut events: tokio::sync::broadcast::Receiver<Event>) {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match events.recv().await {
            Ok(event) => println!("event {number} {}", describe(&event)),
            Err(RecvError::Lagged(missed)) => println!("event {number} {missed} missed"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Called(method) => format!("called {method}"),
        Event::ScanStarted => "scan started".to_owned(),
        Event::ScanEnded => "scan ended".to_owned(),
        Event::AdvertStarted(advert) => format!("advert started {}", data(advert)),
        Event::AdvertEnded(advert) => format!("advert ended {}", data(advert)),
    }
}

fn data(advert: &wardkey_bluez_standin::Advert) -> String {
    let data: Vec<_> = advert.service_data.values().map(hex::encode).collect();
    data.join(" ")
}
