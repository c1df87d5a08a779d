//! A hybrid client that nobody here wrote, `rust-core/foreign-client`, at the workstation's place.

use std::path::Path;

use serde_json::json;
use tokio::process::Command;
use wardkey_bluez_standin::Advert;

use crate::{
    child::{Ended, Running},
    room::{Room, assert_silent, comes_to},
    town::{CLINICIAN, Challenge, keys},
};

/// Where `scripts/foreign-client` puts it.
const PROGRAM: &str =
    concat!(env!("CARGO_TARGET_TMPDIR"), "/../foreign-client/debug/wardkey-foreign-client");

impl Room {
    /// Starts the client on the workstation's machine, and gives its code.
    async fn show_foreign_code(&self, what: &str, challenge: &Challenge) -> (Running, String) {
        assert!(
            Path::new(PROGRAM).exists(),
            "{PROGRAM} is missing: build it with scripts/foreign-client"
        );
        // It checks the tunnel service's certificate for the name it was given.
        let (_, port) = self.town.tunnel_address.rsplit_once(':').unwrap();
        let mut client = Running::spawn(
            Command::new(PROGRAM)
                .args([what, &self.town.origin, &format!("wss://localhost:{port}")])
                .env("DBUS_SYSTEM_BUS_ADDRESS", self.workstation.bus_address())
                .env("SSL_CERT_FILE", &self.town.certificate),
        );
        client.hears(&json!({"publicKey": challenge.options}).to_string()).await;
        client.hears_no_more();
        let code = client.prints().await.expect("a code");
        (client, code)
    }

    /// Plays a ceremony to its end on both sides; the workstation does not scan any more afterwards.
    async fn play_foreign(&self, what: &str, challenge: &Challenge, user: &str) -> (Ended, Ended) {
        let (client, code) = self.show_foreign_code(what, challenge).await;
        comes_to(&self.workstation, "a scan", |now| now.scanners == 1).await;
        let mut phone = self.town.phone(user, &[&code]);
        while let Some(line) = phone.prints().await {
            if let Some(advert) = line.strip_prefix("ADVERT ") {
                self.hear(&hex::decode(advert).unwrap());
            }
        }
        let phone = phone.end().await;
        // Without a phone to meet, this client would wait for ever.
        assert!(phone.told.contains("waiting for the person to decide"), "{phone:?}");
        let ended = (phone, client.end().await);
        assert_silent(&self.workstation).await;
        ended
    }

    /// Lets the workstation hear an advert more than once, as a phone sends it: this client takes the
    /// first for news of a device, and reads only those that follow.
    fn hear(&self, advert: &[u8]) {
        for _ in 0..3 {
            self.air.transmit(Advert::of_service("5A:00:00:00:00:01", 0xfff9, advert));
        }
    }
}

fn response(client: &Ended) -> serde_json::Value {
    let [_code, response] = client.succeeded().printed.as_slice() else {
        panic!("a code and a response expected: {client:?}")
    };
    serde_json::from_str(response).unwrap()
}

fn assert_done(phone: &Ended, what: &str) {
    let last = phone.succeeded().printed.last();
    let last: serde_json::Value = serde_json::from_str(last.unwrap()).unwrap();
    assert_eq!(last["done"], what, "{phone:?}");
}

#[tokio::test]
async fn a_passkey_is_registered_and_signs_in() {
    let room = Room::open().await;
    let challenge = room.register_challenge().await;
    let (phone, client) = room.play_foreign("create", &challenge, "approve").await;
    assert_done(&phone, "created");
    let registered = room.town.verify("register", challenge, &response(&client)).await;
    assert_eq!(registered["attestation"]["verified"], true, "{registered}");
    assert_eq!(registered["flags"]["userVerified"], true, "{registered}");

    // This client never asks for a discoverable credential, so the sandbox has to name it.
    let named = json!({"userName": CLINICIAN, "allowList": true});
    let challenge = room.town.challenge("signin", named).await;
    let (phone, client) = room.play_foreign("get", &challenge, "approve").await;
    assert_done(&phone, "signed-in");
    let signed_in = room.town.verify("signin", challenge, &response(&client)).await;
    assert_eq!(signed_in["credentialId"], registered["credentialId"]);
    assert_eq!(signed_in["flags"]["userVerified"], true, "{signed_in}");
    assert_eq!(signed_in["signCount"], 1);
}

#[tokio::test]
async fn a_user_who_declines_leaves_no_key_and_silence() {
    let room = Room::open().await;
    let challenge = room.register_challenge().await;
    let (phone, client) = room.play_foreign("create", &challenge, "deny").await;
    phone.refused().says("the phone's ceremony", "the user declined", "start again");
    assert_eq!(client.code, Some(1), "{client:?}");
    assert!(client.told.contains("OperationDenied"), "{client:?}");
    assert_eq!(client.printed.len(), 1, "no response: {client:?}");
    assert_eq!(keys(&room.town.state()), 0);
}
