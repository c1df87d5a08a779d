//! The method calls BlueZ answers.

use std::collections::HashMap;

use zbus::message::Header;
use zbus::{Message, ObjectPath, OwnedVariant};

use crate::adapter::{self, ADAPTER, ADVERTISING_MANAGER, Power};
use crate::advertiser::AdvertKey;
use crate::bluez::Bluez;
use crate::events::Event;
use crate::faults::ErrorName;
use crate::objects::{OBJECT_MANAGER, PROPERTIES};
use crate::value::to_wire;

/// What is left to do after a call was handled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The answer is in the outbox, or there is none.
    Done,
    /// The advertisement object must be read from its owner before the call can be answered.
    ReadAdvertisement(AdvertKey),
}

/// The parts of a call that decide who answers it.
struct Call<'m> {
    message: &'m Message,
    header: Header<'m>,
    path: String,
    client: String,
}

/// Handles one method call. An error here is a malformed body.
pub(crate) fn handle(bluez: &mut Bluez, message: &Message) -> zbus::Result<Next> {
    let header = message.header();
    let text = |part: Option<String>| part.unwrap_or_default();
    let interface = text(header.interface().map(ToString::to_string));
    let member = text(header.member().map(ToString::to_string));
    bluez.reporter.event(Event::Called(member.clone()));
    if bluez.faults.mute {
        return Ok(Next::Done);
    }
    let call = Call {
        message,
        path: text(header.path().map(ToString::to_string)),
        client: text(header.sender().map(ToString::to_string)),
        header,
    };
    if matches!(interface.as_str(), ADAPTER | ADVERTISING_MANAGER)
        && (call.path != adapter::PATH || !adapter::is_present(&bluez.objects))
    {
        call.unknown_object(bluez)?;
        return Ok(Next::Done);
    }
    if (interface.as_str(), member.as_str()) == (ADVERTISING_MANAGER, "RegisterAdvertisement") {
        return call.register_advertisement(bluez);
    }
    match (interface.as_str(), member.as_str()) {
        (OBJECT_MANAGER, "GetManagedObjects") => call.get_managed_objects(bluez),
        (PROPERTIES, "GetAll") => call.get_all(bluez),
        (PROPERTIES, "Get") => call.get(bluez),
        (PROPERTIES, "Set") => call.set(bluez),
        (ADAPTER, "SetDiscoveryFilter") => call.set_discovery_filter(bluez),
        (ADAPTER, "StartDiscovery") => call.start_discovery(bluez),
        (ADAPTER, "StopDiscovery") => call.stop_discovery(bluez),
        (ADAPTER, "RemoveDevice") => call.remove_device(bluez),
        (ADVERTISING_MANAGER, "UnregisterAdvertisement") => call.unregister_advertisement(bluez),
        ("org.freedesktop.DBus.Introspectable", "Introspect") => {
            bluez.objects.reply(&call.header, &"<node/>")
        }
        ("org.freedesktop.DBus.Peer", "Ping")
        | ("org.bluez.AgentManager1" | "org.bluez.ProfileManager1" | "org.bluez.GattManager1", _) => {
            bluez.objects.reply(&call.header, &())
        }
        _ => bluez.objects.refuse(&call.header, ErrorName::UnknownMethod, &member),
    }?;
    Ok(Next::Done)
}

