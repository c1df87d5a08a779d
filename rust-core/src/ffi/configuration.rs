//! Managed configuration, from Android's restrictions bundle and back to the diagnostics screen.

use std::{
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    authenticator::RelyingParties,
    keystore::SecurityLevel,
    managed::{Configuration, Value},
};

/// One entry of the restrictions bundle. The [module's example](super) has one.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ManagedEntry {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: ManagedValue,
}

/// A value, as Android types it. The [module's example](super) has one.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ManagedValue {
    /// A boolean.
    Flag {
        /// The value.
        value: bool,
    },
    /// A string.
    Text {
        /// The value.
        value: String,
    },
    /// An array of strings.
    Texts {
        /// The values.
        values: Vec<String>,
    },
    /// Anything else.
    Other,
}

/// The configuration in force, for screens and diagnostics. The [module's example](super) reads one.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the screen")]
pub struct ConfigurationReport {
    /// Whom the phone serves; `None` for everybody.
    pub allowed_relying_parties: Option<Vec<String>>,
    /// Whether new keys need a secure element.
    pub strong_box_required: bool,
    /// Whether the screen lock's PIN may take the place of biometrics.
    pub pin_allowed: bool,
    /// The host name of the tunnel service.
    pub tunnel_domain: String,
    /// Whether browsers and applications of this phone may ask.
    pub this_phone: bool,
    /// Whether Google Play services may ask.
    pub play_services: bool,
    /// Whether this app's own scanner may be used.
    pub scanner: bool,
    /// Whom to ask for help.
    pub support_contact: Option<String>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
}

pub(super) fn read(entries: &[ManagedEntry]) -> Configuration {
    Configuration::read(entries.iter().map(|entry| (entry.key.as_str(), value(&entry.value))))
}

fn value(value: &ManagedValue) -> Value {
    match value {
        ManagedValue::Flag { value } => Value::Flag(*value),
        ManagedValue::Text { value } => Value::Text(value.clone()),
        ManagedValue::Texts { values } => Value::Texts(values.clone()),
        ManagedValue::Other => Value::Other,
    }
}

impl From<&Configuration> for ConfigurationReport {
    fn from(configuration: &Configuration) -> Self {
        Self {
            allowed_relying_parties: match &configuration.relying_parties {
                RelyingParties::Any => None,
                RelyingParties::Only(rp_ids) => Some(rp_ids.clone()),
            },
            strong_box_required: configuration.minimum_level == SecurityLevel::StrongBox,
            pin_allowed: configuration.pin_allowed,
            tunnel_domain: configuration.tunnel.name(),
            this_phone: configuration.routes.this_phone,
            play_services: configuration.routes.play_services,
            scanner: configuration.routes.scanner,
            support_contact: configuration.support_contact.clone(),
            problems: configuration.problems.iter().map(ToString::to_string).collect(),
        }
    }
}
