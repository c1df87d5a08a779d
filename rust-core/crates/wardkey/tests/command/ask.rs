//! A person at a terminal who is asked, and answers.

use std::process::Stdio;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    child::{Ended, Running},
    town::{CLINICIAN, Town, code},
};

/// A phone on a terminal of its own, made by `script` of util-linux.
struct AtTerminal {
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl AtTerminal {
    fn start(town: &Town, code: &str) -> Self {
        let state = town.state();
        let phone = [
            &[env!("CARGO_BIN_EXE_wardkey"), "phone", "scan", "--user", "ask", "--state"][..],
            &[state.to_str().unwrap()],
            &town.network(),
            &[code],
        ];
        let mut child = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &phone.concat().join(" ")])
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (keyboard, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, keyboard, screen, shown: String::new() }
    }

    /// Reads on until the screen shows `text`, and returns everything up to there since the last time.
    async fn shows(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.shown.find(text) {
                let rest = self.shown.split_off(at + text.len());
                return std::mem::replace(&mut self.shown, rest);
            }
            let mut bytes = [0; 4096];
            let read = self.screen.read(&mut bytes).await.unwrap();
            assert!(read > 0, "“{text}” was never shown: {}", self.shown);
            self.shown += &String::from_utf8_lossy(&bytes[..read]);
        }
    }

    async fn types(&mut self, answer: &str) {
        self.keyboard.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    }

    /// Lets the workstation hear the advert.
    async fn advertises(&mut self, workstation: &mut Running) {
        self.shows("ADVERT ").await;
        let advert = self.shows("\r\n").await;
        workstation.hears(&format!("ADVERT {}", advert.trim())).await;
    }

    async fn ends_with(mut self, code: i32) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).await.unwrap();
        assert_eq!(self.child.wait().await.unwrap().code(), Some(code));
    }
}

/// Registers `user` with a person who agrees and verifies themselves.
async fn register(town: &Town, user: &str) {
    let challenge = town.challenge("register", json!({"userName": user})).await;
    let mut workstation = town.workstation("create", &challenge.options, &[]);
    let mut phone = AtTerminal::start(town, &code(&mut workstation).await);
    phone.advertises(&mut workstation).await;
    let asked = format!("Create a passkey for localhost, account “{user}”? [y/N] ");
    phone.shows(&asked).await;
    phone.types("y").await;
    phone.shows("(this stands for your fingerprint or PIN)? [y/N] ").await;
    phone.types("yes").await;
    phone.ends_with(0).await;
    let credential = workstation.end().await.succeeded().json();
    town.verify("register", challenge, &credential).await;
}

/// Signs in with a person who answers each question, given by its end, in turn.
async fn sign_in(town: &Town, answers: &[(&str, &str)], ends_with: i32) -> Ended {
    let challenge = town.challenge("signin", json!({})).await;
    let mut workstation = town.workstation("get", &challenge.options, &[]);
    let mut phone = AtTerminal::start(town, &code(&mut workstation).await);
    phone.advertises(&mut workstation).await;
    for (question, answer) in answers {
        phone.shows(question).await;
        phone.types(answer).await;
    }
    phone.ends_with(ends_with).await;
    let ended = workstation.end().await;
    if ends_with == 0 {
        town.verify("signin", challenge, &ended.succeeded().json()).await;
    }
    ended
}

#[tokio::test]
async fn a_person_is_asked_and_answers() {
    let town = Town::build().await;
    register(&town, CLINICIAN).await;
    let question = "Sign in to localhost as “clinician@example.org”? [y/N] ";
    let verification = "fingerprint or PIN)? [y/N] ";
    sign_in(&town, &[(question, "y"), (verification, "y")], 0).await;
    for declined in
        [&[(question, "n")][..], &[(question, "")], &[(question, "y"), (verification, "")]]
    {
        let ended = sign_in(&town, declined, 1).await;
        ended.refused().says("the phone's answer", "NotAllowedError", "see the phone");
    }
}

#[tokio::test]
async fn a_person_chooses_among_accounts() {
    let town = Town::build().await;
    register(&town, CLINICIAN).await;
    register(&town, "locum@example.org").await;
    let question = "  2. clinician@example.org (clinician@example.org)\r\n\
                    Sign in as which? [number, or nothing to decline] ";
    let verification = "fingerprint or PIN)? [y/N] ";
    sign_in(&town, &[(question, "2"), (verification, "y")], 0).await;
    for nobody in ["", "0", "3", "-1", "clinician"] {
        let ended = sign_in(&town, &[(question, nobody)], 1).await;
        ended.refused().says("the phone's answer", "NotAllowedError", "see the phone");
    }
}