impl Call<'_> {
    fn get_managed_objects(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        let tree = bluez.objects.to_wire()?;
        bluez.objects.reply(&self.header, &tree)
    }

    fn get_all(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        let body = self.message.body();
        let interface: &str = body.deserialize()?;
        match bluez.objects.properties(&self.path, interface) {
            Some(properties) => {
                let properties = to_wire(properties)?;
                bluez.objects.reply(&self.header, &properties)
            }
            None => self.unknown_object(bluez),
        }
    }

    fn get(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        let body = self.message.body();
        let (interface, name): (&str, &str) = body.deserialize()?;
        if bluez.objects.properties(&self.path, interface).is_none() {
            return self.unknown_object(bluez);
        }
        match bluez.objects.get(&self.path, interface, name) {
            Some(value) => {
                let value = value.to_variant()?;
                bluez.objects.reply(&self.header, &value)
            }
            None => {
                bluez.objects.refuse(&self.header, ErrorName::InvalidArguments, "No such property")
            }
        }
    }

    fn set(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        if self.path != adapter::PATH || !adapter::is_present(&bluez.objects) {
            return self.unknown_object(bluez);
        }
        let body = self.message.body();
        let (_, name, value): (String, String, OwnedVariant) = body.deserialize()?;
        let ("Powered", Ok(on)) = (name.as_str(), bool::try_from(value)) else {
            // Chromium also sets Discoverable and the like, which change nothing on the air.
            return bluez.objects.reply(&self.header, &());
        };
        if on && bluez.faults.radio_blocked {
            let text = "Blocked through rfkill";
            return bluez.objects.refuse(&self.header, ErrorName::Failed, text);
        }
        bluez.objects.reply(&self.header, &())?;
        if on == adapter::is_on(&bluez.objects) {
            return Ok(());
        }
        bluez.set_power(if on { Power::On } else { Power::Off })
    }

    fn set_discovery_filter(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        let body = self.message.body();
        let filter: HashMap<String, OwnedVariant> = body.deserialize()?;
        bluez.scanners.set_filter(&self.client, &filter);
        bluez.objects.reply(&self.header, &())
    }

    fn start_discovery(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        if let Some(error) = bluez.faults.discovery_refused {
            return bluez.objects.refuse(&self.header, error, "played fault");
        }
        if !adapter::is_on(&bluez.objects) {
            let text = "Resource Not Ready";
            return bluez.objects.refuse(&self.header, ErrorName::NotReady, text);
        }
        if !bluez.scanners.start(&self.client) {
            let text = "Operation already in progress";
            return bluez.objects.refuse(&self.header, ErrorName::InProgress, text);
        }
        bluez.reporter.event(Event::ScanStarted);
        bluez.objects.reply(&self.header, &())?;
        bluez.announce_scanning()
    }

    fn stop_discovery(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        if !bluez.scanners.stop(&self.client) {
            let text = "No discovery started";
            return bluez.objects.refuse(&self.header, ErrorName::Failed, text);
        }
        bluez.reporter.event(Event::ScanEnded);
        bluez.objects.reply(&self.header, &())?;
        bluez.announce_scanning()
    }

    fn remove_device(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        let body = self.message.body();
        let device: ObjectPath<'_> = body.deserialize()?;
        bluez.objects.reply(&self.header, &())?;
        bluez.objects.remove(device.as_str())
    }

    fn register_advertisement(&self, bluez: &mut Bluez) -> zbus::Result<Next> {
        let body = self.message.body();
        let (path, _): (ObjectPath<'_>, HashMap<String, OwnedVariant>) = body.deserialize()?;
        let key = AdvertKey { client: self.client.clone(), path: path.to_string() };
        let refusal = if let Some(error) = bluez.faults.advertising_refused {
            Some((error, "played fault"))
        } else if !adapter::is_on(&bluez.objects) {
            Some((ErrorName::Failed, "Failed to register advertisement"))
        } else if bluez.advertiser.contains(&key) {
            Some((ErrorName::AlreadyExists, "Already Exists"))
        } else if bluez.advertiser.is_full() {
            Some((ErrorName::NotPermitted, "Maximum advertisements reached"))
        } else {
            None
        };
        match refusal {
            None => Ok(Next::ReadAdvertisement(key)),
            Some((error, text)) => {
                bluez.objects.refuse(&self.header, error, text)?;
                Ok(Next::Done)
            }
        }
    }

    fn unregister_advertisement(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        let body = self.message.body();
        let path: ObjectPath<'_> = body.deserialize()?;
        let key = AdvertKey { client: self.client.clone(), path: path.to_string() };
        let Some(advert) = bluez.advertiser.stop(&key) else {
            let text = "Does Not Exist";
            return bluez.objects.refuse(&self.header, ErrorName::DoesNotExist, text);
        };
        bluez.reporter.event(Event::AdvertEnded(advert));
        bluez.objects.reply(&self.header, &())?;
        bluez.announce_slots()
    }

    fn unknown_object(&self, bluez: &mut Bluez) -> zbus::Result<()> {
        bluez.objects.refuse(&self.header, ErrorName::UnknownObject, &self.path)
    }
}
