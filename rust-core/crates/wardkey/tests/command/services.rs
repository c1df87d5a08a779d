//! `wardkey tunnel` and `wardkey sandbox` from start to end.

use std::fs;

use rustix::process::Signal;

use crate::{
    child::{Running, run},
    town::{browser, private_folder, start_service},
};

#[tokio::test]
async fn a_service_says_where_it_is_and_ends_when_told() {
    let folder = private_folder();
    let authority = folder.path().join("authority");
    let authority = authority.to_str().unwrap();
    for (service, page) in [("tunnel", "healthz"), ("sandbox", "signin")] {
        for signal in [Signal::INT, Signal::TERM] {
            let (service, ready) = start_service(&[
                "--json",
                service,
                "--listen",
                "127.0.0.1:0",
                "--authority",
                authority,
            ])
            .await;
            let listening: std::net::SocketAddr =
                ready["listening"].as_str().unwrap().parse().unwrap();
            assert_ne!(listening.port(), 0);
            let origin = ready["origin"].as_str().unwrap();
            assert_eq!(origin, format!("https://localhost:{}", listening.port()));
            let client = browser(ready["certificate"].as_str().unwrap());
            let response = client.get(format!("{origin}/{page}")).send().await.unwrap();
            assert!(response.status().is_success(), "{response:?}");

            service.signal(signal);
            let ended = service.end().await;
            assert_eq!(ended.succeeded().printed.len(), 1, "{ended:?}");
        }
    }
}

#[tokio::test]
async fn people_are_told_what_clients_need() {
    let folder = private_folder();
    let authority = folder.path().join("authority");
    let authority = authority.to_str().unwrap();
    for (service, hint) in [("tunnel", "--tunnel 127.0.0.1:"), ("sandbox", "wardkey phone root")] {
        let mut running =
            Running::start(&[service, "--listen", "127.0.0.1:0", "--authority", authority]);
        running.tells("Stop it with Ctrl-C").await;
        running.tells(&format!("--ca {authority}/ca.pem")).await;
        running.tells(hint).await;
        running.signal(Signal::INT);
        assert!(running.end().await.succeeded().printed.is_empty());
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let folder = private_folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let authority = folder.path().to_str().unwrap();
    for service in ["tunnel", "sandbox"] {
        let ended = run(&["--json", service, "--listen", &address, "--authority", authority]).await;
        ended.refused().says("starting the service", &address, "--listen 127.0.0.1:0");
    }
}

#[tokio::test]
async fn files_that_are_no_certificates_are_named() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (nothing, text) = (path("nothing.pem"), path("text.pem"));
    fs::write(&text, "not a certificate").unwrap();
    for file in [&nothing, &text] {
        let listen = ["--listen", "127.0.0.1:0", "--authority", &path("authority")];
        let trusting = [&["--json", "sandbox", "--trust", file], &listen[..]].concat();
        run(&trusting).await.refused().says(
            "reading the trusted roots",
            file,
            "wardkey phone root",
        );
        let own = ["--json", "tunnel", "--certificate", file, "--key", file];
        run(&[&own[..], &listen].concat()).await.refused().says(
            "reading the certificates",
            file,
            "--certificate",
        );
    }
}

#[tokio::test]
async fn applications_are_let_in_and_unusable_ones_named() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (nothing, bad, good) = (path("nothing.json"), path("bad.json"), path("good.json"));
    let entry = |address: &str| {
        format!(
            r#"{{"clients": [{{"client_id": "ward", "client_secret": "0123456789abcdef",
                "redirect_uris": ["{address}"]}}]}}"#
        )
    };
    fs::write(&bad, entry("http://ward.example.org/")).unwrap();
    fs::write(&good, entry("https://ward.example.org/")).unwrap();
    let authority = path("authority");
    let listen = ["--listen", "127.0.0.1:0", "--authority", &authority];
    for (file, named) in [(&nothing, "nothing.json"), (&bad, "must be https")] {
        let arguments = [&["--json", "sandbox", "--clients", file], &listen[..]].concat();
        run(&arguments).await.refused().says("reading the clients", named, "--clients");
    }
    let arguments = [&["--json", "sandbox", "--application-ca", &nothing], &listen[..]].concat();
    run(&arguments).await.refused().says(
        "reading the authorities of applications",
        "nothing.json",
        "--application-ca",
    );
    let arguments = [&["--json", "sandbox", "--clients", &good], &listen[..]].concat();
    let (service, ready) = start_service(&arguments).await;
    let client = browser(ready["certificate"].as_str().unwrap());
    let issuer = ready["issuer"].as_str().unwrap();
    let found = client.get(format!("{issuer}/.well-known/openid-configuration")).send().await;
    let found: serde_json::Value = found.unwrap().json().await.unwrap();
    assert_eq!(found["issuer"], issuer);
    service.signal(Signal::INT);
    service.end().await.succeeded();
}
