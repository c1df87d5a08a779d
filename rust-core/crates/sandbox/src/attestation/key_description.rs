//! What Android's attestation certificate says about a key: extension 1.3.6.1.4.1.11129.2.1.17.

use std::collections::BTreeMap;

use serde::Serialize;
use x509_parser::{
    asn1_rs::{Any, Class, Enumerated, FromDer as _, Tag},
    oid_registry::{Oid, asn1_rs::oid},
};

const EXTENSION: Oid<'static> = oid!(1.3.6.1.4.1.11129.2.1.17);

/// The key can sign.
pub(crate) const PURPOSE_SIGN: u32 = 2;
/// The key was made inside the key store and never outside it.
pub(crate) const ORIGIN_GENERATED: u32 = 0;

/// Tags of an authorization list.
mod tag {
    pub(super) const PURPOSE: u32 = 1;
    pub(super) const NO_AUTH_REQUIRED: u32 = 503;
    pub(super) const AUTH_TIMEOUT: u32 = 505;
    pub(super) const ALL_APPLICATIONS: u32 = 600;
    pub(super) const ORIGIN: u32 = 702;
    pub(super) const ROOT_OF_TRUST: u32 = 704;
    pub(super) const OS_VERSION: u32 = 705;
    pub(super) const OS_PATCH_LEVEL: u32 = 706;
}

/// What protects a key, or the statement about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecurityLevel {
    Software,
    Tee,
    StrongBox,
}

/// When the key store wants to see its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UserAuthentication {
    EveryUse,
    /// Once in so many seconds.
    Every(u32),
    Never,
}

/// How the device was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RootOfTrust {
    pub(crate) device_locked: bool,
    /// 0 verified, 1 self-signed, 2 unverified, 3 failed.
    pub(crate) verified_boot_state: u32,
}

/// The parts of a key description that decide, or that a tester wants to see. All but the levels
/// and the challenge are those the hardware enforces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyDescription {
    pub(crate) attestation_level: SecurityLevel,
    pub(crate) key_level: SecurityLevel,
    #[serde(skip)]
    pub(crate) challenge: Vec<u8>,
    /// In either list: the key is not bound to one application.
    #[serde(skip)]
    pub(crate) all_applications: bool,
    #[serde(skip)]
    pub(crate) purposes: Vec<u32>,
    #[serde(skip)]
    pub(crate) origin: Option<u32>,
    pub(crate) user_authentication: UserAuthentication,
    pub(crate) root_of_trust: Option<RootOfTrust>,
    /// For example 140000 for Android 14.
    pub(crate) os_version: Option<u32>,
    /// Year and month, for example 202408.
    pub(crate) os_patch_level: Option<u32>,
}

impl KeyDescription {
    /// Reads the extension of a certificate (DER), if it has one that can be read.
    pub(crate) fn of_certificate(certificate: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
        Self::parse(certificate.get_extension_unique(&EXTENSION).ok()??.value)
    }

    fn parse(der: &[u8]) -> Option<Self> {
        let (rest, description) = Any::from_der(der).ok()?;
        if !rest.is_empty() || description.tag() != Tag::Sequence {
            return None;
        }
        let fields = elements(description.data)?;
        let [_version, attestation, _key_version, key, challenge, _unique_id, software, hardware] =
            fields.as_slice()
        else {
            return None;
        };
        let (software, hardware) = (list(software)?, list(hardware)?);
        Some(Self {
            attestation_level: level(attestation)?,
            key_level: level(key)?,
            challenge: octets(challenge)?.to_vec(),
            all_applications: software.contains_key(&tag::ALL_APPLICATIONS)
                || hardware.contains_key(&tag::ALL_APPLICATIONS),
            purposes: hardware.get(&tag::PURPOSE).map_or(Some(Vec::new()), purposes)?,
            origin: number(&hardware, tag::ORIGIN)?,
            user_authentication: user_authentication(&hardware)?,
            root_of_trust: hardware
                .get(&tag::ROOT_OF_TRUST)
                .map_or(Some(None), |any| root_of_trust(any).map(Some))?,
            os_version: number(&hardware, tag::OS_VERSION)?,
            os_patch_level: number(&hardware, tag::OS_PATCH_LEVEL)?,
        })
    }

    /// A key is no safer than the weaker of what keeps it and what vouches for it.
    pub(crate) fn level(&self) -> SecurityLevel {
        self.attestation_level.min(self.key_level)
    }
}

fn elements(mut der: &[u8]) -> Option<Vec<Any<'_>>> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        let (rest, element) = Any::from_der(der).ok()?;
        elements.push(element);
        der = rest;
    }
    Some(elements)
}

/// An authorization list: what is inside each explicit tag. DER wants the tags to ascend; a list
/// where they do not may be read differently elsewhere, so it is not read at all.
fn list<'a>(sequence: &Any<'a>) -> Option<BTreeMap<u32, Any<'a>>> {
    if sequence.tag() != Tag::Sequence {
        return None;
    }
    let mut list = BTreeMap::new();
    for tagged in elements(sequence.data)? {
        let tag = tagged.tag().0;
        let ascends = list.last_key_value().is_none_or(|(last, _)| *last < tag);
        let (rest, inner) = Any::from_der(tagged.data).ok()?;
        if tagged.class() != Class::ContextSpecific || !ascends || !rest.is_empty() {
            return None;
        }
        list.insert(tag, inner);
    }
    Some(list)
}

