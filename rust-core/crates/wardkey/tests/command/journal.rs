//! What a service notes on standard error for whoever runs it.

use rustix::process::Signal;
use wardkey_core::hybrid::qr::QrCode;

use crate::{
    child::{Running, run},
    codes::good_code_of,
    town::{Town, meet, private_folder, start_service},
};

#[tokio::test]
async fn a_tunnel_service_tells_what_becomes_of_a_tunnel_and_not_its_whole_id() {
    let mut town = Town::build().await;
    let (workstation, code) = town.registering_workstation().await;
    let phone = town.phone("approve", &[&code]);
    let (phone, workstation) = meet(phone, workstation).await;
    phone.succeeded();
    workstation.succeeded();

    let id = hex::encode(QrCode::parse(&code).unwrap().secret.tunnel_id().0);
    for what in ["opened", "paired", "ended"] {
        let line = town.tunnel.tells(what).await;
        assert!(line.contains(&format!("tunnel={}…", &id[..4])), "{line}");
    }
    town.tunnel.signal(Signal::TERM);
    let ended = town.tunnel.end().await;
    assert!(!ended.told.to_lowercase().contains(&id[..8]), "{ended:?}");
    assert_eq!(ended.succeeded().printed.len(), 1, "what it notes is no result");
}

#[tokio::test]
async fn a_level_that_is_none_is_explained() {
    let folder = private_folder();
    let state = folder.path().to_str().unwrap();
    let list = ["--json", "phone", "list", "--state", state];
    let mut running = Running::start_with(&list, &[("WARDKEY_LOG", "wardkey=loudly")]);
    running.hears_no_more();
    running.end().await.refused().says("reading WARDKEY_LOG", "", "warn, info, debug or trace");
}

#[tokio::test]
async fn the_limits_of_a_tunnel_service_can_be_chosen() {
    let folder = private_folder();
    let authority = folder.path().join("authority");
    let serve = ["--listen", "127.0.0.1:0", "--authority", authority.to_str().unwrap()];
    let limits = ["--tunnels-per-peer", "1", "--minutes-to-pair", "9", "--idle-minutes", "9"];
    let (_service, on) =
        start_service(&[&["--json", "tunnel"], &serve[..], &limits[..]].concat()).await;
    let (address, certificate) =
        (on["listening"].as_str().unwrap(), on["certificate"].as_str().unwrap());
    let phone = |name: &str, secret: &str| {
        let state = folder.path().join(name).to_str().unwrap().to_owned();
        let code = good_code_of(secret);
        let scan = ["--json", "phone", "scan", &code, "--user", "approve", "--state", &state];
        let network = ["--radio", "lines", "--tunnel", address, "--ca", certificate];
        Running::start(&[&scan[..], &network].concat())
    };
    let mut first = phone("first", "1d");
    assert!(first.prints().await.unwrap().starts_with("ADVERT "), "it has its tunnel");
    let mut second = phone("second", "2d");
    second.hears_no_more();
    second.end().await.refused().says("opening the tunnel", "HTTP status 429", "");

    for wrong in [["--tunnels-per-peer", "0"], ["--idle-minutes", "0"], ["--minutes-to-pair", "x"]]
    {
        let ended = run(&[&["tunnel"], &serve[..], &wrong].concat()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}
