//! A client nobody here wrote: openid-client, from npm.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
    time::timeout,
};
use wardkey_local_tls::Authority;
use wardkey_register::Database;
use wardkey_sandbox::{Clients, Settings};

use super::world::{BACK, BASE, End, SECRET, follow};
use crate::{
    browser::{Browser, passkey_of},
    common::{Running, start_by},
    databases::on_both,
};

const BYE: &str = "https://ward.example.org/bye";

/// Installing may fetch packages.
const PATIENCE: Duration = Duration::from_mins(3);

/// Who may use the folder of the client's packages.
static TURN: Mutex<()> = Mutex::const_new(());

/// The client as a process of its own.
struct Client {
    process: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Puts the packages of the lock file into the build's own folder.
async fn installed() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openid-client");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["package.json", "package-lock.json", ".npmrc", "client.mjs"] {
        std::fs::copy(source.join(name), folder.join(name)).unwrap();
    }
    let npm = Command::new("npm")
        .args(["ci", "--prefer-offline", "--loglevel=error"])
        .current_dir(&folder)
        .output();
    let npm = timeout(PATIENCE, npm).await.expect("npm ends").expect("npm is installed");
    assert!(npm.status.success(), "{}", String::from_utf8_lossy(&npm.stderr));
    folder
}

impl Client {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new("node")
            .arg("client.mjs")
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

async fn sandbox(database: &Database, authority: &Authority, ready: &Value) -> Running {
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
    let settings = Settings {
        database: Some(database.clone()),
        clients: Clients::from_json(clients.to_string().as_bytes()).unwrap(),
        ..Settings::default()
    };
    start_by(settings, authority).await
}

on_both!(openid_client_signs_in_refreshes_and_hears_of_the_end);

async fn openid_client_signs_in_refreshes_and_hears_of_the_end(database: Database) {
    let _turn = TURN.lock().await;
    let folder = installed().await;
    let authority = Authority::generate().unwrap();
    std::fs::write(folder.join("ca.pem"), authority.certificate_pem()).unwrap();
    let mut client = Client::start(&folder);
    let ready = client.next().await["ready"].clone();
    let running = sandbox(&database, &authority, &ready).await;
    let mut phone = passkey_of(&database, "ward.one@example.org", 3).await.at(&running);
    client.tell(&json!({ "issuer": format!("{}{BASE}", running.origin), "secret": SECRET })).await;

    let mut browser = Browser::new(&running);
    let mut rounds = 0;
    loop {
        let order = client.next().await;
        let local =
            |url: &Value| url.as_str().unwrap().strip_prefix(&running.origin).unwrap().to_owned();
        if order["done"] == true {
            break;
        } else if order["go"].is_string() {
            let End::Away(parameters) =
                follow(&mut browser, &mut phone, &local(&order["go"])).await
            else {
                panic!("{order}")
            };
            let back = url::Url::parse_with_params(BACK, parameters).unwrap();
            client.tell(&json!({ "back": back })).await;
        } else {
            let answer = browser.get(&local(&order["leave"])).await;
            client.tell(&json!({ "bye": answer.headers("location")[0] })).await;
            rounds += 1;
        }
    }
    assert_eq!(rounds, 3);
    assert!(client.process.wait().await.unwrap().success());
}
