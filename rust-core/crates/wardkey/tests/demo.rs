//! `wardkey demo`: the whole story in one command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio};

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

/// A step on standard error: `  0.123 s  who          what`.
struct Step<'a> {
    seconds: f64,
    who: &'a str,
    what: &'a str,
}

impl<'a> Step<'a> {
    fn read(line: &'a str) -> Self {
        let (seconds, rest) = line.trim_start().split_once(" s  ").expect(line);
        let (who, what) = rest.split_once(' ').expect(line);
        assert_eq!(seconds.split_once('.').unwrap().1.len(), 3, "milliseconds: {line}");
        Self { seconds: seconds.parse().unwrap(), who, what: what.trim_start() }
    }
}

/// Steps that follow each other, whoever else is busy meanwhile, and the chapter that each ends.
const MILESTONES: [(&str, &str, Option<&str>); 7] = [
    ("demo", "sandbox https://localhost:", None),
    ("desk", "the registration authority opens a link of the service itself", None),
    ("desk", "the registration authority has a passkey", Some("setUp")),
    ("desk", "the registration authority is signed in", None),
    ("phone", "the authenticator is active", Some("registration")),
    ("application", "asks for a sign-in of level 3 and a role", None),
    ("application", "heard of it by back channel", Some("signIn")),
];

/// The times of the steps against what the story says of its chapters: they are from the same clock.
#[tokio::test]
async fn each_step_has_the_time_at_which_it_happened() {
    let output = wardkey().args(["demo", "--json"]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let story: Value = serde_json::from_slice(&output.stdout).unwrap();
    let chapter = |name: &str| story["seconds"][name].as_f64().unwrap();
    let shown = String::from_utf8(output.stderr).unwrap();
    let steps: Vec<_> = shown.lines().map(Step::read).collect();
    let mut rest = steps.iter();
    let times: Vec<_> = MILESTONES
        .iter()
        .map(|(who, what, _)| {
            let step = rest.find(|step| step.who == *who && step.what.starts_with(what));
            step.unwrap_or_else(|| panic!("{who}: {what} is missing in:\n{shown}")).seconds
        })
        .collect();
    assert!(times.is_sorted(), "{times:?}");

    // Half a millisecond is rounded away at either end.
    let rounded = 0.001;
    let chapters: f64 = ["setUp", "registration", "signIn"].into_iter().map(chapter).sum();
    assert!(times[0] > 0.0, "to start takes time");
    assert!(times[0] + chapters < chapter("total") + rounded, "they follow the start: {shown}");
    assert!(times[6] < chapter("total") + rounded, "and end in time: {shown}");
    for (index, (.., ends)) in MILESTONES.iter().enumerate() {
        if let Some(ends) = ends {
            let took = times[index] - times[index - 1];
            assert!(took > 0.0 && took < chapter(ends) + rounded, "{ends} in {story}:\n{shown}");
        }
    }
}

/// What differs from run to run, masked: numbers, and what is made of random bytes.
fn masked(line: &str) -> String {
    let mut words = line.split_whitespace();
    if let (Some(name @ ("nonce" | "sid")), Some(_), None) =
        (words.next(), words.next(), words.next())
    {
        return format!("{name} #");
    }
    let mut shown = String::new();
    for c in line.trim().chars() {
        match c {
            '0'..='9' if shown.ends_with('#') => {}
            '0'..='9' => shown.push('#'),
            c => shown.push(c),
        }
    }
    shown
}

/// The README shows a run of the demo: what it prints is still that, line by line.
#[tokio::test]
async fn people_read_the_story_that_the_readme_shows() {
    let output = wardkey().arg("demo").output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let [story, steps] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());

    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let transcript = readme.split_once("$ scripts/demo\n").unwrap().1.split_once("```").unwrap().0;
    let (told_steps, told_story) = transcript.split_once("A passkey was issued").unwrap();

    let of = |text: &str| text.trim().lines().map(masked).collect::<Vec<_>>();
    let steps = of(&steps);
    for told in of(told_steps).iter().filter(|line| *line != "…") {
        assert!(steps.contains(told), "not a step any more: {told}");
    }
    assert_eq!(of(&story), of(&format!("A passkey was issued{told_story}")));
}

/// A copy of the command that anybody may run, in a folder of its own.
fn for_everybody(folder: &Path) -> std::path::PathBuf {
    let copy = folder.join("wardkey");
    // Had this process had it open to write, others that its threads start meanwhile would have too for a moment,
    // and nobody could run it.
    let mut cp = std::process::Command::new("cp");
    assert!(cp.arg(env!("CARGO_BIN_EXE_wardkey")).arg(&copy).status().unwrap().success());
    for path in [folder, &copy] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    copy
}

/// Every system call that could reach another machine is looked at.
#[tokio::test]
async fn it_needs_no_privileges_and_speaks_to_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let program = for_everybody(folder.path());
    let calls = folder.path().join("calls");
    fs::create_dir(&calls).unwrap();
    fs::set_permissions(&calls, fs::Permissions::from_mode(0o777)).unwrap();
    let calls = calls.join("log");
    let strace = [
        "strace",
        "--quiet=all",
        "--follow-forks",
        "--seccomp-bpf",
        "--trace=bind,connect,sendto,sendmsg,sendmmsg,setuid,geteuid",
    ];
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
    let mut words = if rustix::process::geteuid().is_root() { nobody.to_vec() } else { vec![] };
    words.extend(strace);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg("--output").arg(&calls).arg("--").arg(&program);
    let output = command.args(["demo", "--json"]).current_dir("/").output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_story(&serde_json::from_slice(&output.stdout).unwrap());

    let calls = fs::read_to_string(&calls).unwrap();
    let to = |family: &str| calls.lines().filter(|line| line.contains(family)).collect::<Vec<_>>();
    let internet = to("AF_INET");
    assert!(internet.iter().any(|line| line.contains("connect(")), "seen at all: {calls}");
    for call in internet {
        let here = call.contains("inet_addr(\"127.0.0.1\")") || call.contains("\"::1\"");
        assert!(here && !call.contains("htons(53)"), "{call}");
    }
    assert_eq!(to("AF_NETLINK"), to("no other way out"));
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
