//! A sandbox killed at any of its writes has registered a passkey or not, and its evidence tells which.
//!
//! strace delivers SIGKILL at the nth system call of a kind that changes the database, for every kind and every
//! n until the registration gets through.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::{Client, ClientBuilder, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::{Phone, state, wardkey};
use wardkey_core::webauthn::{Authentication, Caller, Registration, WebOrigin};
use wardkey_evidence::verify;
use wardkey_register::{
    Database,
    testing::{Fresh, each},
};

/// What SQLite does to files. Its shared memory is not written with system calls, and need not survive. strace
/// counts each system call for itself: killed at the nth of any of them, a sandbox would only ever be killed at
/// the most frequent one.
const CHANGES: [&str; 4] = ["pwrite64", "fsync,fdatasync", "ftruncate", "unlink"];

/// Where a sandbox is killed: when it enters its nth system call of a kind.
type Kill = (&'static str, usize);

/// What the users of every sandbox here see, as behind a load balancer.
const ORIGIN: &str = "https://localhost";

/// A running sandbox; killed when dropped.
struct Sandbox {
    child: Child,
    address: String,
    client: Client,
}

impl Sandbox {
    /// Starts one on a database. `None` if it was killed before it could serve.
    fn start(folder: &Path, database: &str, killed_at: Option<Kill>) -> Option<Self> {
        let mut command = match killed_at {
            None => wardkey(),
            Some(kill) => doomed(kill),
        };
        let authority = folder.join("authority");
        command.args(["--json", "sandbox", "--listen", "127.0.0.1:0", "--origin", ORIGIN]);
        command.args(["--database", database, "--authority", authority.to_str().unwrap()]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        if ready.is_empty() {
            child.wait().unwrap();
            return None;
        }
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let listening = ready["listening"].as_str().unwrap_or_else(|| panic!("{ready}"));
        let port = listening.rsplit(':').next().unwrap();
        let certificate = fs::read(authority.join("ca.pem")).unwrap();
        let tls = wardkey_local_tls::client_config(&certificate).unwrap();
        let client = ClientBuilder::new()
            .tls_backend_preconfigured((*tls).clone())
            .no_proxy()
            .build()
            .unwrap();
        Some(Self { child, address: format!("https://localhost:{port}"), client })
    }

    /// `None` if it was killed before it answered.
    async fn post(&self, path: &str, body: &Value) -> Option<(StatusCode, Value)> {
        let request = self.client.post(format!("{}/{path}", self.address)).json(body);
        let response = request.send().await.ok()?;
        Some((response.status(), response.json().await.ok()?))
    }

    /// Registers a passkey; the answer, if there was one.
    async fn register(&self, phone: &mut Phone) -> Option<(StatusCode, Value)> {
        let asked = json!({"userName": "clinician@example.org"});
        let (_, offered) = self.post("register/options", &asked).await?;
        self.post("register/verify", &created(phone, &offered)).await
    }

    async fn sign_in(&self, phone: &mut Phone) -> Option<(StatusCode, Value)> {
        let (_, offered) = self.post("signin/options", &json!({})).await?;
        let asked = Authentication::new(&offered["publicKey"].to_string(), &caller()).unwrap();
        let signed = phone.call(&asked.command());
        let response = asked.finish(&signed).unwrap();
        self.post("signin/verify", &answer(&offered, &response)).await
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // What strace runs would live on without it.
        for traced in children(self.child.id()) {
            let _ = kill_process(traced, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn children(parent: u32) -> Vec<Pid> {
    let listed = format!("/proc/{parent}/task/{parent}/children");
    let listed = fs::read_to_string(listed).unwrap_or_default();
    listed.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)).collect()
}

/// A command that is killed.
fn doomed((kind, nth): Kill) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["--quiet=all", "--follow-forks", "--output=/dev/null", "--trace", kind])
        .arg(format!("--inject={kind}:signal=SIGKILL:when={nth}"))
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_wardkey"));
    command
}

fn caller() -> Caller {
    Caller::page(WebOrigin::parse(ORIGIN).unwrap())
}

fn answer(offered: &Value, response: &str) -> Value {
    let credential: Value = serde_json::from_str(response).unwrap();
    json!({"session": offered["session"], "credential": credential})
}

/// What the phone answers to the options of a registration.
fn created(phone: &mut Phone, offered: &Value) -> Value {
    let asked = Registration::new(&offered["publicKey"].to_string(), &caller()).unwrap();
    let made = phone.call(&asked.command());
    let response = asked.finish(&made).unwrap();
    answer(offered, &response)
}

/// How many passkeys there are, after checking that the evidence tells of exactly these.
async fn passkeys(database: &str) -> usize {
    let database = Database::open(database).await.unwrap();
    let lines = database.evidence_after(0).await.unwrap();
    let log: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    verify(log.as_bytes(), None).unwrap();
    let listed = database.testers_authenticators(100).await.unwrap();
    let told = lines.iter().filter(|line| line.contains(r#""kind":"registered""#)).count();
    assert_eq!(told, listed.len(), "{log}");
    for (_, passkey) in &listed {
        let id = wardkey_core::webauthn::base64url::encode(&passkey.made.credential_id);
        assert!(log.contains(&id), "no evidence of {id}");
    }
    listed.len()
}

#[tokio::test]
async fn a_registration_is_whole_or_not_there_wherever_the_power_fails() {
    let folder = state();
    let (phone_state, empty) = (folder.path().join("phone"), folder.path().join("empty.sqlite"));
    let mut phone = Phone::start(&phone_state, "approve");
    // People and schema are there, so that what is killed is the registration.
    let address = |path: &Path| format!("sqlite:{}", path.display());
    drop(Sandbox::start(folder.path(), &address(&empty), None).unwrap());

    let (mut kept, mut lost) = (0, 0);
    for kind in CHANGES {
        for nth in 1.. {
            let run = state();
            let file = run.path().join("register.sqlite");
            copy(&empty, &file);
            let kill = (kind, nth);
            let sandbox = Sandbox::start(folder.path(), &address(&file), Some(kill));
            let was_serving = sandbox.is_some();
            let answer = match sandbox {
                None => None,
                Some(sandbox) => sandbox.register(&mut phone).await,
            };
            let found = passkeys(&address(&file)).await;
            if let Some((status, answer)) = &answer {
                assert_eq!(*status, StatusCode::OK, "{kill:?}: {answer}");
                assert_eq!(found, 1, "{kill:?}: an answer that was given holds");
                break;
            }
            kept += found;
            // Of a registration that had begun.
            lost += usize::from(was_serving && found == 0);
            let again = Sandbox::start(folder.path(), &address(&file), None).unwrap();
            if found == 0 {
                let (status, _) = again.register(&mut phone).await.unwrap();
                assert_eq!(status, StatusCode::OK, "{kill:?}");
            }
            assert_eq!(again.sign_in(&mut phone).await.unwrap().0, StatusCode::OK, "{kill:?}");
        }
    }
    assert!(lost > 0, "killed in the registration too: {kept} {lost}");
}

/// A database with its side files.
fn copy(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        if fs::exists(name(from)).unwrap() {
            fs::copy(name(from), name(to)).unwrap();
        }
    }
}

#[tokio::test]
async fn another_sandbox_goes_on_where_one_was_killed() {
    let folder = state();
    let folder = folder.path();
    each(|fresh: Fresh| async move {
        let mut phone = Phone::start(&folder.join("phone"), "approve");
        let [one, two] =
            [0, 1].map(|_| Sandbox::start(folder, fresh.url(), None).expect("a sandbox"));
        let asked = json!({"userName": "clinician@example.org"});
        let (_, offered) = one.post("register/options", &asked).await.unwrap();
        drop(one);
        let (status, made) =
            two.post("register/verify", &created(&mut phone, &offered)).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{made}");
        drop(two);

        let three = Sandbox::start(folder, fresh.url(), None).unwrap();
        let (status, signed_in) = three.sign_in(&mut phone).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{signed_in}");
        assert_eq!(signed_in["credentialId"], made["credentialId"]);
        assert_eq!(passkeys(fresh.url()).await, 1);
    })
    .await;
}
