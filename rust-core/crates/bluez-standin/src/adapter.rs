//! The one adapter, `/org/bluez/hci0`: its properties, its power, its presence.

use crate::objects::Objects;
use crate::value::{Interfaces, Properties, Value};

/// The adapter's object path.
pub(crate) const PATH: &str = "/org/bluez/hci0";
/// `org.bluez.Adapter1`.
pub(crate) const ADAPTER: &str = "org.bluez.Adapter1";
/// `org.bluez.LEAdvertisingManager1`.
pub(crate) const ADVERTISING_MANAGER: &str = "org.bluez.LEAdvertisingManager1";
/// Advertising slots of the adapter.
pub(crate) const SLOTS: u8 = 5;
/// What legacy advertising carries, in bytes.
pub(crate) const LEGACY_ADVERT_SIZE: u8 = 31;

/// Power as BlueZ names it in `PowerState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    Off,
    /// Off and held off by rfkill.
    Blocked,
}

impl Power {
    fn properties(self) -> Properties {
        let state = match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Blocked => "off-blocked",
        };
        Properties::from([
            ("Powered", Value::Flag(self == Self::On)),
            ("PowerState", Value::text(state)),
        ])
    }
}

/// True if the adapter is there and on.
pub(crate) fn is_on(objects: &Objects) -> bool {
    objects.get(PATH, ADAPTER, "Powered") == Some(&Value::Flag(true))
}

/// True if the adapter is there.
pub(crate) fn is_present(objects: &Objects) -> bool {
    objects.contains(PATH)
}

/// Announces a change of power.
pub(crate) fn set_power(objects: &mut Objects, power: Power) -> zbus::Result<()> {
    objects.set(PATH, ADAPTER, power.properties())
}

/// Announces whether anyone scans, if that changed.
pub(crate) fn set_discovering(objects: &mut Objects, discovering: bool) -> zbus::Result<()> {
    let value = Value::Flag(discovering);
    if objects.get(PATH, ADAPTER, "Discovering") == Some(&value) {
        return Ok(());
    }
    objects.set(PATH, ADAPTER, Properties::from([("Discovering", value)]))
}

/// Announces how many advertising slots are used.
pub(crate) fn set_used_slots(objects: &mut Objects, used: u8) -> zbus::Result<()> {
    objects.set(PATH, ADVERTISING_MANAGER, slots(used))
}

fn slots(used: u8) -> Properties {
    Properties::from([
        ("ActiveInstances", Value::Byte(used)),
        ("SupportedInstances", Value::Byte(SLOTS.saturating_sub(used))),
    ])
}

/// The objects which are there whatever happens to the adapter.
pub(crate) fn daemon_interfaces() -> Interfaces {
    Interfaces::from([
        ("org.bluez.AgentManager1", Properties::new()),
        ("org.bluez.ProfileManager1", Properties::new()),
    ])
}

/// A fresh adapter.
///
/// btleplug shows no adapter, without any error, if one of `Address`, `AddressType`, `Name`,
/// `Alias`, `Modalias`, `Powered` or `Discovering` is missing.
pub(crate) fn interfaces(power: Power) -> Interfaces {
    Interfaces::from([
        (ADAPTER, adapter_properties(power)),
        (ADVERTISING_MANAGER, advertising_properties()),
        ("org.bluez.GattManager1", Properties::new()),
    ])
}

fn adapter_properties(power: Power) -> Properties {
    let mut properties = Properties::from([
        ("Address", Value::text("02:00:00:00:00:01")),
        ("AddressType", Value::text("public")),
        ("Alias", Value::text("stand-in")),
        ("Class", Value::Unsigned(0x10c)),
        ("Discoverable", Value::Flag(false)),
        ("DiscoverableTimeout", Value::Unsigned(180)),
        ("Discovering", Value::Flag(false)),
        ("Modalias", Value::text("usb:v1D6Bp0246d0542")),
        ("Name", Value::text("stand-in")),
        ("Pairable", Value::Flag(true)),
        ("PairableTimeout", Value::Unsigned(0)),
        ("Roles", texts(&["central", "peripheral"])),
        ("UUIDs", texts(&[])),
    ]);
    properties.extend(power.properties());
    properties
}

fn advertising_properties() -> Properties {
    let mut properties = Properties::from([
        ("SupportedIncludes", texts(&["tx-power", "appearance", "local-name"])),
        ("SupportedSecondaryChannels", texts(&["1M", "2M"])),
        ("SupportedFeatures", texts(&[])),
        (
            "SupportedCapabilities",
            Value::Dictionary(Properties::from([
                ("MaxAdvLen", Value::Byte(LEGACY_ADVERT_SIZE)),
                ("MaxScnRspLen", Value::Byte(LEGACY_ADVERT_SIZE)),
                ("MinTxPower", Value::Signed(-34)),
                ("MaxTxPower", Value::Signed(7)),
            ])),
        ),
    ]);
    properties.extend(slots(0));
    properties
}

fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|&text| text.to_owned()).collect())
}
