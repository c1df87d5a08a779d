//! Tunnel services as a phone must not find them: none, not trusted, broken, hostile.

use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpListener, process::Command};

use crate::{
    child::{Ended, Running},
    codes::good_code,
    fake::{Answer, Fake, GOOD, bad_frames},
    town::{QUICK_RESOLVER, keys, private_folder},
};

const OPENING: &str = "opening the tunnel";

/// Lets a phone meet at `tunnel`, trusting the authority in the file `certificate` if there is one.
async fn scan(tunnel: &str, certificate: Option<&str>) -> Ended {
    scan_by(&[], tunnel, certificate).await
}

/// The same, with another program to run the phone.
async fn scan_by(runner: &[&str], tunnel: &str, certificate: Option<&str>) -> Ended {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let code = good_code();
    let phone = env!("CARGO_BIN_EXE_wardkey");
    let begin = [phone, "--json", "phone", "scan", &code, "--radio", "lines", "--user", "approve"];
    let to = ["--tunnel", tunnel, "--state", state.to_str().unwrap()];
    let trust = certificate.map_or(vec![], |certificate| vec!["--ca", certificate]);
    let words = [runner, &begin, &to, &trust].concat();
    let mut command = Command::new(words[0]);
    // However much is told, no secret is.
    let telling_all = ("WARDKEY_LOG", "trace");
    let mut running = Running::spawn(command.args(&words[1..]).envs([telling_all, QUICK_RESOLVER]));
    running.hears_no_more();
    let ended = running.end().await;
    assert_eq!(keys(&state), 0);
    ended
}

/// Checks that nothing was on the air.
fn never_advertised(ended: &Ended) {
    assert_eq!(ended.printed.len(), 1, "{ended:?}");
}

async fn scan_at(fake: &Fake, answer: Answer) -> Ended {
    let (address, certificate) = (fake.address(), fake.certificate());
    let (ended, head) = tokio::join!(scan(&address, Some(&certificate)), fake.serve(answer));
    if let Some((_, id)) = head.split_once("/cable/new/") {
        let id = id.split(' ').next().unwrap();
        assert!(!format!("{ended:?}").contains(id), "the tunnel id is a secret");
    }
    ended
}

#[tokio::test]
async fn a_name_without_an_address() {
    // The first is never given one (RFC 6761 §6.4); no resolver is asked for a label as long as the second's.
    for name in ["tunnel.invalid:443", &format!("{}.invalid:443", "a".repeat(64))] {
        let ended = scan(name, None).await;
        let refused = ended.refused();
        refused.says(OPENING, "name was not found", "check that a tunnel service runs there");
        refused.says(OPENING, name, "the Internet connection");
        never_advertised(&ended);
    }
}

/// A machine without a network cannot tell whether the name exists, and people are told the same.
#[tokio::test]
async fn a_name_that_nobody_can_be_asked_about() {
    let offline = ["--trace=connect", "--inject=connect:error=ENETUNREACH"];
    let strace = ["strace", "--quiet=all", "--follow-forks", "--output=/dev/null"];
    let strace = [&strace[..], &offline, &["--"]].concat();
    let ended = scan_by(&strace, "tunnel.example.org:443", None).await;
    let refused = ended.refused();
    refused.says(OPENING, "name was not found", "check that a tunnel service runs there");
    refused.says(OPENING, "tunnel.example.org:443", "the Internet connection");
    never_advertised(&ended);
}

#[tokio::test]
async fn nobody_at_the_address() {
    let ended = scan("127.0.0.1:1", None).await;
    let refused = ended.refused();
    refused.says(OPENING, "could not be reached", "check that a tunnel service runs there");
    refused.says(OPENING, "127.0.0.1:1", "the Internet connection");
    never_advertised(&ended);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority() {
    let fake = Fake::start("cable.ua5v.com").await;
    let address = fake.address();
    let (ended, _) = tokio::join!(scan(&address, None), fake.serve(Answer::status(404)));
    ended.refused().says(OPENING, "certificate is not trusted", "--ca");
    never_advertised(&ended);
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let fake = Fake::start("cable.example.org").await;
    let ended = scan_at(&fake, Answer::status(404)).await;
    ended.refused().says(OPENING, "cable.ua5v.com", "intercept");
    never_advertised(&ended);
}

#[tokio::test]
async fn a_service_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    };
    let (ended, _stream) = tokio::join!(scan(&address, None), answer);
    ended.refused().says(OPENING, "no secure connection", "try again later");
    never_advertised(&ended);
}

#[tokio::test]
async fn answers_that_open_no_tunnel() {
    let fake = Fake::start("cable.ua5v.com").await;
    let subprotocol_alone = "Sec-WebSocket-Protocol: fido.cable\r\n";
    let cases = [
        (Answer::status(404), "HTTP status 404", "the code expired"),
        (Answer::status(410), "HTTP status 410", "the code expired"),
        (Answer::status(409), "HTTP status 409", "with one phone"),
        (Answer::status(429), "HTTP status 429", "try again later"),
        (Answer::status(503), "HTTP status 503", "try again later"),
        (Answer::Bytes("SSH-2.0-x\r\n\r\n".into()), "does not speak WebSocket", "try again later"),
        (Answer::WebSocket("", vec![]), "does not speak fido.cable", "try again later"),
        (
            Answer::WebSocket("Sec-WebSocket-Protocol: chat\r\n", vec![]),
            "does not speak fido.cable",
            "try again later",
        ),
        (Answer::WebSocket(subprotocol_alone, vec![]), "no routing id", "try again later"),
    ];
    for (answer, problem, remedy) in cases {
        let ended = scan_at(&fake, answer).await;
        ended.refused().says(OPENING, problem, remedy);
        never_advertised(&ended);
    }
}

#[tokio::test]
async fn frames_that_no_workstation_sends() {
    let fake = Fake::start("cable.ua5v.com").await;
    for (frames, problem, remedy) in bad_frames() {
        let ended = scan_at(&fake, Answer::WebSocket(GOOD, frames)).await;
        let refused = ended.refused();
        let stage = match problem {
            "handshake does not match the code" => "agreeing on keys",
            _ => "waiting for the workstation to notice this phone",
        };
        refused.says(stage, problem, remedy);
        // What came at once may have come before the advert, but none is left on the air.
        let radio: Vec<_> = ended
            .printed
            .iter()
            .filter(|line| serde_json::from_str::<Value>(line).is_err())
            .collect();
        match radio.as_slice() {
            [] => {}
            [advert, stop] => assert!(advert.starts_with("ADVERT ") && *stop == "STOP"),
            _ => panic!("{ended:?}"),
        }
    }
}

#[tokio::test]
async fn an_authority_that_is_none() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let text = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
    text("empty.pem", "");
    text("text.pem", "not a certificate");
    text("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    text("wrong.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (name, problem) in [
        ("empty.pem", "no certificate"),
        ("text.pem", "no certificate"),
        ("cut.pem", "PEM"),
        ("wrong.pem", "cannot be used"),
        ("missing.pem", "missing.pem: No such file"),
    ] {
        let ended = scan("127.0.0.1:1", Some(&path(name))).await;
        ended.refused().says("preparing the connection", problem, "after --ca");
    }
}
