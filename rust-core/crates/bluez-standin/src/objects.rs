//! The object tree BlueZ shows, and the messages that changing it causes.
//!
//! Nothing here sends: every change leaves its signal in an outbox which the service flushes,
//! so a call and its consequences leave in the order BlueZ sends them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use zbus::message::Header;
use zbus::{DynamicType, Message, ObjectPath};

use crate::faults::ErrorName;
use crate::value::{Interfaces, Properties, Value, WireProperties, to_wire};

/// `org.freedesktop.DBus.ObjectManager`.
pub(crate) const OBJECT_MANAGER: &str = "org.freedesktop.DBus.ObjectManager";
/// `org.freedesktop.DBus.Properties`.
pub(crate) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Every object by its path, and the messages waiting to be sent.
#[derive(Default)]
pub(crate) struct Objects {
    tree: BTreeMap<String, Interfaces>,
    outbox: Vec<Message>,
}

type WireTree = HashMap<ObjectPath<'static>, HashMap<&'static str, WireProperties>>;

impl Objects {
    /// Takes the messages to send, oldest first.
    pub(crate) fn take_outbox(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.outbox)
    }

    /// Answers a call.
    pub(crate) fn reply<B: Serialize + DynamicType>(
        &mut self,
        call: &Header<'_>,
        body: &B,
    ) -> zbus::Result<()> {
        self.outbox.push(Message::method_return(call).build(body)?);
        Ok(())
    }

    /// Answers a call with an error.
    pub(crate) fn refuse(
        &mut self,
        call: &Header<'_>,
        error: ErrorName,
        text: &str,
    ) -> zbus::Result<()> {
        self.outbox.push(Message::error(call, error.as_str()).build(&text)?);
        Ok(())
    }

    /// Adds an object and announces it.
    pub(crate) fn add(&mut self, path: &str, interfaces: Interfaces) -> zbus::Result<()> {
        let body = interfaces_to_wire(&interfaces)?;
        self.tree.insert(path.to_owned(), interfaces);
        self.signal("/", OBJECT_MANAGER, "InterfacesAdded", &(ObjectPath::try_from(path)?, body))
    }

    /// Removes an object, if present, and announces that.
    pub(crate) fn remove(&mut self, path: &str) -> zbus::Result<()> {
        let Some(interfaces) = self.tree.remove(path) else {
            return Ok(());
        };
        let names: Vec<_> = interfaces.keys().copied().collect();
        self.signal("/", OBJECT_MANAGER, "InterfacesRemoved", &(ObjectPath::try_from(path)?, names))
    }

    /// Changes properties of an interface, if present, and announces the change.
    pub(crate) fn set(
        &mut self,
        path: &str,
        interface: &'static str,
        changes: Properties,
    ) -> zbus::Result<()> {
        let Some(properties) = self.tree.get_mut(path).and_then(|object| object.get_mut(interface))
        else {
            return Ok(());
        };
        let wire = to_wire(&changes)?;
        properties.extend(changes);
        self.signal(path, PROPERTIES, "PropertiesChanged", &(interface, wire, Vec::<&str>::new()))
    }

    /// The properties of one interface of one object.
    pub(crate) fn properties(&self, path: &str, interface: &str) -> Option<&Properties> {
        self.tree.get(path)?.get(interface)
    }

    /// One property.
    pub(crate) fn get(&self, path: &str, interface: &str, name: &str) -> Option<&Value> {
        self.properties(path, interface)?.get(name)
    }

    /// True if an object of this path exists.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.tree.contains_key(path)
    }

    /// The paths that start with `prefix`.
    pub(crate) fn paths_under(&self, prefix: &str) -> Vec<String> {
        self.tree.keys().filter(|path| path.starts_with(prefix)).cloned().collect()
    }

    /// The whole tree, as `GetManagedObjects` answers it.
    pub(crate) fn to_wire(&self) -> zbus::Result<WireTree> {
        self.tree
            .iter()
            .map(|(path, interfaces)| {
                Ok((ObjectPath::try_from(path.clone())?, interfaces_to_wire(interfaces)?))
            })
            .collect()
    }

    fn signal<B: Serialize + DynamicType>(
        &mut self,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) -> zbus::Result<()> {
        self.outbox.push(Message::signal(path, interface, member).build(body)?);
        Ok(())
    }
}

fn interfaces_to_wire(
    interfaces: &Interfaces,
) -> zbus::Result<HashMap<&'static str, WireProperties>> {
    interfaces.iter().map(|(name, properties)| Ok((*name, to_wire(properties)?))).collect()
}
