//! The phone's radio on bluer, against the stand-in: every trap and fault.

use crate::support::{Probe, SERVICE, advert, advert_ended, advert_started};
use wardkey_bluez_standin::{AdvertType, Air, ErrorName, Faults, Machine, full_uuid};

const OFF: &str = "Bluetooth is off";

async fn machine_and_probe() -> (Machine, Probe) {
    let machine = Machine::start(&Air::new()).await.unwrap();
    let probe = Probe::start(&machine, "advertise");
    (machine, probe)
}

#[tokio::test]
async fn an_advert_is_on_the_air_until_stopped() {
    let (machine, mut probe) = machine_and_probe().await;
    assert_eq!(probe.ask(&advert(1)).await, "ok");
    let on_air = machine.activity().borrow().adverts.clone();
    let [advert] = on_air.as_slice() else { panic!("{on_air:?}") };
    // With flags, as a peripheral has them, there would be no room for a single byte more.
    assert_eq!(advert.kind, AdvertType::Broadcast);
    assert_eq!(advert.service_uuids, [full_uuid(SERVICE)]);
    assert_eq!(advert.service_data[&full_uuid(SERVICE)], [1; 20]);

    assert_eq!(probe.ask("STOP").await, "ok");
    assert_eq!(machine.activity().borrow().adverts, []);
    assert_eq!(probe.ask("STOP").await, "ok");
}

#[tokio::test]
async fn a_stop_is_done_when_the_advert_is_gone() {
    let (machine, mut probe) = machine_and_probe().await;
    for byte in 0..20 {
        assert_eq!(probe.ask(&advert(byte)).await, "ok");
        assert_eq!(probe.ask("STOP").await, "ok");
        assert_eq!(machine.activity().borrow().adverts, []);
    }
}

#[tokio::test]
async fn a_changed_advert_replaces_the_first() {
    let (machine, mut probe) = machine_and_probe().await;
    let mut events = machine.events();
    assert_eq!(probe.ask(&advert(1)).await, "ok");
    assert_eq!(advert_started(&mut events).await, [1; 20]);
    assert_eq!(probe.ask(&advert(2)).await, "ok");
    let only_second = |data: &[u8]| data == [2; 20];
    let mut activity = machine.activity();
    let settled = activity.wait_for(|now| {
        now.adverts.len() == 1 && now.adverts[0].service_data.values().all(|d| only_second(d))
    });
    settled.await.unwrap();
}

#[tokio::test]
async fn an_abandoned_advert_can_still_be_stopped() {
    let (machine, mut probe) = machine_and_probe().await;
    let mut events = machine.events();
    let abandoned = advert(3).replace("ADVERT", "ABANDON");
    assert_eq!(probe.ask(&abandoned).await, "finished: false");
    assert_eq!(advert_started(&mut events).await, [3; 20]);
    assert_eq!(probe.ask("STOP").await, "ok");
    assert_eq!(advert_ended(&mut events).await, [3; 20]);
}

#[tokio::test]
async fn a_killed_phone_is_silent() {
    let (machine, mut probe) = machine_and_probe().await;
    let mut events = machine.events();
    assert_eq!(probe.ask(&advert(1)).await, "ok");
    probe.child.kill().await.unwrap();
    assert_eq!(advert_ended(&mut events).await, [1; 20]);
}

#[tokio::test]
async fn the_end_of_the_program_ends_the_advert() {
    let (machine, mut probe) = machine_and_probe().await;
    let mut events = machine.events();
    assert_eq!(probe.ask(&advert(1)).await, "ok");
    drop(probe.input);
    assert!(probe.child.wait().await.unwrap().success());
    assert_eq!(advert_ended(&mut events).await, [1; 20]);
}

