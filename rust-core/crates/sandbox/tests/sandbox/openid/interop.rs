//! A client nobody here wrote: openid-client, from npm.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use wardkey_core::{attestation::verdict::Policy, authenticator::AttestationFormat};
use wardkey_local_tls::Authority;
use wardkey_register::Database;
use wardkey_sandbox::{Clients, Settings};

use super::{
    levels::{TRIAL, hand_in, without_hardware},
    world::{BACK, BASE, End, SECRET, follow},
};
use crate::{
    browser::{Browser, passkey_of},
    common::{Running, start_by},
    core_phone::CorePhone,
    databases::on_both,
    enrolment::{CLINICIAN, Visitor, World},
    packages::Packages,
};

const BYE: &str = "https://ward.example.org/bye";

/// What a client does takes a moment.
const PATIENCE: Duration = Duration::from_mins(3);

/// The client as a process of its own.
struct Client {
    process: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// Begins with this play of it.
    fn start(folder: &Path, play: &str) -> Self {
        let mut process = Command::new("node")
            .args(["client.mjs", play])
            .current_dir(folder)
            .env("NODE_EXTRA_CA_CERTS", folder.join("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed");
        let orders = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, orders, lines }
    }

    async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("a line in time");
        let line = line.unwrap().expect("the client goes on; its words are above");
        serde_json::from_str(&line).unwrap()
    }

    async fn tell(&mut self, answer: &Value) {
        self.orders.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    }
}

/// What a sandbox is started with for the client that is ready.
fn settings(database: &Database, ready: &Value) -> Settings {
    let client = |id: &str, method: &str, proof: (&str, Value)| {
        let mut client = json!({
            "client_id": id, "token_endpoint_auth_method": method, "redirect_uris": [BACK],
            "post_logout_redirect_uris": [BYE], "backchannel_logout_uri": ready["logout"],
        });
        client[proof.0] = proof.1;
        client
    };
    let clients = json!({ "clients": [
        client("basic", "client_secret_basic", ("client_secret", json!(SECRET))),
        client("post", "client_secret_post", ("client_secret", json!(SECRET))),
        client("keys", "private_key_jwt", ("jwks", json!({ "keys": [ready["jwk"]] }))),
    ] });
    Settings {
        database: Some(database.clone()),
        clients: Clients::from_json(clients.to_string().as_bytes()).unwrap(),
        ..Settings::default()
    }
}

/// The path of an address of this sandbox.
fn local(running: &Running, url: &Value) -> String {
    url.as_str().unwrap().strip_prefix(&running.origin).unwrap().to_owned()
}

/// Where a user came back to the application.
fn back(end: End) -> Value {
    json!({ "back": url::Url::parse_with_params(BACK, end.away()).unwrap() })
}

on_both!(
    openid_client_signs_in_refreshes_and_hears_of_the_end,
    openid_client_is_refused_level_3_until_the_user_steps_up,
);

async fn openid_client_signs_in_refreshes_and_hears_of_the_end(database: Database) {
    let packages = Packages::installed().await;
    let folder = packages.folder();
    let authority = Authority::generate().unwrap();
    std::fs::write(folder.join("ca.pem"), authority.certificate_pem()).unwrap();
    let mut client = Client::start(folder, "rounds");
    let ready = client.next().await["ready"].clone();
    let running = start_by(settings(&database, &ready), &authority).await;
    let mut phone = passkey_of(&database, "ward.one@example.org", 3).await.at(&running);
    client.tell(&json!({ "issuer": format!("{}{BASE}", running.origin), "secret": SECRET })).await;

    let mut browser = Browser::new(&running);
    let mut rounds = 0;
    loop {
        let order = client.next().await;
        if order["done"] == true {
            break;
        } else if order["go"].is_string() {
            let end = follow(&mut browser, &mut phone, &local(&running, &order["go"])).await;
            client.tell(&back(end)).await;
        } else {
            let answer = browser.get(&local(&running, &order["leave"])).await;
            client.tell(&json!({ "bye": answer.headers("location")[0] })).await;
            rounds += 1;
        }
    }
    assert_eq!(rounds, 3);
    assert!(client.process.wait().await.unwrap().success());
}

async fn openid_client_is_refused_level_3_until_the_user_steps_up(database: Database) {
    let packages = Packages::installed().await;
    let folder = packages.folder();
    let authority = Authority::generate().unwrap();
    std::fs::write(folder.join("ca.pem"), authority.certificate_pem()).unwrap();
    let mut client = Client::start(folder, "levels");
    let ready = client.next().await["ready"].clone();
    let (mut strong, phones) = CorePhone::new(AttestationFormat::AndroidKey).await;
    let settings = Settings {
        policy: Policy::parse(TRIAL).unwrap(),
        trusted_roots: phones.trusted_roots,
        ..settings(&database, &ready)
    };
    let running = start_by(settings.clone(), &authority).await;
    let world = World { running, database, phone: None, settings };
    let running = &world.running;
    let mut desk = world.authority("desk.a@example.org").await;
    let mut weak = without_hardware(&running.origin, "packed");
    let (id, _) = hand_in(&world, &mut desk, &mut weak).await;
    desk.say(&id, "confirm").await;
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(running, &link).register(&mut strong).await;
    desk.say(&id, "confirm").await;
    client.tell(&json!({ "issuer": format!("{}{BASE}", running.origin), "secret": SECRET })).await;

    let mut browser = Browser::new(running);
    let mut taken = Vec::new();
    loop {
        let order = client.next().await;
        if order["done"] == true {
            break;
        }
        let way = local(running, &order["go"]);
        let phone = order["phone"].as_str().unwrap().to_owned();
        let end = match phone.as_str() {
            "weak" => follow(&mut browser, &mut weak, &way).await,
            _ => follow(&mut browser, &mut strong, &way).await,
        };
        client.tell(&back(end)).await;
        taken.push(phone);
    }
    assert_eq!(taken, ["weak", "weak", "strong"]);
    assert!(client.process.wait().await.unwrap().success());
}
