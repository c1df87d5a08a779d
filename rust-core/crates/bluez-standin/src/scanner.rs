//! Scanning: who asked for it, what passes their filters, and the devices that result.

use std::collections::HashMap;

use zbus::OwnedVariant;

use crate::adapter;
use crate::air::Advert;
use crate::objects::Objects;
use crate::value::{Interfaces, Properties, Value};

const DEVICE: &str = "org.bluez.Device1";

/// The discovery filter and state of one D-Bus client.
#[derive(Default)]
struct Scanner {
    active: bool,
    service_uuids: Vec<String>,
    duplicates: bool,
}

/// Every client that set a filter or scans, by its bus name.
#[derive(Default)]
pub(crate) struct Scanners(HashMap<String, Scanner>);

impl Scanners {
    /// The clients scanning now.
    pub(crate) fn active(&self) -> usize {
        self.0.values().filter(|scanner| scanner.active).count()
    }

    /// Keeps a client's filter for its next or current scan.
    pub(crate) fn set_filter(&mut self, client: &str, filter: &HashMap<String, OwnedVariant>) {
        let scanner = self.0.entry(client.to_owned()).or_default();
        scanner.service_uuids = read(filter, "UUIDs").unwrap_or_default();
        scanner.duplicates = read(filter, "DuplicateData").unwrap_or_default();
    }

    /// Starts a scan; false if this client scans already.
    pub(crate) fn start(&mut self, client: &str) -> bool {
        let scanner = self.0.entry(client.to_owned()).or_default();
        !std::mem::replace(&mut scanner.active, true)
    }

    /// Ends a client's scan and forgets its filter; false if it did not scan.
    pub(crate) fn stop(&mut self, client: &str) -> bool {
        self.0.remove(client).is_some_and(|scanner| scanner.active)
    }

    /// Ends every scan, as power off does.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Turns an advert on the air into a new or changed device.
    pub(crate) fn hear(&self, objects: &mut Objects, advert: &Advert) -> zbus::Result<()> {
        if !adapter::is_on(objects) || !self.wants(advert) {
            return Ok(());
        }
        let path = device_path(&advert.address);
        match objects.properties(&path, DEVICE) {
            // BlueZ does not follow a first sighting with PropertiesChanged, so a client which
            // waits for changes alone learns nothing until the next packet.
            None => objects.add(&path, Interfaces::from([(DEVICE, new_device(advert))])),
            Some(known) => {
                let changes = self.changes(known, advert);
                if changes.is_empty() {
                    return Ok(());
                }
                objects.set(&path, DEVICE, changes)
            }
        }
    }

    // BlueZ compares UUID filters with the advertised UUID list, never with service data.
    fn wants(&self, advert: &Advert) -> bool {
        self.0.values().any(|scanner| {
            scanner.active
                && (scanner.service_uuids.is_empty()
                    || scanner.service_uuids.iter().any(|uuid| advert.service_uuids.contains(uuid)))
        })
    }

    fn changes(&self, known: &Properties, advert: &Advert) -> Properties {
        let duplicates = self.0.values().any(|scanner| scanner.active && scanner.duplicates);
        heard(advert)
            .into_iter()
            .filter(|(name, value)| {
                known.get(name) != Some(value) || (duplicates && *name == "ServiceData")
            })
            .collect()
    }
}

/// Forgets every device, as power off does.
pub(crate) fn forget_devices(objects: &mut Objects) -> zbus::Result<()> {
    for path in objects.paths_under(&device_path("")) {
        objects.remove(&path)?;
    }
    Ok(())
}

fn device_path(address: &str) -> String {
    format!("{}/dev_{}", adapter::PATH, address.replace(':', "_"))
}

/// The properties an advertising packet carries.
fn heard(advert: &Advert) -> Properties {
    let mut properties = Properties::from([
        ("RSSI", Value::Signed(advert.signal_strength)),
        ("UUIDs", Value::Texts(advert.service_uuids.clone())),
    ]);
    if !advert.service_data.is_empty() {
        properties.insert("ServiceData", Value::ServiceData(advert.service_data.clone()));
    }
    properties
}

/// A device at its first sighting.
///
/// btleplug drops every event of a device, in silence, if one of `Address`, `AddressType`,
/// `Paired`, `Connected`, `ServicesResolved`, `Trusted`, `Blocked` or `LegacyPairing` is missing.
fn new_device(advert: &Advert) -> Properties {
    let mut properties = Properties::from([
        ("Adapter", Value::Path(adapter::PATH)),
        ("Address", Value::text(&advert.address)),
        ("AddressType", Value::text("random")),
        ("AdvertisingFlags", Value::Bytes(vec![6])),
        ("Alias", Value::Text(advert.address.replace(':', "-"))),
        ("Blocked", Value::Flag(false)),
        ("Bonded", Value::Flag(false)),
        ("Connected", Value::Flag(false)),
        ("LegacyPairing", Value::Flag(false)),
        ("Paired", Value::Flag(false)),
        ("ServicesResolved", Value::Flag(false)),
        ("Trusted", Value::Flag(false)),
    ]);
    properties.extend(heard(advert));
    properties
}

fn read<T: TryFrom<OwnedVariant>>(filter: &HashMap<String, OwnedVariant>, name: &str) -> Option<T> {
    T::try_from(filter.get(name)?.try_clone().ok()?).ok()
}
