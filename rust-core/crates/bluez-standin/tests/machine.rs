//! The stand-in seen by a raw D-Bus client, call by call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::HashMap;

use futures_util::StreamExt;
use tokio::sync::broadcast::Receiver;
use wardkey_bluez_standin::{Advert, Air, ErrorName, Event, Faults, Machine};
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant};

const HCI: &str = "/org/bluez/hci0";
const ADAPTER: &str = "org.bluez.Adapter1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

type Dictionary = HashMap<String, OwnedVariant>;
type Tree = HashMap<OwnedObjectPath, HashMap<String, Dictionary>>;

async fn connect(machine: &Machine) -> Connection {
    let builder = zbus::connection::Builder::address(machine.bus_address());
    let client = builder.build().await.unwrap();
    let rule = "type='signal',sender='org.bluez'";
    let bus = Some("org.freedesktop.DBus");
    client.call_method(bus, "/org/freedesktop/DBus", bus, "AddMatch", &rule).await.unwrap();
    client
}

async fn call<B>(
    client: &Connection,
    interface: &str,
    method: &str,
    body: &B,
) -> zbus::Result<Message>
where
    B: serde::Serialize + zbus::DynamicType,
{
    let path = if interface.ends_with("ObjectManager") { "/" } else { HCI };
    client.call_method(Some("org.bluez"), path, Some(interface), method, body).await
}

fn error_name(result: zbus::Result<Message>) -> String {
    match result.unwrap_err() {
        zbus::Error::MethodError(name, _, _) => name.to_string(),
        // zbus has variants of its own for the errors of the bus itself.
        other => other.to_string().split(':').next().unwrap().to_owned(),
    }
}

async fn expect_event(events: &mut Receiver<Event>, wanted: &Event) {
    while events.recv().await.unwrap() != *wanted {}
}

async fn managed_objects(client: &Connection) -> Tree {
    let manager = "org.freedesktop.DBus.ObjectManager";
    let reply = call(client, manager, "GetManagedObjects", &()).await.unwrap();
    reply.body().deserialize().unwrap()
}

async fn next_signal(signals: &mut MessageStream, member: &str) -> Message {
    loop {
        let message = signals.next().await.unwrap().unwrap();
        if message.header().member().is_some_and(|name| *name == member) {
            return message;
        }
    }
}

#[tokio::test]
async fn a_scan_hears_the_air_and_not_before_it_starts() {
    let air = Air::new();
    let machine = Machine::start(&air).await.unwrap();
    let client = connect(&machine).await;
    let mut signals = MessageStream::from(&client);
    air.transmit(Advert::of_service("5A:00:00:00:00:01", 0xfff9, &[1; 20]));
    call(&client, ADAPTER, "StartDiscovery", &()).await.unwrap();
    air.transmit(Advert::of_service("5A:00:00:00:00:02", 0xfff9, &[2; 20]));

    let added = next_signal(&mut signals, "InterfacesAdded").await;
    let body = added.body();
    let (path, _): (OwnedObjectPath, HashMap<String, Dictionary>) = body.deserialize().unwrap();
    assert_eq!(path.as_str(), format!("{HCI}/dev_5A_00_00_00_00_02"));
    let device = &managed_objects(&client).await[&path]["org.bluez.Device1"];
    let data: HashMap<String, OwnedVariant> =
        device["ServiceData"].try_clone().unwrap().try_into().unwrap();
    let bytes = data["0000fff9-0000-1000-8000-00805f9b34fb"].try_clone().unwrap();
    assert_eq!(Vec::<u8>::try_from(bytes).unwrap(), [2; 20]);
}

#[tokio::test]
async fn a_uuid_filter_does_not_look_at_service_data() {
    let air = Air::new();
    let machine = Machine::start(&air).await.unwrap();
    let client = connect(&machine).await;
    let mut signals = MessageStream::from(&client);
    let mut only_data = Advert::of_service("5A:00:00:00:00:01", 0xfff9, &[1; 20]);
    let uuids = std::mem::take(&mut only_data.service_uuids);
    let filter = HashMap::from([("UUIDs", Variant::from(uuids))]);
    call(&client, ADAPTER, "SetDiscoveryFilter", &filter).await.unwrap();
    call(&client, ADAPTER, "StartDiscovery", &()).await.unwrap();
    air.transmit(only_data);
    air.transmit(Advert::of_service("5A:00:00:00:00:02", 0xfff9, &[2; 20]));
    let added = next_signal(&mut signals, "InterfacesAdded").await;
    let body = added.body();
    let (path, _): (OwnedObjectPath, HashMap<String, Dictionary>) = body.deserialize().unwrap();
    assert!(path.as_str().ends_with("02"), "{path}");
}

