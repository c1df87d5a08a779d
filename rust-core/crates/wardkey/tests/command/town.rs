//! A tunnel service, a sandbox and somebody's phone, all from the command line.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use reqwest::{Client, ClientBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::{Ended, Running, run};

/// A folder that only its owner reads; gone when dropped.
pub fn private_folder() -> TempDir {
    let owner_only = fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(owner_only).tempdir().unwrap()
}

/// How many keys a phone holds.
pub fn keys(state: &Path) -> usize {
    fs::read_dir(state.join("keys")).map_or(0, Iterator::count)
}

pub struct Town {
    folder: TempDir,
    pub tunnel: Running,
    _sandbox: Running,
    pub tunnel_address: String,
    pub origin: String,
    pub certificate: String,
    page: Client,
}

/// What the sandbox asks of a browser.
pub struct Challenge {
    session: Value,
    pub options: Value,
}

impl Town {
    pub async fn build() -> Self {
        let folder = private_folder();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let root = run(&["phone", "root", "--state", &path("phone")]).await;
        fs::write(path("root.pem"), root.succeeded().printed.join("\n")).unwrap();

        let serve = ["--listen", "127.0.0.1:0", "--authority", &path("authority")];
        let (tunnel, on) = start_service(&[&["--json", "tunnel"], &serve[..]].concat()).await;
        let tunnel_address = on["listening"].as_str().unwrap().to_owned();
        let trust = ["--trust", &path("root.pem")];
        let sandbox = [&["--json", "sandbox"], &serve[..], &trust].concat();
        let (sandbox, on) = start_service(&sandbox).await;
        let origin = on["origin"].as_str().unwrap().to_owned();
        let certificate = on["certificate"].as_str().unwrap().to_owned();
        let page = browser(&certificate);
        Self { folder, tunnel, _sandbox: sandbox, tunnel_address, origin, certificate, page }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text_path(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Where the phone keeps its passkeys.
    pub fn state(&self) -> PathBuf {
        self.path("phone")
    }

    /// A page asks the sandbox for options; `what` is `register` or `signin`.
    pub async fn challenge(&self, what: &str, asked: Value) -> Challenge {
        let (status, mut answer) = self.post(&format!("{what}/options"), &asked).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        Challenge { session: answer["session"].take(), options: answer["publicKey"].take() }
    }

    /// A page hands in what the workstation printed, which the sandbox must accept.
    pub async fn verify(&self, what: &str, challenge: Challenge, credential: &Value) -> Value {
        let answer = json!({"session": challenge.session, "credential": credential});
        let (status, verdict) = self.post(&format!("{what}/verify"), &answer).await;
        assert_eq!(status, StatusCode::OK, "{verdict}");
        verdict
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.page.post(format!("{}/{path}", self.origin)).json(body);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// What both sides need to meet here.
    pub fn network(&self) -> [&str; 6] {
        let (tunnel, certificate) = (&self.tunnel_address, &self.certificate);
        ["--radio", "lines", "--tunnel", tunnel, "--ca", certificate]
    }

    /// Starts a workstation, `create` or `get`, with more arguments.
    pub fn workstation(&self, what: &str, options: &Value, more: &[&str]) -> Running {
        let file = self.text_path("options.json");
        fs::write(&file, options.to_string()).unwrap();
        let begin = ["--json", "workstation", what, "--options", &file, "--origin", &self.origin];
        Running::start(&[&begin[..], &self.network(), more].concat())
    }

    /// Starts the phone, with more arguments.
    pub fn phone(&self, user: &str, more: &[&str]) -> Running {
        let state = self.text_path("phone");
        let begin = ["--json", "phone", "scan", "--state", &state, "--user", user];
        Running::start(&[&begin[..], &self.network(), more].concat())
    }

    /// Starts a workstation that registers, and gives its code.
    pub async fn registering_workstation(&self) -> (Running, String) {
        let challenge = self.challenge("register", json!({"userName": CLINICIAN})).await;
        let mut workstation = self.workstation("create", &challenge.options, &[]);
        let code = code(&mut workstation).await;
        (workstation, code)
    }

    /// A ceremony from the page's request to the end of phone and workstation, in this order.
    pub async fn play(&self, what: &str, options: &Value, user: &str) -> (Ended, Ended) {
        let mut workstation = self.workstation(what, options, &[]);
        let code = code(&mut workstation).await;
        let phone = self.phone(user, &["--patience", "0", &code]);
        meet(phone, workstation).await
    }

    /// Registers a passkey and returns what the sandbox verified.
    pub async fn register(&self) -> Value {
        let challenge = self.challenge("register", json!({"userName": CLINICIAN})).await;
        let (phone, workstation) = self.play("create", &challenge.options, "approve").await;
        phone.succeeded();
        let credential = workstation.succeeded().json();
        self.verify("register", challenge, &credential).await
    }
}

/// Has the resolver of glibc give up soon, where no server answers it.
pub const QUICK_RESOLVER: (&str, &str) = ("RES_OPTIONS", "timeout:1 attempts:1");

pub const CLINICIAN: &str = "clinician@example.org";

/// Starts a service and waits until it says where it is.
pub async fn start_service(arguments: &[&str]) -> (Running, Value) {
    let mut service = Running::start(arguments);
    let ready = service.prints().await.unwrap();
    (service, serde_json::from_str(&ready).unwrap())
}

/// A client that trusts the authority in this file.
pub fn browser(certificate: &str) -> Client {
    let tls = wardkey_local_tls::client_config(&fs::read(certificate).unwrap()).unwrap();
    ClientBuilder::new().tls_backend_preconfigured((*tls).clone()).no_proxy().build().unwrap()
}

/// The code that a workstation shows.
pub async fn code(workstation: &mut Running) -> String {
    workstation.tells("FIDO:/").await
}

/// Lets the workstation hear the phone's next line.
pub async fn overhear(phone: &mut Running, workstation: &mut Running) -> Option<String> {
    let line = phone.prints().await?;
    if line == "STOP" || line.starts_with("ADVERT ") {
        workstation.hears(&line).await;
    }
    Some(line)
}

/// Lets the workstation hear the phone until both have ended.
pub async fn meet(mut phone: Running, mut workstation: Running) -> (Ended, Ended) {
    while overhear(&mut phone, &mut workstation).await.is_some() {}
    tokio::join!(phone.end(), workstation.end())
}
