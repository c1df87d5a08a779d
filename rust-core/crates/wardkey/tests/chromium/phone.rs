//! Somebody's phone: a process of its own, held to the codes that a browser shows.

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use wardkey_bluez_standin::{Advert, Air};

/// The program that plays another phone than `wardkey`'s own: one that takes the same arguments (`phone
/// scan` and `phone root`) and speaks the same lines.
pub fn other_phone() -> Option<OsString> {
    std::env::var_os("WARDKEY_TEST_PHONE")
}

pub fn phone_program() -> Command {
    Command::new(other_phone().unwrap_or_else(|| env!("CARGO_BIN_EXE_wardkey").into()))
}

/// What a phone keeps is for its owner alone.
pub fn private_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let owner_only = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(owner_only).tempdir().unwrap()
}

/// How a phone gets its adverts across, and reaches the tunnel service.
pub struct Surroundings<'a> {
    /// The bus of its Bluetooth; without it, its adverts are lines that we put on the air.
    pub bluetooth: Option<&'a str>,
    pub tunnel: SocketAddr,
    /// Who vouches for the tunnel service.
    pub certificate: &'a Path,
}

/// Somebody with a phone.
#[derive(Clone, Copy)]
pub struct User<'a> {
    /// What `--user` takes.
    pub does: &'a str,
    /// How many seconds the phone waits for them.
    pub patience: u32,
}

impl<'a> User<'a> {
    /// One whose phone does not wait for long.
    pub const fn who(does: &'a str) -> Self {
        Self { does, patience: 2 }
    }
}

/// A `phone scan` under way.
pub struct Phone {
    pub child: Child,
    adverts: Lines<BufReader<ChildStdout>>,
}

impl Phone {
    /// `more` are further arguments.
    pub fn scan(
        code: &str,
        user: User<'_>,
        state: &Path,
        around: &Surroundings<'_>,
        more: &[&str],
    ) -> Self {
        let mut command = phone_program();
        let radio = match around.bluetooth {
            None => "lines",
            Some(bus_address) => {
                command.env("DBUS_SYSTEM_BUS_ADDRESS", bus_address);
                "bluetooth"
            }
        };
        let User { does, patience } = user;
        let mut child = command
            .args(["phone", "scan", code, "--radio", radio, "--user", does])
            .args(["--patience", &patience.to_string()])
            .args(more)
            .arg("--state")
            .arg(state)
            .arg("--tunnel")
            .arg(around.tunnel.to_string())
            .arg("--ca")
            .arg(around.certificate)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let adverts = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, adverts }
    }

    /// Puts what the phone advertises on the air until it ends; returns how, and what it said.
    pub async fn finish(&mut self, air: &Air, disturbances: &[Vec<u8>]) -> (ExitStatus, String) {
        for noise in disturbances {
            air.transmit(Advert::of_service("5A:00:00:00:00:07", 0xfff9, noise));
        }
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        let (read, ()) =
            tokio::join!(stderr.read_to_string(&mut said), relay(&mut self.adverts, air));
        read.unwrap();
        (self.child.wait().await.unwrap(), said)
    }

    /// Puts what the phone advertises on the air until it says `text`.
    pub async fn wait_for(&mut self, text: &str, air: &Air) {
        let stderr = self.child.stderr.as_mut().unwrap();
        let mut said = BufReader::new(stderr).lines();
        let heard = async {
            while let Some(line) = said.next_line().await.unwrap() {
                if line.contains(text) {
                    return;
                }
            }
            panic!("the phone ended");
        };
        tokio::select! {
            () = heard => {}
            () = relay(&mut self.adverts, air) => panic!("the phone ended"),
        }
    }
}

async fn relay(adverts: &mut Lines<BufReader<ChildStdout>>, air: &Air) {
    while let Some(line) = adverts.next_line().await.unwrap() {
        match line.strip_prefix("ADVERT ") {
            Some(advert) => {
                let advert = hex::decode(advert).unwrap();
                air.transmit(Advert::of_service("5A:00:00:00:00:01", 0xfff9, &advert));
            }
            // Over Bluetooth, people are told the end here.
            None => assert!(["STOP", "Passkey created.", "Signed in."].contains(&line.as_str())),
        }
    }
}
