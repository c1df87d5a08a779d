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

fn assert_code(code: &Value) {
    let code = code.as_str().unwrap();
    assert_eq!(code.split(' ').map(str::len).collect::<Vec<_>>(), [4, 4, 4], "{code}");
}

fn assert_story(story: &Value) {
    assert_code(&story["setUp"]["code"]);
    let registered = &story["registered"];
    // Nobody fetches Google's revocation list for a phone on a host.
    assert_eq!(registered["verdict"], "accept-with-warnings");
    assert_code(&registered["code"]);
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
    let seconds = |chapter: &str| story["seconds"][chapter].as_f64().unwrap();
    for chapter in ["setUp", "registration", "signIn"] {
        assert!(seconds(chapter) > 0.0 && seconds(chapter) < seconds("total"), "{chapter}");
    }
}

#[tokio::test]
async fn it_issues_a_passkey_signs_in_and_shows_each_step() {
    let output = wardkey().args(["demo", "--json"]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let story = serde_json::from_slice(&output.stdout).unwrap();
    assert_story(&story);
    assert!(story["seconds"]["total"].as_f64().unwrap() < 60.0, "under a minute");
    let shown = String::from_utf8(output.stderr).unwrap();
    let mut rest = shown.as_str();
    for step in [
        "opens a link of the service itself",
        "code scanned",
        "waiting for the workstation to notice this phone",
        "agreeing on keys",
        "waiting for the person to decide",
        "registration verified",
        "phone and page show the code",
        "the registration authority has a passkey",
        "code scanned",
        "waiting for the workstation to notice this phone",
        "agreeing on keys",
        "waiting for the person to decide",
        "sign-in verified",
        "the registration authority is signed in",
        "link opened",
        "passkey made, code",
        "verdict: accept-with-warnings",
        "the authenticator is active",
        "code scanned",
        "sign-in verified",
        "the clinician is in",
        "heard of it by back channel",
    ] {
        let later = rest.split_once(step).map(|(_, later)| later);
        rest = later.unwrap_or_else(|| panic!("{step} is missing, or too early, in:\n{shown}"));
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
        "01-set-up-link.png",
        "02-set-up-make.png",
        "03-set-up-code.png",
        "04-set-up-codes.png",
        "05-set-up-active.png",
        "06-desk-sign-in.png",
        "07-desk-code.png",
        "08-desk-find.png",
        "09-desk-found.png",
        "10-desk-profile.png",
        "11-desk-issue.png",
        "12-desk-instructions.png",
        "13-desk-link.png",
        "14-clinician-link.png",
        "15-clinician-make.png",
        "16-clinician-code.png",
        "17-clinician-made.png",
        "18-desk-codes.png",
        "19-desk-active.png",
        "20-clinician-active.png",
        "21-application.png",
        "22-ward-sign-in.png",
        "23-ward-code.png",
        "24-ward-roles.png",
        "25-application-signed-in.png",
        "26-ward-session.png",
        "27-ward-signed-out.png",
        "28-application-signed-out.png",
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
