//! Ceremonies over Bluetooth, and what becomes of them when one machine's Bluetooth fails.

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{sync::broadcast::Receiver, time::timeout};
use wardkey_bluez_standin::{ErrorName, Event, Faults, Machine};

use crate::{
    child::{Ended, PATIENCE},
    room::{Room, assert_silent, comes_to},
    town::{CLINICIAN, Challenge, keys},
};

const ADVERTISING: &str = "waiting for the workstation to notice this phone";
const SCANNING: &str = "showing the code";

/// What can become of a machine's Bluetooth.
#[derive(Clone, Copy, Debug)]
enum Misfortune {
    Off,
    Blocked,
    Unplugged,
    Mute,
    NotRunning,
}

/// Each with the problem and the remedy that are told, and worse than the one before.
const MISFORTUNES: [(Misfortune, &str, &str); 5] = [
    (Misfortune::Off, "Bluetooth is off on this machine", "bluetoothctl power on"),
    (Misfortune::Blocked, "blocked by rfkill on this machine", "rfkill unblock bluetooth"),
    (Misfortune::Unplugged, "no Bluetooth adapter on this machine", "plug one in"),
    (Misfortune::Mute, "service does not answer on this machine", "systemctl restart bluetooth"),
    (Misfortune::NotRunning, "service is not running on this machine", "systemctl start bluetooth"),
];

impl Misfortune {
    async fn befall(self, machine: &mut Machine) {
        let done = match self {
            Self::Off => machine.set_powered(false).await,
            Self::Blocked => {
                machine.faults(Faults { radio_blocked: true, ..Faults::default() }).await
            }
            Self::Unplugged => machine.set_adapter_present(false).await,
            Self::Mute => machine.faults(Faults { mute: true, ..Faults::default() }).await,
            Self::NotRunning => {
                machine.stop_bluez().await;
                Ok(())
            }
        };
        done.unwrap();
    }
}

impl Room {
    /// Plays a ceremony to its end on both machines, which are silent afterwards.
    async fn play(&self, what: &str, challenge: &Challenge, user: &str) -> (Ended, Ended) {
        let (mut adverts, mut scans) = (self.phone.events(), self.workstation.events());
        let (workstation, code) = self.show_code(what, challenge).await;
        let phone = self.scan_code(user, &code);
        let ended = tokio::join!(phone.end(), workstation.end());
        assert_taken_down(&mut adverts).await;
        assert_scan_stopped(&mut scans).await;
        self.falls_silent().await;
        ended
    }

    /// Sees a phone fail for a reason on its own machine, and keep nothing of it.
    async fn phone_fails(&self, code: &str, problem: &str, remedy: &str) {
        let ended = self.scan_code("approve", code).end().await;
        ended.refused().says(ADVERTISING, problem, remedy);
        assert_eq!(keys(&self.town.state()), 0);
    }

    /// Sees a workstation fail for a reason on its own machine.
    async fn workstation_fails(&self, challenge: &Challenge, problem: &str, remedy: &str) {
        let (workstation, _) = self.show_code("create", challenge).await;
        let ended = workstation.end().await;
        ended.refused().says(SCANNING, problem, remedy);
        assert_eq!(ended.printed.len(), 1, "no response: {ended:?}");
    }
}

/// Checks that the phone took its advert down, rather than leave that to whoever sees it gone.
async fn assert_taken_down(events: &mut Receiver<Event>) {
    let ended = |event: &Event| matches!(event, Event::AdvertEnded(_));
    assert_called_before("UnregisterAdvertisement", ended, events).await;
}

/// Checks that the workstation stopped its scan, rather than leave that to whoever sees it gone.
async fn assert_scan_stopped(events: &mut Receiver<Event>) {
    let ended = |event: &Event| *event == Event::ScanEnded;
    assert_called_before("StopDiscovery", ended, events).await;
}

async fn assert_called_before(
    method: &str,
    ended: impl Fn(&Event) -> bool,
    events: &mut Receiver<Event>,
) {
    let mut called = false;
    loop {
        match timeout(PATIENCE, events.recv()).await.expect("the end").unwrap() {
            Event::Called(name) => called |= name == method,
            event if ended(&event) => break,
            _ => {}
        }
    }
    assert!(called, "{method} was not called");
}

#[tokio::test]
async fn a_passkey_is_registered_and_signs_in() {
    let room = Room::open().await;
    let challenge = room.register_challenge().await;
    let (phone, workstation) = room.play("create", &challenge, "approve").await;
    assert_eq!(phone.succeeded().json()["done"], "created");
    let credential = workstation.succeeded().json();
    let verdict = room.town.verify("register", challenge, &credential).await;
    assert_eq!(verdict["attestation"]["verified"], true, "{verdict}");

    let challenge = room.town.challenge("signin", json!({})).await;
    let (phone, workstation) = room.play("get", &challenge, "approve").await;
    assert_eq!(phone.succeeded().json(), json!({"done": "signed-in"}));
    let verdict: Value =
        room.town.verify("signin", challenge, &workstation.succeeded().json()).await;
    assert_eq!(verdict["user"]["name"], CLINICIAN);
    assert_eq!(verdict["signCount"], 1);
}

