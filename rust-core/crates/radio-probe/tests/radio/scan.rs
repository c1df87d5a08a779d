//! The workstation's radio on btleplug, against the stand-in: every trap and fault.

use crate::support::{Probe, SERVICE, advert, scanners};
use wardkey_bluez_standin::{Advert, Air, ErrorName, Faults, Machine};

struct Bench {
    air: Air,
    machine: Machine,
    probe: Probe,
}

impl Bench {
    async fn start() -> Self {
        let air = Air::new();
        let machine = Machine::start(&air).await.unwrap();
        let probe = Probe::start(&machine, "scan");
        Self { air, machine, probe }
    }

    async fn scanning() -> Self {
        let mut bench = Self::start().await;
        bench.probe.say("SCAN").await;
        scanners(&bench.machine, 1).await;
        bench
    }

    /// One packet, of a device seen never before.
    fn transmit(&self, byte: u8) {
        let address = format!("5A:00:00:00:00:{byte:02X}");
        self.air.transmit(Advert::of_service(&address, SERVICE, &[byte; 20]));
    }
}

#[tokio::test]
async fn a_single_packet_is_enough() {
    let mut bench = Bench::scanning().await;
    bench.transmit(1);
    assert_eq!(bench.probe.hear().await, advert(1));
    bench.transmit(2);
    assert_eq!(bench.probe.hear().await, advert(2));
}

#[tokio::test]
async fn changed_data_of_a_known_device_is_heard() {
    let mut bench = Bench::scanning().await;
    let address = "5A:00:00:00:00:01";
    bench.air.transmit(Advert::of_service(address, SERVICE, &[1; 20]));
    assert_eq!(bench.probe.hear().await, advert(1));
    bench.air.transmit(Advert::of_service(address, SERVICE, &[2; 20]));
    bench.probe.hear_until(&advert(2)).await;
}

#[tokio::test]
async fn adverts_are_recognised_by_their_service_data() {
    let mut bench = Bench::scanning().await;
    let address = |last: u8| format!("5A:00:00:00:00:{last:02X}");
    // Foreign and short data are passed over.
    bench.air.transmit(Advert::of_service(&address(1), 0x180d, &[1; 20]));
    bench.air.transmit(Advert::of_service(&address(2), SERVICE, &[2; 19]));
    // The UUID list may be missing, the UUID may be the legacy one, and CTAP 2.3 appends a map.
    let mut without_list = Advert::of_service(&address(3), SERVICE, &[3; 20]);
    without_list.service_uuids.clear();
    bench.air.transmit(without_list);
    assert_eq!(bench.probe.hear().await, advert(3));
    bench.air.transmit(Advert::of_service(&address(4), 0xfde2, &[4; 20]));
    assert_eq!(bench.probe.hear().await, advert(4));
    bench.air.transmit(Advert::of_service(&address(5), SERVICE, &[5; 23]));
    assert_eq!(bench.probe.hear().await, advert(5));
}

#[tokio::test]
async fn a_phone_on_another_machine_is_heard() {
    let mut bench = Bench::scanning().await;
    let phone = Machine::start(&bench.air).await.unwrap();
    let mut phone_probe = Probe::start(&phone, "advertise");
    assert_eq!(phone_probe.ask(&advert(7)).await, "ok");
    assert_eq!(bench.probe.hear().await, advert(7));
}

#[tokio::test]
async fn a_scan_ends_when_stopped_and_can_begin_again() {
    let mut bench = Bench::scanning().await;
    assert_eq!(bench.probe.ask("STOP").await, "ok");
    assert_eq!(bench.machine.activity().borrow().scanners, 0);
    bench.probe.say("SCAN").await;
    scanners(&bench.machine, 1).await;
    bench.transmit(1);
    bench.probe.hear_until(&advert(1)).await;
}

#[tokio::test]
async fn a_dropped_scanner_ends_its_scan() {
    let mut bench = Bench::scanning().await;
    assert_eq!(bench.probe.ask("DROP").await, "ok");
    scanners(&bench.machine, 0).await;
}