#[tokio::test]
async fn refusals_are_named_and_do_not_stick() {
    let (machine, mut probe) = machine_and_probe().await;
    let refuse = |error| Faults { advertising_refused: Some(error), ..Faults::default() };

    machine.faults(refuse(ErrorName::NotPermitted)).await.unwrap();
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("no free advertising slot"), "{answer}");

    machine.faults(refuse(ErrorName::Failed)).await.unwrap();
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("refused to advertise"), "{answer}");
    assert!(answer.contains("played fault"), "{answer}");

    machine.faults(Faults::default()).await.unwrap();
    machine.set_powered(false).await.unwrap();
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains(OFF), "{answer}");

    machine.faults(Faults { radio_blocked: true, ..Faults::default() }).await.unwrap();
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("blocked by rfkill"), "{answer}");

    machine.set_adapter_present(false).await.unwrap();
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("no Bluetooth adapter"), "{answer}");

    machine.faults(Faults::default()).await.unwrap();
    machine.set_adapter_present(true).await.unwrap();
    assert_eq!(probe.ask(&advert(1)).await, "ok");
}

#[tokio::test]
async fn a_user_who_may_not_use_bluetooth_is_told() {
    let machine = Machine::start_guarded(&Air::new()).await.unwrap();
    let mut probe = Probe::start(&machine, "advertise");
    for _ in 0..2 {
        let answer = probe.ask(&advert(1)).await;
        assert!(answer.contains("this machine refuses access to Bluetooth"), "{answer}");
    }
    assert_eq!(probe.ask("STOP").await, "ok", "there is nothing to stop");
}

#[tokio::test]
async fn every_slot_taken_is_no_free_slot() {
    let machine = Machine::start(&Air::new()).await.unwrap();
    let mut others = Vec::new();
    for number in 0..5 {
        let mut other = Probe::start(&machine, "advertise");
        assert_eq!(other.ask(&advert(number)).await, "ok");
        others.push(other);
    }
    let mut probe = Probe::start(&machine, "advertise");
    let answer = probe.ask(&advert(9)).await;
    assert!(answer.contains("no free advertising slot"), "{answer}");
}

#[tokio::test]
async fn no_service_a_mute_service_and_no_bus_are_told_apart() {
    let mut machine = Machine::start_without_bluez(&Air::new()).await.unwrap();
    let mut probe = Probe::start(&machine, "advertise");
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("the Bluetooth service is not running"), "{answer}");

    machine.start_bluez().await.unwrap();
    machine.faults(Faults { mute: true, ..Faults::default() }).await.unwrap();
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("the Bluetooth service does not answer"), "{answer}");

    machine.faults(Faults::default()).await.unwrap();
    assert_eq!(probe.ask(&advert(1)).await, "ok");

    machine.end_bus().unwrap();
    let failure = probe.hear().await;
    assert!(failure.starts_with("failure: no connection to the D-Bus system bus"), "{failure}");
    let answer = probe.ask(&advert(1)).await;
    assert!(answer.contains("no connection to the D-Bus system bus"), "{answer}");
}

#[tokio::test]
async fn an_advert_outlives_interruptions() {
    let (mut machine, mut probe) = machine_and_probe().await;
    let mut events = machine.events();
    assert_eq!(probe.ask(&advert(1)).await, "ok");
    assert_eq!(advert_started(&mut events).await, [1; 20]);

    machine.set_powered(false).await.unwrap();
    machine.set_powered(true).await.unwrap();
    assert_eq!(advert_started(&mut events).await, [1; 20]);

    machine.set_adapter_present(false).await.unwrap();
    machine.set_adapter_present(true).await.unwrap();
    assert_eq!(advert_started(&mut events).await, [1; 20]);

    machine.start_bluez().await.unwrap();
    assert_eq!(advert_started(&mut events).await, [1; 20]);
}

#[tokio::test]
async fn an_advert_that_stays_interrupted_fails() {
    let (machine, mut probe) = machine_and_probe().await;
    assert_eq!(probe.ask(&advert(1)).await, "ok");
    machine.set_powered(false).await.unwrap();
    let failure = probe.hear().await;
    assert!(failure.starts_with(&format!("failure: {OFF}")), "{failure}");
    machine.set_powered(true).await.unwrap();
    assert_eq!(probe.ask(&advert(2)).await, "ok");
}
