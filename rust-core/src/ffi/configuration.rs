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

/// One entry of the restrictions bundle.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::provider;
/// use wardkey_core::ffi::{ManagedEntry, ManagedValue};
///
/// # let phone = provider()?;
/// let contact = ManagedEntry {
///     key: "support_contact".into(),
///     value: ManagedValue::Text { value: "Ask the service desk, extension 1234".into() },
/// };
/// let report = phone.configure(&[contact]);
/// assert_eq!(report.support_contact.as_deref(), Some("Ask the service desk, extension 1234"));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ManagedEntry {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: ManagedValue,
}

/// A value, as Android types it.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::provider;
/// use wardkey_core::ffi::{ManagedEntry, ManagedValue};
///
/// # let phone = provider()?;
/// // Written as a string where a boolean is wanted: the stricter choice is in force, and it is told.
/// let value = ManagedValue::Text { value: "false".into() };
/// let report = phone.configure(&[ManagedEntry { key: "strongbox_required".into(), value }]);
/// assert!(report.strong_box_required);
/// assert_eq!(report.problems, [r#""strongbox_required" is not true or false"#]);
///
/// let value = ManagedValue::Flag { value: false };
/// let report = phone.configure(&[ManagedEntry { key: "strongbox_required".into(), value }]);
/// assert!(!report.strong_box_required && report.problems.is_empty());
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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

/// The configuration in force, for screens and diagnostics.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::provider;
/// use wardkey_core::ffi::ConfigurationReport;
///
/// # let phone = provider()?;
/// // A phone that nobody manages.
/// let report: ConfigurationReport = phone.configure(&[]);
/// assert_eq!(report.allowed_relying_parties, None);
/// assert_eq!(report.tunnel_domain, "cable.ua5v.com");
/// assert!(report.this_phone && report.play_services && report.scanner);
/// assert!(report.problems.is_empty());
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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
