//! Managed configuration: what an organization prescribes to the phones it manages.
//!
//! Android hands over untyped values, set by hand in somebody's console. Each is read on its own; one
//! that cannot be read counts as the strictest it could have meant, and is reported.
//!
//! | Key | Type | Meaning | Without it |
//! |---|---|---|---|
//! | `allowed_relying_parties` | string: relying party ids, separated by commas or white space | whom the phone serves | everybody |
//! | `strongbox_required` | boolean | keys only in a separate secure element | TEE where there is none |
//! | `pin_fallback_allowed` | boolean | the screen lock's PIN may take the place of biometrics | it may |
//! | `tunnel_domain` | string: a host name that belongs to a 16-bit id | the tunnel service to meet at | `cable.ua5v.com` |
//! | `routes` | strings out of `this_phone`, `play_services`, `scanner` | the ways a request may come | all |
//! | `support_contact` | string, at most 200 characters | shown where something fails | nothing |
//! | `restrictions_pending` | boolean, set by Android | the organization's settings are still on their way, so nothing is allowed yet | they are here |
//!
//! ```
//! use wardkey_core::{keystore::SecurityLevel, managed::{Configuration, Value}};
//!
//! let configuration = Configuration::read([
//!     ("allowed_relying_parties", Value::Text("example.org, example.com".into())),
//!     ("strongbox_required", Value::Text("yes".into())),
//! ]);
//! assert!(configuration.relying_parties.include("example.com"));
//! // Not a boolean: taken for the strictest, and reported.
//! assert_eq!(configuration.minimum_level, SecurityLevel::StrongBox);
//! assert_eq!(configuration.problems[0].to_string(), "\"strongbox_required\" is not true or false");
//! ```

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use crate::{
    authenticator::RelyingParties, hybrid::tunnel::TunnelDomain, keystore::SecurityLevel,
    webauthn::RpId,
};

/// Characters of the longest support contact.
const MAX_CONTACT: usize = 200;

/// Android's own mark: the settings of the organization are still on their way.
const PENDING: &str = "restrictions_pending";

/// One value, as Android types it.
///
/// ```
/// use wardkey_core::managed::{Configuration, Value};
///
/// // A value of the wrong type is reported like any other that cannot be read.
/// for value in [Value::Flag(true), Value::Texts(vec![]), Value::Other] {
///     let configuration = Configuration::read([("support_contact", value)]);
///     assert_eq!(configuration.support_contact, None);
///     assert_eq!(configuration.problems[0].key, "support_contact");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A boolean.
    Flag(bool),
    /// A string.
    Text(String),
    /// Several strings.
    Texts(Vec<String>),
    /// Something no key of ours is.
    Other,
}

/// A configuration, always complete.
///
/// ```
/// use wardkey_core::{keystore::SecurityLevel, managed::{Configuration, Value}};
///
/// let unmanaged = Configuration::default();
/// assert_eq!(Configuration::read([]), unmanaged);
///
/// let managed = Configuration::read([("strongbox_required", Value::Flag(true))]);
/// let minimum_level = SecurityLevel::StrongBox;
/// assert_eq!(managed, Configuration { minimum_level, ..unmanaged });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Whom the phone serves.
    pub relying_parties: RelyingParties,
    /// The lowest level a new key may live at.
    pub minimum_level: SecurityLevel,
    /// Whether the screen lock's PIN, pattern or password may verify the user.
    pub pin_allowed: bool,
    /// The tunnel service to meet at.
    pub tunnel: TunnelDomain,
    /// The ways a request may come.
    pub routes: Routes,
    /// Whom to ask for help.
    pub support_contact: Option<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// The ways a request may reach the authenticator.
///
/// ```
/// use wardkey_core::managed::{Configuration, Routes, Value};
///
/// let scanner = Value::Texts(vec!["scanner".into()]);
/// let configuration = Configuration::read([("routes", scanner)]);
/// let expected = Routes { this_phone: false, play_services: false, scanner: true };
/// assert_eq!(configuration.routes, expected);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routes {
    /// Browsers and applications of this phone.
    pub this_phone: bool,
    /// Another device's code, scanned with Google Play services.
    pub play_services: bool,
    /// Another device's code, scanned with this app.
    pub scanner: bool,
}

impl Routes {
    const ALL: Self = Self { this_phone: true, play_services: true, scanner: true };
    const NONE: Self = Self { this_phone: false, play_services: false, scanner: false };
}

/// A value that could not be read.
///
/// ```
/// use wardkey_core::managed::{Configuration, Problem, Value};
///
/// let configuration = Configuration::read([("strongbox_required", Value::Text("yes".into()))]);
/// let [Problem { key, problem }] = &configuration.problems[..] else { panic!("one is wrong") };
/// assert_eq!((key.as_str(), *problem), ("strongbox_required", "is not true or false"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its key.
    pub key: String,
    /// What is wrong, as the rest of a sentence.
    pub problem: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" {}", self.key, self.problem)
    }
}

