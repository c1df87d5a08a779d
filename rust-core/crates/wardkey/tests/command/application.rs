//! `wardkey application` beside a `wardkey sandbox`.

use std::fs;

use reqwest::{Client, ClientBuilder, redirect::Policy};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    child::{Ended, Running, run},
    port::Port,
    town::{private_folder, start_service},
};

const SECRET: &str = "a secret that both of them know";

/// A folder with what an application proves itself with, and a sandbox that knows it.
struct Site {
    folder: TempDir,
    /// The application has to come back to the address it was registered with.
    port: Port,
    sandbox: Option<Running>,
    issuer: String,
}

impl Site {
    /// `proof` is one of the application's options, and its value.
    async fn new(proof: [&str; 2]) -> Self {
        let folder = private_folder();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("secret.txt"), format!("{SECRET}\n")).unwrap();
        fs::write(path("other.txt"), "a secret that nobody else knows").unwrap();
        fs::write(path("key.pem"), key()).unwrap();
        let mut site = Self { port: Port::reserve(), folder, sandbox: None, issuer: String::new() };
        let registration = site.run(&["--registration", proof[0], &site.path(proof[1])]).await;
        let clients = registration.succeeded().json();
        assert_eq!(clients["clients"][0]["client_id"], "sample-application");
        fs::write(site.path("clients.json"), clients.to_string()).unwrap();
        let (clients, authority) = (site.path("clients.json"), site.path("authority"));
        let serve = ["--json", "sandbox", "--listen", "127.0.0.1:0", "--clients", &clients];
        let (sandbox, ready) =
            start_service(&[&serve[..], &["--authority", &authority]].concat()).await;
        ready["issuer"].as_str().unwrap().clone_into(&mut site.issuer);
        site.sandbox = Some(sandbox);
        site
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let authority = self.path("authority");
        let mut arguments = vec!["--json", "application", "--authority", &authority];
        if !more.contains(&"--listen") {
            arguments.extend(["--listen", &self.port.address]);
        }
        if !more.contains(&"--issuer") && !self.issuer.is_empty() {
            arguments.extend(["--issuer", &self.issuer]);
        }
        arguments.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    }

    async fn run(&self, more: &[&str]) -> Ended {
        run(&self.arguments(more)).await
    }
}

/// A new private key (PEM).
fn key() -> String {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
}

/// A browser that stays where it is sent from.
fn browser(certificate: &str) -> Client {
    let tls = wardkey_local_tls::client_config(&fs::read(certificate).unwrap()).unwrap();
    let client = ClientBuilder::new().tls_backend_preconfigured((*tls).clone());
    client.redirect(Policy::none()).no_proxy().build().unwrap()
}

#[tokio::test]
async fn it_says_where_it_is_demands_its_level_and_ends_when_told() {
    for proof in [["--client-secret-file", "secret.txt"], ["--client-key", "key.pem"]] {
        let site = Site::new(proof).await;
        for (level, demanded) in [
            ("aal3", "acr_values=AAL3_ANY"),
            ("aal2-or-aal3", "acr_values=AAL2_OR_AAL3_ANY"),
            ("aal2", "acr_values=AAL2_ANY"),
        ] {
            let file = site.path(proof[1]);
            let arguments = site.arguments(&[proof[0], &file, "--level", level]);
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            let (running, ready) = start_service(&arguments).await;
            assert_eq!(ready["listening"], site.port.address);
            assert_eq!(ready["issuer"], site.issuer);
            let browser = browser(ready["certificate"].as_str().unwrap());
            let sign_in = format!("{}/sign-in", ready["origin"].as_str().unwrap());
            let sent = browser.get(sign_in).send().await.unwrap();
            let to = sent.headers()["location"].to_str().unwrap();
            assert!(to.starts_with(&format!("{}/authorize?", site.issuer)), "{to}");
            assert!(to.ends_with(demanded), "{to}");

            running.signal(Signal::TERM);
            let ended = running.end().await;
            assert_eq!(ended.succeeded().printed.len(), 1, "{ended:?}");
            assert!(!ended.told.contains(SECRET), "{ended:?}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_or_not_trusted_or_another_is_named() {
    let site = Site::new(["--client-secret-file", "secret.txt"]).await;
    let secret = site.path("secret.txt");
    let proof = ["--client-secret-file", secret.as_str()];
    let run_with = async |more: &[&str]| site.run(&[&proof[..], more].concat()).await;
    let finding = "finding the provider";

    let nobody = run_with(&["--issuer", "https://127.0.0.1:1/issuer"]).await;
    nobody.refused().says(finding, "cannot be reached", "--issuer");
    let other = format!("{}/", site.issuer);
    let other = run_with(&["--issuer", &other]).await;
    other.refused().says(finding, "of that name", "exactly as the provider names itself");
    let no_address = run_with(&["--issuer", "localhost"]).await;
    no_address.refused().says(finding, "“localhost” is no https address", "--issuer");

    let strangers = wardkey_local_tls::Authority::generate().unwrap();
    fs::write(site.path("strangers.pem"), strangers.certificate_pem()).unwrap();
    let untrusted = run_with(&["--ca", &site.path("strangers.pem")]).await;
    untrusted.refused().says(finding, "is not trusted", "--ca");
    let reading = "reading the authorities of the provider";
    for file in ["nothing.pem", "secret.txt"] {
        let file = site.path(file);
        run_with(&["--ca", &file]).await.refused().says(reading, "", "--ca");
    }
}

#[tokio::test]
async fn an_application_that_the_provider_does_not_know_is_told_so() {
    let site = Site::new(["--client-secret-file", "secret.txt"]).await;
    let (secret, other, key) =
        (site.path("secret.txt"), site.path("other.txt"), site.path("key.pem"));
    let check = "the provider's check of the application";

    let elsewhere = site.run(&["--client-secret-file", &secret, "--listen", "127.0.0.1:0"]).await;
    elsewhere.refused().says(check, "“sample-application” that is at https://", "--registration");
    let nobody = site.run(&["--client-secret-file", &secret, "--client-id", "nobody"]).await;
    nobody.refused().says(check, "no application “nobody”", "--clients");
    for proof in [["--client-secret-file", other.as_str()], ["--client-key", key.as_str()]] {
        let ended = site.run(&proof).await;
        ended.refused().says(check, "proof of “sample-application”", "the secret or key");
        assert!(!format!("{ended:?}").contains("nobody else knows"), "{ended:?}");
    }
}

#[tokio::test]
async fn files_that_are_no_proof_are_named_and_so_is_a_port_in_use() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("empty.txt"), "\n").unwrap();
    let authority = path("authority");
    let begin = ["--json", "application", "--authority", &authority];
    let reading = "reading the client's secret or key";
    for (option, file, problem) in [
        ("--client-secret-file", "nothing.txt", "nothing.txt"),
        ("--client-secret-file", "empty.txt", "empty"),
        ("--client-key", "nothing.pem", "nothing.pem"),
        ("--client-key", "empty.txt", "PEM"),
    ] {
        let proof = [option, &path(file)];
        run(&[&begin[..], &proof].concat()).await.refused().says(reading, problem, "--client-key");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    fs::write(path("secret.txt"), SECRET).unwrap();
    let rest = ["--client-secret-file", &path("secret.txt"), "--listen", &address];
    let ended = run(&[&begin[..], &rest].concat()).await;
    ended.refused().says("starting the service", &address, "--listen 127.0.0.1:0");
}
