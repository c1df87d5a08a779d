//! A workstation whose phone leads it to a bad tunnel, or which hears no phone at all.

use serde_json::{Value, json};
use wardkey_core::hybrid::{
    eid::Eid,
    qr::QrCode,
    tunnel::{RoutingId, TunnelDomain},
};

use crate::{
    child::{Ended, Running},
    fake::{Answer, Fake, bad_frames},
    town::{QUICK_RESOLVER, code, private_folder},
};

const ORIGIN: &str = "https://www.example.org";
const OPENING: &str = "opening the tunnel";
const JOINED: &str = "Sec-WebSocket-Protocol: fido.cable\r\n";

fn request_options() -> Value {
    json!({"challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rpId": "example.org"})
}

/// A workstation that signs in through `tunnel`.
struct Desk {
    running: Running,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn sit_down(tunnel: &str, certificate: Option<&str>) -> Self {
        let folder = private_folder();
        let options = folder.path().join("options.json");
        std::fs::write(&options, request_options().to_string()).unwrap();
        let begin = ["--json", "workstation", "get", "--origin", ORIGIN, "--radio", "lines"];
        let how = ["--options", options.to_str().unwrap(), "--tunnel", tunnel];
        let trust = certificate.map_or(vec![], |certificate| vec!["--ca", certificate]);
        let arguments = [&begin[..], &how, &trust].concat();
        Self { running: Running::start_with(&arguments, &[QUICK_RESOLVER]), _folder: folder }
    }

    /// Hears the advert of a phone that waits at a tunnel of `domain`.
    async fn hear_phone_at(&mut self, domain: TunnelDomain) {
        let scanned = QrCode::parse(&code(&mut self.running).await).unwrap();
        let eid = Eid { nonce: [7; 10], routing_id: RoutingId([1, 2, 3]), domain };
        let advert = scanned.secret.eid_key().encrypt(&eid);
        self.running.hears(&format!("ADVERT {advert}")).await;
    }
}

async fn end_at(tunnel: &str, certificate: Option<&str>, domain: TunnelDomain) -> Ended {
    let mut desk = Desk::sit_down(tunnel, certificate);
    desk.hear_phone_at(domain).await;
    desk.running.end().await
}

async fn end_at_fake(fake: &Fake, answer: Answer) -> Ended {
    let (ended, head) = end_at_fake_of(TunnelDomain::DEFAULT, fake, answer).await;
    if !head.is_empty() {
        let id =
            head.strip_prefix("GET /cable/connect/010203/").unwrap().split(' ').next().unwrap();
        assert!(!format!("{ended:?}").contains(id), "the tunnel id is a secret");
    }
    ended
}

/// How it ends where the phone waits at a tunnel of `domain`, and the head of the request that came.
async fn end_at_fake_of(domain: TunnelDomain, fake: &Fake, answer: Answer) -> (Ended, String) {
    let (address, certificate) = (fake.address(), fake.certificate());
    tokio::join!(end_at(&address, Some(&certificate), domain), fake.serve(answer))
}

#[tokio::test]
async fn nobody_at_the_address() {
    let ended = end_at("127.0.0.1:1", None, TunnelDomain::DEFAULT).await;
    ended.refused().says(OPENING, "could not be reached", "check that a tunnel service runs there");
    for name in ["tunnel.invalid:443", &format!("{}.invalid:443", "a".repeat(64))] {
        let refused = end_at(name, None, TunnelDomain::DEFAULT).await.refused();
        refused.says(OPENING, "name was not found", "check that a tunnel service runs there");
        refused.says(OPENING, name, "the Internet connection");
    }
}

#[tokio::test]
async fn the_phone_chooses_the_name_that_must_be_in_the_certificate() {
    let fake = Fake::start("cable.ua5v.com").await;
    let domain = TunnelDomain::new(266).unwrap();
    let (ended, head) = end_at_fake_of(domain, &fake, Answer::status(404)).await;
    ended.refused().says(OPENING, &domain.name(), "intercept");
    assert!(head.is_empty(), "nothing is said to a service that is not trusted");
}

/// The address is the one given, whatever the domain; every name is the domain's.
#[tokio::test]
async fn a_tunnel_of_another_domain_is_asked_for_by_its_name() {
    let domain = TunnelDomain::new(266).unwrap();
    let fake = Fake::start(&domain.name()).await;
    let (ended, head) = end_at_fake_of(domain, &fake, Answer::status(404)).await;
    ended.refused().says(OPENING, "HTTP status 404", "the code expired");
    assert!(head.starts_with("GET /cable/connect/010203/"), "{head}");
    assert_eq!(values(&head, "Host"), [domain.name()], "{head}");
    assert_eq!(values(&head, "Origin"), [format!("wss://{}", domain.name())], "{head}");
}

fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    pairs.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn answers_that_open_no_tunnel() {
    let fake = Fake::start("cable.ua5v.com").await;
    let cases = [
        (Answer::status(404), "HTTP status 404", "the code expired"),
        (Answer::status(410), "HTTP status 410", "the code expired"),
        (Answer::status(409), "HTTP status 409", "another device"),
        (Answer::status(500), "HTTP status 500", "try again later"),
        (Answer::WebSocket("", vec![]), "does not speak fido.cable", "try again later"),
    ];
    for (answer, problem, remedy) in cases {
        end_at_fake(&fake, answer).await.refused().says(OPENING, problem, remedy);
    }
}

#[tokio::test]
async fn frames_that_no_phone_sends() {
    let fake = Fake::start("cable.ua5v.com").await;
    for (frames, problem, remedy) in bad_frames() {
        let ended = end_at_fake(&fake, Answer::WebSocket(JOINED, frames)).await;
        ended.refused().says("agreeing on keys", problem, remedy);
    }
}

#[tokio::test]
async fn a_radio_that_makes_no_sense() {
    let hex = "5a".repeat(20);
    for (line, problem) in [
        ("hello".to_owned(), "\"hello\""),
        (format!("ADVERT {}", &hex[2..]), "40 hexadecimal digits"),
        (format!("ADVERT {hex} {hex}"), "40 hexadecimal digits"),
        ("x".repeat(5000), "more than 1024 bytes"),
    ] {
        let mut desk = Desk::sit_down("127.0.0.1:1", None);
        desk.running.hears(&line).await;
        let ended = desk.running.end().await;
        ended.refused().says("showing the code", problem, "wardkey phone scan --radio lines");
    }
}

#[tokio::test]
async fn a_machine_without_bluetooth() {
    let folder = private_folder();
    let options = folder.path().join("options.json");
    std::fs::write(&options, request_options().to_string()).unwrap();
    let begin = ["--json", "workstation", "get", "--origin", ORIGIN, "--radio", "bluetooth"];
    let options = ["--options", options.to_str().unwrap()];
    let no_bus = [("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")];
    let ended = Running::start_with(&[&begin[..], &options].concat(), &no_bus).end().await;
    let refused = ended.refused();
    if cfg!(feature = "bluetooth") {
        refused.says("showing the code", "no connection to the D-Bus system bus", "Bluetooth");
    } else {
        refused.says("preparing the connection", "without Bluetooth", "--radio lines");
        assert!(!ended.told.contains("FIDO:/"), "{}", ended.told);
    }
}

#[tokio::test]
async fn a_radio_that_ends() {
    let mut desk = Desk::sit_down("127.0.0.1:1", None);
    desk.running.hears("STOP").await;
    desk.running.hears_no_more();
    let ended = desk.running.end().await;
    ended.refused().says("showing the code", "the input ended", "wardkey phone scan --radio lines");
}