#[tokio::test]
async fn a_user_who_declines_leaves_no_key_and_silence() {
    let room = Room::open().await;
    let challenge = room.register_challenge().await;
    let (phone, workstation) = room.play("create", &challenge, "deny").await;
    phone.refused().says("the phone's ceremony", "the user declined", "start again");
    workstation.refused().says("the phone's answer", "NotAllowedError", "see the phone");
    assert_eq!(keys(&room.town.state()), 0);
}

#[tokio::test]
async fn a_phone_that_cannot_advertise_says_what_to_do_and_can_try_again() {
    let mut room = Room::open().await;
    let challenge = room.register_challenge().await;
    let (workstation, code) = room.show_code("create", &challenge).await;

    let no_slot =
        Faults { advertising_refused: Some(ErrorName::NotPermitted), ..Faults::default() };
    room.phone.faults(no_slot).await.unwrap();
    room.phone_fails(&code, "no free advertising slot", "end another program").await;
    let too_long = Faults { advertising_refused: Some(ErrorName::Failed), ..Faults::default() };
    room.phone.faults(too_long).await.unwrap();
    room.phone_fails(&code, "refused to advertise", "systemctl restart bluetooth").await;
    room.phone.faults(Faults::default()).await.unwrap();

    for (misfortune, problem, remedy) in MISFORTUNES {
        misfortune.befall(&mut room.phone).await;
        room.phone_fails(&code, problem, remedy).await;
    }

    // The workstation still waits, and hears the phone once that can be heard.
    room.phone.start_bluez().await.unwrap();
    let phone = room.scan_code("approve", &code);
    let (phone, workstation) = tokio::join!(phone.end(), workstation.end());
    phone.succeeded();
    room.town.verify("register", challenge, &workstation.succeeded().json()).await;
}

/// What a machine says to users whom it has not in the group that may use Bluetooth.
const DENIED: (&str, &str) =
    ("this machine refuses access to Bluetooth", "usermod -aG bluetooth NAME");

#[tokio::test]
async fn a_user_who_may_not_use_bluetooth_is_told() {
    let mut room = Room::open().await;
    let challenge = room.register_challenge().await;
    let (_workstation, code) = room.town.registering_workstation().await;
    room.phone = Machine::start_guarded(&room.air).await.unwrap();
    room.phone_fails(&code, DENIED.0, DENIED.1).await;
    room.workstation = Machine::start_guarded(&room.air).await.unwrap();
    room.workstation_fails(&challenge, DENIED.0, DENIED.1).await;
}

#[tokio::test]
async fn a_phone_without_a_bus_says_so() {
    let mut room = Room::open().await;
    let (_workstation, code) = room.town.registering_workstation().await;
    room.phone.end_bus().unwrap();
    room.phone_fails(&code, "no connection to the D-Bus system bus", "dbus-daemon").await;
}

#[tokio::test]
async fn a_workstation_that_cannot_scan_says_what_to_do() {
    let mut room = Room::open().await;
    let challenge = room.register_challenge().await;

    let refused = Faults { discovery_refused: Some(ErrorName::Failed), ..Faults::default() };
    room.workstation.faults(refused).await.unwrap();
    room.workstation_fails(&challenge, "refused to scan", "systemctl restart bluetooth").await;
    room.workstation.faults(Faults::default()).await.unwrap();

    for (misfortune, problem, remedy) in MISFORTUNES {
        misfortune.befall(&mut room.workstation).await;
        room.workstation_fails(&challenge, problem, remedy).await;
    }
    assert_silent(&room.workstation).await;
}

#[tokio::test]
async fn an_interrupted_phone_takes_its_advert_down() {
    for signal in [Signal::INT, Signal::TERM] {
        let room = Room::open().await;
        // Listens to lines, and so never hears the phone.
        let (_workstation, code) = room.town.registering_workstation().await;
        let mut events = room.phone.events();
        let phone = room.scan_code("approve", &code);
        comes_to(&room.phone, "an advert", |now| now.adverts.len() == 1).await;
        phone.signal(signal);
        let phone = phone.end().await;
        phone.refused().says(ADVERTISING, "the ceremony was cancelled", "a new code");
        assert_taken_down(&mut events).await;
        assert_silent(&room.phone).await;
        assert_eq!(keys(&room.town.state()), 0);
    }
}

#[tokio::test]
async fn an_interrupted_workstation_stops_its_scan() {
    let room = Room::open().await;
    let mut events = room.workstation.events();
    let challenge = room.register_challenge().await;
    let (workstation, _) = room.show_code("create", &challenge).await;
    comes_to(&room.workstation, "a scan", |now| now.scanners == 1).await;
    workstation.signal(Signal::INT);
    let ended = workstation.end().await;
    ended.refused().says(SCANNING, "the ceremony was cancelled", "a new code");
    assert_scan_stopped(&mut events).await;
    assert_silent(&room.workstation).await;
}
