//! Advertising: reading a client's advertisement object and keeping it on the air.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::task::JoinHandle;
use zbus::OwnedVariant;

use crate::adapter::{LEGACY_ADVERT_SIZE, SLOTS};
use crate::air::{Advert, AdvertType, Air, MachineId, Packet};

/// The interface of the object a client registers.
pub(crate) const ADVERTISEMENT: &str = "org.bluez.LEAdvertisement1";

/// Time between two packets of one advert.
const INTERVAL: Duration = Duration::from_millis(100);

/// Names an advertisement: its owner on the bus and its object path there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AdvertKey {
    pub(crate) client: String,
    pub(crate) path: String,
}

/// Why BlueZ does not put an advertisement on the air, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("Failed to parse advertisement.")]
    Malformed,
    #[error("Failed to register advertisement")]
    TooLong,
}

/// The adverts on the air.
#[derive(Default)]
pub(crate) struct Advertiser(BTreeMap<AdvertKey, OnAir>);

struct OnAir {
    advert: Advert,
    packets: JoinHandle<()>,
}

impl Drop for OnAir {
    fn drop(&mut self) {
        self.packets.abort();
    }
}

impl Advertiser {
    /// True if this advertisement is on the air.
    pub(crate) fn contains(&self, key: &AdvertKey) -> bool {
        self.0.contains_key(key)
    }

    /// True if no slot is free.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= usize::from(SLOTS)
    }

    /// The slots in use.
    pub(crate) fn used_slots(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(SLOTS)
    }

    /// What is on the air.
    pub(crate) fn adverts(&self) -> Vec<Advert> {
        self.0.values().map(|entry| entry.advert.clone()).collect()
    }

    /// Sends an advert now and again until it is removed.
    pub(crate) fn start(&mut self, key: AdvertKey, advert: Advert, air: Air, origin: MachineId) {
        let packets = tokio::spawn(repeat(advert.clone(), air, origin));
        self.0.insert(key, OnAir { advert, packets });
    }

    /// Ends one advert.
    pub(crate) fn stop(&mut self, key: &AdvertKey) -> Option<Advert> {
        self.0.remove(key).map(|entry| entry.advert.clone())
    }

    /// Ends every advert of a client which left the bus.
    pub(crate) fn stop_client(&mut self, client: &str) -> Vec<Advert> {
        let keys: Vec<_> = self.0.keys().filter(|key| key.client == client).cloned().collect();
        keys.iter().filter_map(|key| self.stop(key)).collect()
    }

    /// Ends every advert, as power off does.
    pub(crate) fn stop_all(&mut self) -> Vec<Advert> {
        let adverts = self.adverts();
        self.0.clear();
        adverts
    }
}

async fn repeat(mut advert: Advert, air: Air, origin: MachineId) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        air.send(Packet { origin: Some(origin), advert: advert.clone() });
        // Signal strength wavers, and its changes are what most clients are told.
        advert.signal_strength = if advert.signal_strength == -50 { -51 } else { -50 };
    }
}

/// Checks the properties of an advertisement object as BlueZ does.
pub(crate) fn parse(
    properties: &HashMap<String, OwnedVariant>,
    address: String,
) -> Result<Advert, Unfit> {
    let kind: String = read(properties, "Type").ok_or(Unfit::Malformed)?;
    let kind = match kind.as_str() {
        "peripheral" => AdvertType::Peripheral,
        // A broadcast cannot be discoverable: BlueZ refuses the contradiction.
        "broadcast" if !properties.contains_key("Discoverable") => AdvertType::Broadcast,
        _ => return Err(Unfit::Malformed),
    };
    let service_uuids: Vec<String> = read(properties, "ServiceUUIDs").unwrap_or_default();
    let service_data: HashMap<String, OwnedVariant> =
        read(properties, "ServiceData").unwrap_or_default();
    let service_data = service_data
        .into_iter()
        .map(|(uuid, bytes)| Ok((uuid, Vec::try_from(bytes).map_err(|_| Unfit::Malformed)?)))
        .collect::<Result<BTreeMap<_, _>, _>>()?;
    if encoded_size(kind, &service_uuids, &service_data) > usize::from(LEGACY_ADVERT_SIZE) {
        return Err(Unfit::TooLong);
    }
    Ok(Advert { address, kind, service_uuids, service_data, signal_strength: -50 })
}

/// Bytes of advertising data, all UUIDs in their 16-bit form.
///
/// Each structure has two bytes of length and type; flags are there only where one may connect.
fn encoded_size(
    kind: AdvertType,
    service_uuids: &[String],
    service_data: &BTreeMap<String, Vec<u8>>,
) -> usize {
    let flags = match kind {
        AdvertType::Broadcast => 0,
        AdvertType::Peripheral => 3,
    };
    let uuids = match service_uuids.len() {
        0 => 0,
        count => 2 + 2 * count,
    };
    let data: usize = service_data.values().map(|bytes| 4 + bytes.len()).sum();
    flags + uuids + data
}

fn read<T: TryFrom<OwnedVariant>>(
    properties: &HashMap<String, OwnedVariant>,
    name: &str,
) -> Option<T> {
    T::try_from(properties.get(name)?.try_clone().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zbus::Variant;

    use super::*;
    use crate::air::full_uuid;

    fn advertisement(kind: &str, data: &[u8]) -> HashMap<String, OwnedVariant> {
        let uuid = full_uuid(0xfff9);
        let data = HashMap::from([(uuid.clone(), Variant::from(data.to_vec()))]);
        [
            ("Type", Variant::from(kind.to_owned())),
            ("ServiceUUIDs", Variant::from(vec![uuid])),
            ("ServiceData", Variant::from(data)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.try_into().unwrap()))
        .collect()
    }

    #[test]
    fn a_connectable_advert_of_twenty_bytes_is_exactly_full() {
        let fits = parse(&advertisement("peripheral", &[0; 20]), String::new());
        assert_eq!(fits.unwrap().kind, AdvertType::Peripheral);
        let too_long = parse(&advertisement("peripheral", &[0; 21]), String::new());
        assert_eq!(too_long, Err(Unfit::TooLong));
    }

    #[test]
    fn a_discoverable_broadcast_is_malformed() {
        let mut properties = advertisement("broadcast", &[0; 20]);
        assert!(parse(&properties, String::new()).is_ok());
        let discoverable = Variant::from(true).try_into().unwrap();
        properties.insert("Discoverable".to_owned(), discoverable);
        assert_eq!(parse(&properties, String::new()), Err(Unfit::Malformed));
    }

    proptest! {
        #[test]
        fn data_arrives_as_it_was_or_not_at_all(data in prop::collection::vec(any::<u8>(), 0..40)) {
            match parse(&advertisement("broadcast", &data), String::new()) {
                Ok(advert) => prop_assert_eq!(&advert.service_data[&full_uuid(0xfff9)], &data),
                Err(error) => {
                    prop_assert_eq!(error, Unfit::TooLong);
                    prop_assert!(data.len() > 23);
                }
            }
        }
    }
}
