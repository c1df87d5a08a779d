//! A sandbox that is told its database by `DATABASE_URL`, as one behind a load balancer is.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};
use wardkey_register::{AuthenticatorState, Database, testing::Fresh};

use crate::{
    child::{Running, run},
    port::Port,
    registering::{AUTHORITY, root_of},
    town::private_folder,
};

/// PostgreSQL trusts who reaches it here; a password that it does not ask for must show up nowhere all the same.
const PASSWORD: &str = "the-passphrase-of-the-register";

const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/policies/test.json");

#[tokio::test]
async fn a_register_on_postgresql_outlives_its_sandboxes() {
    let fresh = Fresh::postgres().await;
    let mut url = reqwest::Url::parse(fresh.url()).unwrap();
    url.set_password(Some(PASSWORD)).unwrap();
    let variables = [("DATABASE_URL", url.as_str())];
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("root.pem"), root_of(&path("phone")).await).unwrap();
    let port = Port::reserve();
    let start = async || {
        let (root, authority) = (path("root.pem"), path("authority"));
        let begin = ["--json", "sandbox", "--listen", &port.address, "--authority", &authority];
        let more = ["--trust", &root, "--policy", POLICY];
        let mut sandbox = Running::start_with(&[&begin[..], &more].concat(), &variables);
        let ready = sandbox.prints().await.expect("a line when it serves");
        (sandbox, serde_json::from_str::<Value>(&ready).unwrap())
    };

    let (sandbox, ready) = start().await;
    let links = ready["links"].as_array().unwrap();
    let mine = links.iter().find(|link| link["name"] == AUTHORITY).unwrap();
    let (state, certificate) = (path("phone"), ready["certificate"].as_str().unwrap().to_owned());
    let link = mine["url"].as_str().unwrap();
    let open = ["--json", "phone", "open", link, "--state", &state, "--user", "approve"];
    run(&[&open[..], &["--ca", &certificate]].concat()).await.succeeded();
    sandbox.signal(Signal::KILL);
    let killed = sandbox.end().await;

    // What it did is in that database, and nowhere else.
    let database = Database::open_existing(fresh.url()).await.unwrap();
    let person = database.person_by_name(AUTHORITY).await.unwrap().unwrap();
    let kept = database.authenticators_of(&person.id).await.unwrap();
    let states: Vec<_> = kept.iter().map(|one| one.state).collect();
    assert_eq!(states, [AuthenticatorState::Active]);
    let begin = ["--json", "evidence", "verify"];
    let found = Running::start_with(&begin, &variables).end().await.succeeded().json();
    assert_eq!(found["register"], json!({ "active": 1, "unbound": 0, "deviations": [] }));

    let (sandbox, ready) = start().await;
    let links = ready["links"].as_array().unwrap();
    assert!(links.iter().all(|link| link["name"] != AUTHORITY), "they can sign in: {ready}");
    sandbox.signal(Signal::TERM);
    let ended = sandbox.end().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for ended in [killed, ended] {
        let said = [ended.told, ended.printed.concat()].concat();
        assert!(!said.contains(PASSWORD), "{said}");
    }
}
