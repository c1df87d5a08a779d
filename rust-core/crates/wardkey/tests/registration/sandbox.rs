//! A sandbox in a process of its own, which can be killed and comes back with the same address.

use std::{fs, path::Path};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use wardkey_local_tls::TlsIdentity;

use crate::port::Port;

const POLICY: &str = include_str!("../../../../../fixtures/policies/test.json");
const REVOKED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/attestation/revoked.json");

pub struct Sandbox {
    arguments: Vec<String>,
    port: Port,
    child: Option<Child>,
    pub origin: String,
    /// Of the service itself, for registration authorities who have no passkey.
    pub links: Vec<String>,
    /// What browsers trust it by.
    pub identity: TlsIdentity,
}

impl Sandbox {
    /// Starts one that keeps its certificate in `folder`, and trusts the phones of these roots.
    pub async fn start(folder: &Path, database: &str, roots: &[String]) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&certificate, certified.cert.pem()).unwrap();
        fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
        let identity = TlsIdentity::from_pem_files(&certificate, &key).unwrap();
        let policy = folder.join("policy.json");
        fs::write(&policy, demanding(POLICY)).unwrap();
        let files = [
            ("--certificate", certificate.to_str()),
            ("--key", key.to_str()),
            ("--policy", policy.to_str()),
        ];
        let files = files.into_iter().flat_map(|(option, file)| [option, file.unwrap()]);
        let more = ["--revocation", REVOKED, "--database", database, "--link-minutes", "10"];
        let roots = roots.iter().flat_map(|root| ["--trust", root.as_str()]);
        let arguments = files.chain(more).chain(roots).map(str::to_owned).collect();
        let mut sandbox = Self {
            arguments,
            port: Port::reserve(),
            child: None,
            origin: String::new(),
            links: Vec::new(),
            identity,
        };
        sandbox.start_again().await;
        sandbox
    }

    pub async fn start_again(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wardkey"))
            .args(["--json", "sandbox", "--listen", &self.port.address])
            .args(&self.arguments)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).await.unwrap();
        let ready: Value = serde_json::from_str(&ready).expect("a sandbox that serves");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.origin = text(&ready["origin"]);
        let links = ready["links"].as_array().into_iter().flatten();
        self.links = links.map(|link| text(&link["url"])).collect();
        self.child = Some(child);
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.take().expect("a sandbox that runs").kill().await.unwrap();
    }

    pub async fn kill_and_start_again(&mut self) {
        self.kill().await;
        self.start_again().await;
    }
}

/// The policy for phones on a host, which for a trial takes passkeys that no hardware vouches for, without that.
fn demanding(policy: &str) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy.as_object_mut().unwrap().remove("attestation"), Some("warn".into()));
    policy.to_string()
}
