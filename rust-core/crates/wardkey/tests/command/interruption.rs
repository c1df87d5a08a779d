//! Ctrl-C, and parts that go away in the middle: an end in good order, and no key left behind.

use rustix::process::Signal;
use serde_json::json;

use crate::town::{Town, keys, meet, overhear};

#[tokio::test]
async fn an_interrupted_phone_stops_its_advert() {
    for signal in [Signal::INT, Signal::TERM] {
        let town = Town::build().await;
        let (_workstation, code) = town.registering_workstation().await;
        let mut phone = town.phone("approve", &[&code]);
        assert!(phone.prints().await.unwrap().starts_with("ADVERT "));
        phone.signal(signal);
        let phone = phone.end().await;
        assert_eq!(phone.printed[1], "STOP");
        phone.refused().says(
            "waiting for the workstation to notice this phone",
            "the ceremony was cancelled",
            "a new code",
        );
        assert_eq!(keys(&town.state()), 0);
    }
}

#[tokio::test]
async fn a_phone_interrupted_at_its_prompt_keeps_no_key() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    let mut phone = town.phone("ignore", &["--patience", "600", &code]);
    overhear(&mut phone, &mut workstation).await;
    phone.tells("waiting for the person to decide").await;
    phone.signal(Signal::INT);
    let (phone, workstation) = meet(phone, workstation).await;
    phone.refused().says(
        "waiting for the person to decide",
        "the ceremony was cancelled",
        "a new code",
    );
    assert_eq!(keys(&town.state()), 0);
    workstation.refused().says("waiting for the phone's answer", "", "a new code");
}

#[tokio::test]
async fn an_interrupted_workstation_says_so() {
    for signal in [Signal::INT, Signal::TERM] {
        let town = Town::build().await;
        let (mut workstation, _) = town.registering_workstation().await;
        workstation.tells("showing the code").await;
        workstation.signal(signal);
        let ended = workstation.end().await;
        ended.refused().says("showing the code", "the ceremony was cancelled", "a new code");
        assert_eq!(ended.printed.len(), 1, "no response: {ended:?}");
    }
}

#[tokio::test]
async fn a_workstation_interrupted_in_mid_command_ends_the_phones_prompt() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    let mut phone = town.phone("ignore", &["--patience", "600", &code]);
    overhear(&mut phone, &mut workstation).await;
    phone.tells("waiting for the person to decide").await;
    workstation.tells("waiting for the phone's answer").await;
    workstation.signal(Signal::INT);
    let (phone, workstation) = meet(phone, workstation).await;
    workstation.refused().says("waiting for the phone's answer", "cancelled", "a new code");
    phone.refused().says("waiting for the person to decide", "the other device", "a new code");
    assert_eq!(keys(&town.state()), 0);
}

#[tokio::test]
async fn a_tunnel_service_that_ends_in_mid_command_is_blamed() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    let mut phone = town.phone("ignore", &["--patience", "600", &code]);
    overhear(&mut phone, &mut workstation).await;
    phone.tells("waiting for the person to decide").await;
    town.tunnel.signal(Signal::TERM);
    let (phone, workstation) = meet(phone, workstation).await;
    let cut = "the connection through the tunnel service was cut";
    phone.refused().says("waiting for the person to decide", cut, "a new code");
    workstation.refused().says("waiting for the phone's answer", cut, "a new code");
    assert_eq!(keys(&town.state()), 0);
    town.tunnel.end().await.succeeded();
}

#[tokio::test]
async fn a_phone_that_is_gone_is_missed() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    let mut phone = town.phone("ignore", &["--patience", "600", &code]);
    overhear(&mut phone, &mut workstation).await;
    workstation.tells("waiting for the phone's answer").await;
    phone.signal(Signal::KILL);
    assert_eq!(phone.end().await.code, None);
    workstation.end().await.refused().says("waiting for the phone's answer", "", "a new code");

    // What a killed phone left is gone when the next one starts, and the folder is free.
    let challenge = town.challenge("register", json!({"userName": "other@example.org"})).await;
    let (phone, _) = town.play("create", &challenge.options, "approve").await;
    phone.succeeded();
    assert_eq!(keys(&town.state()), 1);
}
