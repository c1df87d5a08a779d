//! A phone in a child process, spoken to in frames.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;
use wardkey_core::ctap::{
    get_assertion, make_credential,
    request::{RelyingParty, User},
};

pub const RP: &str = "example.org";
pub const HASH: [u8; 32] = [0x0a; 32];

/// The command under test.
pub fn wardkey() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wardkey"))
}

/// A folder for one phone; gone when dropped.
pub fn state() -> TempDir {
    let owner_only = fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(owner_only).tempdir().unwrap()
}

pub fn registration(user: &[u8]) -> Vec<u8> {
    registration_named(user, "clinician@example.org")
}

pub fn registration_named(user: &[u8], name: &str) -> Vec<u8> {
    let rp = RelyingParty { id: RP.into(), name: None };
    let user = User { id: user.into(), name: Some(name.into()), display_name: None };
    let mut request = make_credential::Request::new(HASH, rp, user);
    request.options.discoverable = Some(true);
    [vec![1], request.encode()].concat()
}

pub fn sign_in() -> Vec<u8> {
    [vec![2], get_assertion::Request::new(RP, HASH).encode()].concat()
}

/// A running `wardkey phone ctap`; ended when dropped.
pub struct Phone {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
}

impl Phone {
    pub fn start(state: &Path, user: &str) -> Self {
        let mut command = wardkey();
        command.args(["phone", "ctap", "--attestation", "packed", "--user", user, "--state"]);
        Self::spawn(command.arg(state))
    }

    /// Runs any command that ends up speaking frames.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = child.stdout.take().unwrap();
        Self { child, input, output }
    }

    pub fn send(&mut self, kind: u8, payload: &[u8]) {
        self.try_send(kind, payload).unwrap();
    }

    /// Fails if the phone is gone.
    pub fn try_send(&mut self, kind: u8, payload: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(payload.len() + 1).unwrap();
        let frame = [&length.to_be_bytes()[..], &[kind], payload].concat();
        self.input.as_mut().unwrap().write_all(&frame)
    }

    /// The next frame, or `None` if the phone is gone.
    pub fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut length = [0; 4];
        self.output.read_exact(&mut length).ok()?;
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        self.output.read_exact(&mut frame).ok()?;
        Some((frame[0], frame[1..].to_vec()))
    }

    /// The next frame, once nothing is being processed any more.
    pub fn pause(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            match self.receive() {
                Some((0x3b, status)) if status == [1] => {}
                frame => return frame,
            }
        }
    }

    /// The next frame that is no keepalive.
    pub fn answer(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            match self.receive() {
                Some((0x3b, _)) => {}
                answer => return answer,
            }
        }
    }

    /// Sends a message and returns the response to it.
    pub fn call(&mut self, message: &[u8]) -> Vec<u8> {
        self.send(0x10, message);
        let (kind, response) = self.answer().unwrap();
        assert_eq!(kind, 0x10);
        response
    }

    pub fn set_user(&mut self, policy: u8) {
        self.send(0x41, &[policy]);
        assert_eq!(self.answer(), Some((0x41, vec![])));
    }

    /// Ends the input and waits for the phone to stop.
    pub fn finish(mut self) -> (ExitStatus, String) {
        drop(self.input.take());
        let mut message = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        (self.child.wait().unwrap(), message)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
