//! The air: what one machine advertises, every other machine hears.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::broadcast;

/// Packets a machine may fall behind before it misses some, as a busy radio does.
const CAPACITY: usize = 256;

/// What an advertisement is for: `Type` of BlueZ's `LEAdvertisement1`.
///
/// ```
/// use wardkey_bluez_standin::{Advert, AdvertType};
///
/// let advert = Advert::of_service("5A:00:00:00:00:07", 0xfff9, &[7; 20]);
/// assert_eq!(advert.kind, AdvertType::Broadcast);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdvertType {
    /// `broadcast`: it can be heard, and that is all.
    #[default]
    Broadcast,
    /// `peripheral`: whoever hears it may connect. It carries flags, which take three of its bytes.
    Peripheral,
}

/// One advertisement as heard by a radio.
///
/// ```
/// use wardkey_bluez_standin::{Advert, full_uuid};
///
/// let advert = Advert::of_service("5A:00:00:00:00:07", 0xfff9, &[7; 20]);
/// let weak = Advert { signal_strength: -95, ..advert };
/// assert_eq!(weak.service_data[&full_uuid(0xfff9)], [7; 20]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advert {
    /// The device address, `XX:XX:XX:XX:XX:XX`.
    pub address: String,
    /// Whether one may connect to its sender.
    pub kind: AdvertType,
    /// The 128-bit form of each service UUID in the UUID list.
    pub service_uuids: Vec<String>,
    /// Service data by 128-bit UUID.
    pub service_data: BTreeMap<String, Vec<u8>>,
    /// Signal strength in dBm.
    pub signal_strength: i16,
}

impl Advert {
    /// An advert of one 16-bit service with its data, from a device with this address.
    pub fn of_service(address: &str, service: u16, data: &[u8]) -> Self {
        let uuid = full_uuid(service);
        Self {
            address: address.to_owned(),
            kind: AdvertType::Broadcast,
            service_uuids: vec![uuid.clone()],
            service_data: BTreeMap::from([(uuid, data.to_vec())]),
            signal_strength: -42,
        }
    }
}

/// The 128-bit form of a 16-bit UUID.
///
/// ```
/// use wardkey_bluez_standin::full_uuid;
///
/// assert_eq!(full_uuid(0xfff9), "0000fff9-0000-1000-8000-00805f9b34fb");
/// ```
pub fn full_uuid(short: u16) -> String {
    format!("0000{short:04x}-0000-1000-8000-00805f9b34fb")
}

/// Names a machine in one air, so that it does not hear itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineId(u32);

/// A packet on the air and the machine that sent it, if a machine did.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) origin: Option<MachineId>,
    pub(crate) advert: Advert,
}

/// A room full of radios. Clones are the same air.
///
/// ```
/// use futures_util::StreamExt;
/// use wardkey_bluez_standin::{Advert, Air, Machine};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let air = Air::new();
/// let machine = Machine::start(&air).await?;
/// # let client = zbus::connection::Builder::address(machine.bus_address()).build().await?;
/// # let (bus, rule) = (Some("org.freedesktop.DBus"), "type='signal',sender='org.bluez'");
/// # client.call_method(bus, "/org/freedesktop/DBus", bus, "AddMatch", &rule).await?;
/// let mut heard = zbus::MessageStream::from(&client);
/// # let (name, adapter) = (Some("org.bluez"), Some("org.bluez.Adapter1"));
/// # client.call_method(name, "/org/bluez/hci0", adapter, "StartDiscovery", &()).await?;
/// air.transmit(Advert::of_service("5A:00:00:00:00:07", 0xfff9, &[7; 20]));
/// // The device of that address, with what it advertises.
/// let is_device = |name: &zbus::Message| name.header().member().is_some_and(|it| *it == "InterfacesAdded");
/// assert!(heard.any(async |signal| signal.is_ok_and(|signal| is_device(&signal))).await);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Air {
    packets: broadcast::Sender<Packet>,
    serial: Arc<AtomicU32>,
}

impl Air {
    /// An empty room.
    pub fn new() -> Self {
        Self { packets: broadcast::Sender::new(CAPACITY), serial: Arc::default() }
    }

    /// Sends one advertising packet from a device which is no machine here.
    ///
    /// Every machine that scans at this moment hears it.
    pub fn transmit(&self, advert: Advert) {
        self.send(Packet { origin: None, advert });
    }

    pub(crate) fn send(&self, packet: Packet) {
        // An error means that no machine listens, which is not this sender's concern.
        let _ = self.packets.send(packet);
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Packet> {
        self.packets.subscribe()
    }

    pub(crate) fn new_machine(&self) -> MachineId {
        MachineId(self.next())
    }

    /// A fresh random-looking device address, as private addresses change with each advert.
    pub(crate) fn new_address(&self) -> String {
        let [a, b, c, d] = self.next().to_be_bytes();
        format!("5A:00:{a:02X}:{b:02X}:{c:02X}:{d:02X}")
    }

    fn next(&self) -> u32 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }
}

impl Default for Air {
    fn default() -> Self {
        Self::new()
    }
}