#[tokio::test]
async fn refusals_carry_the_names_of_bluez() {
    let machine = Machine::start(&Air::new()).await.unwrap();
    let client = connect(&machine).await;
    let start = || call(&client, ADAPTER, "StartDiscovery", &());

    let faults = Faults { discovery_refused: Some(ErrorName::Failed), ..Faults::default() };
    machine.faults(faults).await.unwrap();
    assert_eq!(error_name(start().await), "org.bluez.Error.Failed");
    machine.faults(Faults::default()).await.unwrap();

    machine.set_powered(false).await.unwrap();
    assert_eq!(error_name(start().await), "org.bluez.Error.NotReady");

    let blocked = Faults { radio_blocked: true, ..Faults::default() };
    machine.faults(blocked).await.unwrap();
    let on = (ADAPTER, "Powered", Variant::from(true));
    let set = call(&client, PROPERTIES, "Set", &on).await;
    assert_eq!(error_name(set), "org.bluez.Error.Failed");

    machine.set_adapter_present(false).await.unwrap();
    let unknown = "org.freedesktop.DBus.Error.UnknownObject";
    assert_eq!(error_name(start().await), unknown);
    assert!(!managed_objects(&client).await.keys().any(|path| path.as_str() == HCI));
    let stop = call(&client, ADAPTER, "Dance", &()).await;
    assert_eq!(error_name(stop), unknown);
    machine.set_adapter_present(true).await.unwrap();
    let unknown = "org.freedesktop.DBus.Error.UnknownMethod";
    assert_eq!(error_name(call(&client, ADAPTER, "Dance", &()).await), unknown);
    let invalid = call(&client, PROPERTIES, "GetAll", &7u32).await;
    assert_eq!(error_name(invalid), "org.freedesktop.DBus.Error.InvalidArgs");
}

#[tokio::test]
async fn a_guarded_machine_lets_nobody_speak_to_bluez() {
    let machine = Machine::start_guarded(&Air::new()).await.unwrap();
    let mut events = machine.events();
    let client = connect(&machine).await;
    for (interface, method) in
        [("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"), (ADAPTER, "StartDiscovery")]
    {
        let refused = error_name(call(&client, interface, method, &()).await);
        assert_eq!(refused, "org.freedesktop.DBus.Error.AccessDenied", "{method}");
    }
    assert!(events.try_recv().is_err(), "nothing reached it");
}

#[tokio::test]
async fn a_scan_ends_with_its_client() {
    let machine = Machine::start(&Air::new()).await.unwrap();
    let mut activity = machine.activity();
    let client = connect(&machine).await;
    call(&client, ADAPTER, "StartDiscovery", &()).await.unwrap();
    activity.wait_for(|now| now.scanners == 1).await.unwrap();
    client.close().await.unwrap();
    activity.wait_for(|now| now.scanners == 0).await.unwrap();
}

#[tokio::test]
async fn power_off_ends_scans() {
    let machine = Machine::start(&Air::new()).await.unwrap();
    let mut events = machine.events();
    let client = connect(&machine).await;
    call(&client, ADAPTER, "StartDiscovery", &()).await.unwrap();
    machine.set_powered(false).await.unwrap();
    expect_event(&mut events, &Event::ScanStarted).await;
    expect_event(&mut events, &Event::ScanEnded).await;
    assert_eq!(machine.activity().borrow().scanners, 0);
}

#[tokio::test]
async fn a_mute_daemon_reports_the_calls_it_ignores() {
    let machine = Machine::start(&Air::new()).await.unwrap();
    let mut events = machine.events();
    let client = connect(&machine).await;
    let mute = Faults { mute: true, ..Faults::default() };
    machine.faults(mute).await.unwrap();
    let called = Event::Called("StartDiscovery".to_owned());
    tokio::select! {
        answer = call(&client, ADAPTER, "StartDiscovery", &()) => panic!("{answer:?}"),
        () = expect_event(&mut events, &called) => {}
    }
}

#[tokio::test]
async fn the_daemon_can_stop_and_start_again() {
    let mut machine = Machine::start_without_bluez(&Air::new()).await.unwrap();
    let client = connect(&machine).await;
    let unknown = "org.freedesktop.DBus.Error.ServiceUnknown";
    let start = || call(&client, ADAPTER, "StartDiscovery", &());
    assert_eq!(error_name(start().await), unknown);
    machine.start_bluez().await.unwrap();
    start().await.unwrap();
    machine.start_bluez().await.unwrap();
    assert_eq!(machine.activity().borrow().scanners, 0);
    start().await.unwrap();
    machine.stop_bluez().await;
    assert_eq!(error_name(start().await), unknown);
    assert!(machine.set_powered(true).await.is_err());
}

#[tokio::test]
async fn the_end_of_the_bus_breaks_every_connection() {
    let mut machine = Machine::start(&Air::new()).await.unwrap();
    let client = connect(&machine).await;
    call(&client, ADAPTER, "StartDiscovery", &()).await.unwrap();
    let mut activity = machine.activity();
    machine.end_bus().unwrap();
    client.closed().await;
    activity.wait_for(|now| now.scanners == 0).await.unwrap();
}
