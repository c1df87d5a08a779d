//! The probe as a child process, and waiting for what the stand-in reports.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::broadcast::Receiver;
use wardkey_bluez_standin::{Event, Machine};

/// The service UUID of hybrid transport.
pub(crate) const SERVICE: u16 = 0xfff9;

/// A running probe. Dropping it ends the process.
pub(crate) struct Probe {
    pub(crate) child: Child,
    pub(crate) input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Probe {
    pub(crate) fn start(machine: &Machine, role: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_radio-probe"))
            .arg(role)
            .env("DBUS_SYSTEM_BUS_ADDRESS", machine.bus_address())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> String {
        self.output.next_line().await.unwrap().expect("the probe ended")
    }

    pub(crate) async fn ask(&mut self, line: &str) -> String {
        self.say(line).await;
        self.hear().await
    }

    /// Skips adverts heard more than once.
    pub(crate) async fn hear_until(&mut self, wanted: &str) {
        while self.hear().await != wanted {}
    }
}

/// The line for an advert of twenty equal bytes.
pub(crate) fn advert(byte: u8) -> String {
    format!("ADVERT {}", format!("{byte:02x}").repeat(20))
}

/// Waits for an advert to start, skipping other events; gives its service data.
pub(crate) async fn advert_started(events: &mut Receiver<Event>) -> Vec<u8> {
    loop {
        if let Event::AdvertStarted(advert) = events.recv().await.unwrap() {
            return advert.service_data.values().next().unwrap().clone();
        }
    }
}

/// Waits for an advert to end, skipping other events; gives its service data.
pub(crate) async fn advert_ended(events: &mut Receiver<Event>) -> Vec<u8> {
    loop {
        if let Event::AdvertEnded(advert) = events.recv().await.unwrap() {
            return advert.service_data.values().next().unwrap().clone();
        }
    }
}

/// Waits until this many clients scan.
pub(crate) async fn scanners(machine: &Machine, count: usize) {
    machine.activity().wait_for(|now| now.scanners == count).await.unwrap();
}
