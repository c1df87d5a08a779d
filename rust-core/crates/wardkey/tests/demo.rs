//! `wardkey demo`: the whole story in one command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

fn wardkey() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardkey"));
    command.kill_on_drop(true);
    command
}

fn assert_story(story: &Value) {
    let registered = &story["registered"];
    // Nobody fetches Google's revocation list for a phone on a host.
    assert_eq!(registered["verdict"], "accept-with-warnings");
    let code = registered["code"].as_str().unwrap();
    assert_eq!(code.split(' ').map(str::len).collect::<Vec<_>>(), [4, 4, 4], "{code}");
    let checks = registered["checks"].as_array().unwrap();
    let grade = |title: &str| {
        let check = checks.iter().find(|check| check["title"] == title);
        check.unwrap_or_else(|| panic!("no check “{title}”"))["grade"].clone()
    };
    assert_eq!(grade("Made for this registration"), "Pass");
    assert_eq!(grade("Revocation"), "Warning");
    let signed_in = &story["signedIn"];
    assert_eq!(signed_in["level"], "3");
    assert_eq!(signed_in["claims"]["selected_roleid"], signed_in["role"]);
    assert_eq!(signed_in["claims"]["authentication_assurance_level"], "3");
    assert!(story["seconds"]["total"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn it_issues_a_passkey_signs_in_and_shows_each_step() {
    let output = wardkey().args(["demo", "--json"]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_story(&serde_json::from_slice(&output.stdout).unwrap());
    let shown = String::from_utf8(output.stderr).unwrap();
    for step in [
        "code scanned",
        "waiting for the workstation to notice this phone",
        "agreeing on keys",
        "waiting for the person to decide",
        "the registration authority is signed in",
        "link opened",
        "passkey made, code",
        "verdict: accept-with-warnings",
        "the authenticator is active",
        "sign-in verified",
        "the clinician is in",
        "heard of it by back channel",
    ] {
        assert!(shown.contains(step), "{step} is missing in:\n{shown}");
    }
}

#[cfg(feature = "browser")]
#[tokio::test]
async fn a_real_browser_leaves_a_picture_of_each_screen() {
    let folder = tempfile::tempdir().unwrap();
    let screenshots = folder.path().join("screenshots");
    let output = wardkey()
        .args(["demo", "--json", "--browser", "--screenshots"])
        .arg(&screenshots)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_story(&serde_json::from_slice(&output.stdout).unwrap());
    let mut names: Vec<_> = std::fs::read_dir(&screenshots)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "01-desk-sign-in.png",
        "02-desk-code.png",
        "03-desk-find.png",
        "04-desk-found.png",
        "05-desk-profile.png",
        "06-desk-issue.png",
        "07-desk-instructions.png",
        "08-desk-link.png",
        "09-desk-codes.png",
        "10-desk-active.png",
        "11-application.png",
        "12-ward-sign-in.png",
        "13-ward-code.png",
        "14-ward-roles.png",
        "15-application-signed-in.png",
        "16-ward-session.png",
        "17-ward-signed-out.png",
        "18-application-signed-out.png",
    ];
    assert_eq!(names, expected);
    for name in names {
        image::open(screenshots.join(name)).unwrap();
    }
}

#[tokio::test]
async fn what_it_serves_can_be_played_with() {
    let mut demo = Served::start().await;

    demo.paste("https://example.org/not-a-passkey-code").await;
    demo.wait_for("Failed at reading the QR code").await;
    demo.wait_for("Paste another code").await;

    let (options, origin) = demo.challenge().await;
    let mut workstation = wardkey()
        .args(["workstation", "get", "--radio", "lines", "--origin", &origin])
        .args(["--tunnel", &demo.tunnel, "--ca", &demo.certificate, "--options"])
        .arg(options.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut screen = BufReader::new(workstation.stderr.take().unwrap()).lines();
    let code = find(&mut screen, |line| line.starts_with("FIDO:/")).await;
    demo.paste(&code).await;
    let advert = demo.output.next_line().await.unwrap().unwrap();
    assert!(advert.starts_with("ADVERT "), "{advert}");
    let mut ears = workstation.stdin.take().unwrap();
    ears.write_all(format!("{advert}\n").as_bytes()).await.unwrap();
    assert_eq!(demo.output.next_line().await.unwrap().unwrap(), "STOP");
    demo.wait_for("Done. Paste the next code.").await;

    let output = workstation.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let response: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(response["type"], "public-key");

    drop(demo.input);
    assert!(demo.child.wait().await.unwrap().success(), "it ends with its input");
}

/// A `wardkey demo --serve` that is ready.
struct Served {
    child: Child,
    input: tokio::process::ChildStdin,
    output: Lines<BufReader<tokio::process::ChildStdout>>,
    said: Lines<BufReader<ChildStderr>>,
    origin: String,
    tunnel: String,
    certificate: String,
}

impl Served {
    async fn start() -> Self {
        let mut child = wardkey()
            .args(["demo", "--serve", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let sandbox = find(&mut said, |line| line.starts_with("Sandbox ")).await;
        let words: Vec<_> = sandbox.split_whitespace().collect();
        let (origin, certificate) =
            (words[1].to_owned(), words[4].trim_end_matches(')').to_owned());
        let tunnel = find(&mut said, |line| line.starts_with("Tunnel ")).await;
        let tunnel = tunnel.split_whitespace().nth(1).unwrap().to_owned();
        find(&mut said, |line| line.contains("wants to hear")).await;
        assert_story(&serde_json::from_str(&output.next_line().await.unwrap().unwrap()).unwrap());
        Self { child, input, output, said, origin, tunnel, certificate }
    }

    async fn paste(&mut self, text: &str) {
        self.input.write_all(format!("{text}\n").as_bytes()).await.unwrap();
    }

    async fn wait_for(&mut self, text: &str) {
        find(&mut self.said, |line| line.contains(text)).await;
    }

    /// Options of a sign-in, in a file, and the origin they are for.
    async fn challenge(&self) -> (tempfile::NamedTempFile, String) {
        let pem = std::fs::read(&self.certificate).unwrap();
        let tls = wardkey_local_tls::client_config(&pem).unwrap();
        let client = reqwest::ClientBuilder::new()
            .tls_backend_preconfigured((*tls).clone())
            .no_proxy()
            .build()
            .unwrap();
        let request = client.post(format!("{}/signin/options", self.origin)).json(&json!({}));
        let options = request.send().await.unwrap().bytes().await.unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), options).unwrap();
        (file, self.origin.clone())
    }
}

/// The first line that fits; the program must not end before it.
async fn find(lines: &mut Lines<BufReader<ChildStderr>>, fits: impl Fn(&str) -> bool) -> String {
    while let Some(line) = lines.next_line().await.unwrap() {
        if fits(&line) {
            return line;
        }
    }
    panic!("the program ended");
}