#[tokio::test]
async fn refusals_are_named_and_do_not_stick() {
    let Bench { air, machine, mut probe } = Bench::start().await;
    let refused = Faults { discovery_refused: Some(ErrorName::Failed), ..Faults::default() };
    machine.faults(refused).await.unwrap();
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("refused to scan"), "{answer}");
    assert!(answer.contains("played fault"), "{answer}");

    machine.faults(Faults::default()).await.unwrap();
    machine.set_powered(false).await.unwrap();
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("Bluetooth is off"), "{answer}");

    machine.faults(Faults { radio_blocked: true, ..Faults::default() }).await.unwrap();
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("blocked by rfkill"), "{answer}");

    machine.set_adapter_present(false).await.unwrap();
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("no Bluetooth adapter"), "{answer}");

    machine.faults(Faults::default()).await.unwrap();
    machine.set_adapter_present(true).await.unwrap();
    probe.say("SCAN").await;
    scanners(&machine, 1).await;
    air.transmit(Advert::of_service("5A:00:00:00:00:01", SERVICE, &[1; 20]));
    assert_eq!(probe.hear().await, advert(1));
}

#[tokio::test]
async fn a_user_who_may_not_use_bluetooth_is_told() {
    let machine = Machine::start_guarded(&Air::new()).await.unwrap();
    let mut probe = Probe::start(&machine, "scan");
    for _ in 0..2 {
        let answer = probe.ask("SCAN").await;
        assert!(answer.contains("this machine refuses access to Bluetooth"), "{answer}");
    }
}

#[tokio::test]
async fn no_service_a_mute_service_and_no_bus_are_told_apart() {
    let mut machine = Machine::start_without_bluez(&Air::new()).await.unwrap();
    let mut probe = Probe::start(&machine, "scan");
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("the Bluetooth service is not running"), "{answer}");

    machine.start_bluez().await.unwrap();
    machine.faults(Faults { mute: true, ..Faults::default() }).await.unwrap();
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("the Bluetooth service does not answer"), "{answer}");

    machine.faults(Faults::default()).await.unwrap();
    probe.say("SCAN").await;
    scanners(&machine, 1).await;
    machine.end_bus().unwrap();
    let answer = probe.hear().await;
    assert!(answer.contains("no connection to the D-Bus system bus"), "{answer}");
    let answer = probe.ask("SCAN").await;
    assert!(answer.contains("no connection to the D-Bus system bus"), "{answer}");
}

#[tokio::test]
async fn a_scan_outlives_interruptions() {
    let mut bench = Bench::scanning().await;
    bench.machine.set_powered(false).await.unwrap();
    bench.machine.set_powered(true).await.unwrap();
    scanners(&bench.machine, 1).await;
    bench.transmit(1);
    bench.probe.hear_until(&advert(1)).await;

    bench.machine.set_adapter_present(false).await.unwrap();
    bench.machine.set_adapter_present(true).await.unwrap();
    scanners(&bench.machine, 1).await;
    bench.transmit(2);
    bench.probe.hear_until(&advert(2)).await;

    bench.machine.start_bluez().await.unwrap();
    scanners(&bench.machine, 1).await;
    bench.transmit(3);
    bench.probe.hear_until(&advert(3)).await;
}

#[tokio::test]
async fn a_scan_that_stays_interrupted_fails() {
    let mut bench = Bench::scanning().await;
    bench.machine.set_adapter_present(false).await.unwrap();
    let answer = bench.probe.hear().await;
    assert!(answer.contains("no Bluetooth adapter"), "{answer}");
}

#[tokio::test]
async fn a_service_that_falls_mute_fails_the_scan() {
    let mut bench = Bench::scanning().await;
    bench.machine.faults(Faults { mute: true, ..Faults::default() }).await.unwrap();
    let answer = bench.probe.hear().await;
    assert!(answer.contains("the Bluetooth service does not answer"), "{answer}");
}