fn level(any: &Any<'_>) -> Option<SecurityLevel> {
    match any.as_enumerated().ok()?.0 {
        0 => Some(SecurityLevel::Software),
        1 => Some(SecurityLevel::Tee),
        2 => Some(SecurityLevel::StrongBox),
        _ => None,
    }
}

fn octets<'a>(any: &Any<'a>) -> Option<&'a [u8]> {
    (any.tag() == Tag::OctetString).then_some(any.data)
}

/// `Some(None)` when the list does not have it.
#[expect(clippy::option_option, reason = "unreadable and absent are different")]
fn number(list: &BTreeMap<u32, Any<'_>>, tag: u32) -> Option<Option<u32>> {
    list.get(&tag).map_or(Some(None), |any| any.as_u32().ok().map(Some))
}

fn purposes(set: &Any<'_>) -> Option<Vec<u32>> {
    if set.tag() != Tag::Set {
        return None;
    }
    elements(set.data)?.iter().map(|purpose| purpose.as_u32().ok()).collect()
}

fn user_authentication(hardware: &BTreeMap<u32, Any<'_>>) -> Option<UserAuthentication> {
    if hardware.contains_key(&tag::NO_AUTH_REQUIRED) {
        return Some(UserAuthentication::Never);
    }
    Some(match number(hardware, tag::AUTH_TIMEOUT)? {
        None | Some(0) => UserAuthentication::EveryUse,
        Some(seconds) => UserAuthentication::Every(seconds),
    })
}

fn root_of_trust(any: &Any<'_>) -> Option<RootOfTrust> {
    if any.tag() != Tag::Sequence {
        return None;
    }
    let fields = elements(any.data)?;
    // The hash of the boot image came with a later version.
    let [_boot_key, locked, state, ..] = fields.as_slice() else {
        return None;
    };
    let device_locked = match (locked.tag(), locked.data) {
        (Tag::Boolean, [0xff]) => true,
        (Tag::Boolean, [0x00]) => false,
        _ => return None,
    };
    let Enumerated(verified_boot_state) = state.as_enumerated().ok()?;
    Some(RootOfTrust { device_locked, verified_boot_state })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use serde_json::Value;

    use super::{KeyDescription, SecurityLevel, UserAuthentication};

    fn fixtures() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/attestation")
    }

    /// The leaf's description, if it can be read.
    fn described(pem: &str) -> Option<KeyDescription> {
        let text = fs::read(fixtures().join(pem)).unwrap();
        let leaf = pem::parse_many(text).unwrap().into_iter().next().unwrap();
        KeyDescription::of_certificate(leaf.contents())
    }

    fn level(name: &Value) -> SecurityLevel {
        match name.as_str().unwrap() {
            "SOFTWARE" => SecurityLevel::Software,
            "TRUSTED_ENVIRONMENT" => SecurityLevel::Tee,
            "STRONG_BOX" => SecurityLevel::StrongBox,
            other => panic!("{other}"),
        }
    }

    fn number(value: &Value) -> Option<u32> {
        value.as_str().map(|text| text.parse().unwrap())
    }

    #[test]
    fn real_phones_say_what_their_fixtures_say() {
        let phones = [
            "akita/sdk34/SB_RSA_NONE",
            "akita/sdk34/TEE_EC_NONE",
            "akita/sdk34/TEE_RSA_BASE+IMEI",
            "akita/sdk34/TEE_RSA_NONE_USERAUTH",
            "caiman/sdk36/SB_EC_RKP",
            "caiman/sdk36/TEE_EC_RKP",
        ];
        for phone in phones {
            let found = described(&format!("{phone}.pem"))
                .unwrap_or_else(|| panic!("{phone} cannot be read"));
            let text = fs::read_to_string(fixtures().join(format!("{phone}.json"))).unwrap();
            let said: Value = serde_json::from_str(&text).unwrap();
            let hardware = &said["hardwareEnforced"];
            assert_eq!(
                found.attestation_level,
                level(&said["attestationSecurityLevel"]),
                "{phone}"
            );
            assert_eq!(found.key_level, level(&said["keyMintSecurityLevel"]), "{phone}");
            assert_eq!(found.origin, Some(super::ORIGIN_GENERATED), "{phone}");
            assert!(found.purposes.contains(&super::PURPOSE_SIGN), "{phone}");
            assert_eq!(found.os_version, number(&hardware["osVersion"]), "{phone}");
            assert_eq!(found.os_patch_level, number(&hardware["osPatchLevel"]), "{phone}");
            let root = found.root_of_trust.unwrap();
            assert_eq!(
                Some(root.device_locked),
                hardware["rootOfTrust"]["deviceLocked"].as_bool(),
                "{phone}"
            );
            let state = if root.verified_boot_state == 0 { "VERIFIED" } else { "UNVERIFIED" };
            assert_eq!(hardware["rootOfTrust"]["verifiedBootState"], state, "{phone}");
            let authentication = match number(&hardware["authTimeout"]) {
                _ if hardware["noAuthRequired"] == true => UserAuthentication::Never,
                Some(seconds) => UserAuthentication::Every(seconds),
                None => UserAuthentication::EveryUse,
            };
            assert_eq!(found.user_authentication, authentication, "{phone}");
        }
    }

    #[test]
    fn malformed_descriptions_are_not_read() {
        for file in ["malformed_rot_device_locked", "tags_not_in_ascending_order"] {
            assert_eq!(described(&format!("invalid/{file}.pem")), None, "{file}");
        }
        assert_eq!(KeyDescription::parse(&[]), None);
        assert_eq!(KeyDescription::parse(&[0x30, 0x00]), None);
    }
}
