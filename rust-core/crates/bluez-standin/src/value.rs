//! The few D-Bus value shapes BlueZ publishes, comparable and cheap to copy.

use std::collections::{BTreeMap, HashMap};

use zbus::{ObjectPath, Variant};

/// One property value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Unsigned(u32),
    Signed(i16),
    Byte(u8),
    Path(&'static str),
    Texts(Vec<String>),
    Bytes(Vec<u8>),
    /// UUID → bytes, as in `Device1.ServiceData`.
    ServiceData(BTreeMap<String, Vec<u8>>),
    Dictionary(Properties),
}

/// The properties of one interface, by name.
pub(crate) type Properties = BTreeMap<&'static str, Value>;

/// The interfaces of one object, by name.
pub(crate) type Interfaces = BTreeMap<&'static str, Properties>;

/// The wire form of [`Properties`], `a{sv}`.
pub(crate) type WireProperties = HashMap<&'static str, Variant<'static>>;

impl Value {
    /// Shorthand for [`Value::Text`].
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The value as a D-Bus variant.
    pub(crate) fn to_variant(&self) -> zbus::Result<Variant<'static>> {
        Ok(match self.clone() {
            Self::Text(text) => text.into(),
            Self::Flag(flag) => flag.into(),
            Self::Unsigned(number) => number.into(),
            Self::Signed(number) => number.into(),
            Self::Byte(byte) => byte.into(),
            Self::Path(path) => ObjectPath::try_from(path)?.into(),
            Self::Texts(texts) => texts.into(),
            Self::Bytes(bytes) => bytes.into(),
            Self::ServiceData(data) => data
                .into_iter()
                .map(|(uuid, bytes)| (uuid, Variant::from(bytes)))
                .collect::<HashMap<String, Variant<'static>>>()
                .into(),
            Self::Dictionary(properties) => to_wire(&properties)?.into(),
        })
    }
}

/// All properties in their wire form.
pub(crate) fn to_wire(properties: &Properties) -> zbus::Result<WireProperties> {
    properties.iter().map(|(name, value)| Ok((*name, value.to_variant()?))).collect()
}