impl Default for Configuration {
    /// What a phone does that nobody manages.
    fn default() -> Self {
        Self {
            relying_parties: RelyingParties::Any,
            minimum_level: SecurityLevel::TrustedEnvironment,
            pin_allowed: true,
            tunnel: TunnelDomain::DEFAULT,
            routes: Routes::ALL,
            support_contact: None,
            problems: Vec::new(),
        }
    }
}

impl Configuration {
    /// Reads what the organization set. Never fails: a value that cannot be read forbids what it might
    /// have forbidden.
    pub fn read<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let mut configuration = Self::default();
        let mut pending = false;
        for (key, value) in entries {
            pending |= key == PENDING && is_pending(&value);
            if let Err(problem) = configuration.set(key, value) {
                configuration.problems.push(Problem { key: key.to_owned(), problem });
            }
        }
        // Until an organization has said what it forbids, everything may be forbidden.
        if pending {
            configuration.routes = Routes::NONE;
        }
        configuration
    }

    fn set(&mut self, key: &str, value: Value) -> Result<(), &'static str> {
        match key {
            "allowed_relying_parties" => self.set_relying_parties(value),
            "strongbox_required" => self.set_strong_box(&value),
            "pin_fallback_allowed" => self.set_pin(&value),
            "tunnel_domain" => self.set_tunnel(value),
            "routes" => self.set_routes(value),
            "support_contact" => self.set_support_contact(value),
            PENDING if is_pending(&value) => Err(
                "means that your organization's settings are still to come, so every route is off",
            ),
            PENDING => Ok(()),
            _ => Err("is not a setting of this version"),
        }
    }

    fn set_relying_parties(&mut self, value: Value) -> Result<(), &'static str> {
        self.relying_parties = RelyingParties::Only(Vec::new());
        let Value::Text(text) = value else { return Err("is not text") };
        let separated = text.split(|c: char| c == ',' || c.is_whitespace());
        let rp_ids = separated.filter(|word| !word.is_empty()).map(RpId::parse);
        let rp_ids: Result<Vec<_>, _> =
            rp_ids.map(|rp_id| rp_id.map(|rp_id| rp_id.to_string())).collect();
        match rp_ids {
            Err(_) => Err("names something that is not a domain, so no site is served"),
            Ok(rp_ids) if rp_ids.is_empty() => Err("names no site, so no site is served"),
            Ok(rp_ids) => {
                self.relying_parties = RelyingParties::Only(rp_ids);
                Ok(())
            }
        }
    }

    fn set_strong_box(&mut self, value: &Value) -> Result<(), &'static str> {
        self.minimum_level = SecurityLevel::StrongBox;
        if !flag(value)? {
            self.minimum_level = SecurityLevel::TrustedEnvironment;
        }
        Ok(())
    }

    fn set_pin(&mut self, value: &Value) -> Result<(), &'static str> {
        self.pin_allowed = false;
        self.pin_allowed = flag(value)?;
        Ok(())
    }

    /// Without a service to meet at, the scanner is of no use; and to meet at the wrong one is worse.
    fn set_tunnel(&mut self, value: Value) -> Result<(), &'static str> {
        let domain = match value {
            Value::Text(name) => TunnelDomain::from_name(&name),
            _ => None,
        };
        if let Some(domain) = domain {
            self.tunnel = domain;
            return Ok(());
        }
        self.routes.scanner = false;
        Err("is not the name of a tunnel service, so the scanner is off")
    }

    fn set_routes(&mut self, value: Value) -> Result<(), &'static str> {
        let scanner_was_off = !self.routes.scanner;
        self.routes = Routes::NONE;
        let Value::Texts(names) = value else { return Err("is not a list, so every route is off") };
        let mut routes = Routes::NONE;
        for name in &names {
            match name.as_str() {
                "this_phone" => routes.this_phone = true,
                "play_services" => routes.play_services = true,
                "scanner" => routes.scanner = !scanner_was_off,
                _ => return Err("names an unknown route, so every route is off"),
            }
        }
        self.routes = routes;
        Ok(())
    }

    fn set_support_contact(&mut self, value: Value) -> Result<(), &'static str> {
        match value {
            Value::Text(text) if text.trim().is_empty() => Err("is empty"),
            Value::Text(text) if text.chars().count() > MAX_CONTACT => {
                Err("is longer than 200 characters")
            }
            Value::Text(text) => {
                self.support_contact = Some(text.trim().to_owned());
                Ok(())
            }
            _ => Err("is not text"),
        }
    }
}

fn is_pending(value: &Value) -> bool {
    *value != Value::Flag(false)
}

fn flag(value: &Value) -> Result<bool, &'static str> {
    match value {
        Value::Flag(flag) => Ok(*flag),
        _ => Err("is not true or false"),
    }
}
