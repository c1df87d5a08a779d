//! What Android's attestation certificate says about a key, as far as testers are told.

use serde::Serialize;
use wardkey_core::keystore::{
    self,
    key_description::{self as core, AuthorizationList, VerifiedBootState},
};

pub(crate) use wardkey_core::keystore::key_description::{KeyOrigin, PURPOSE_SIGN};

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
    pub(crate) purposes: Vec<u64>,
    #[serde(skip)]
    pub(crate) origin: Option<KeyOrigin>,
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
        let read = core::KeyDescription::from_certificate(certificate).ok()?;
        let (software, hardware) = (&read.software_enforced, &read.hardware_enforced);
        // A number that no phone can mean makes the whole unreadable.
        let number = |value: Option<u64>| value.map(u32::try_from).transpose().ok();
        Some(Self {
            attestation_level: read.attestation_security_level.into(),
            key_level: read.key_mint_security_level.into(),
            all_applications: software.all_applications || hardware.all_applications,
            purposes: hardware.purposes.clone(),
            origin: hardware.origin,
            user_authentication: user_authentication(hardware)?,
            root_of_trust: hardware.root_of_trust.as_ref().map(RootOfTrust::from),
            os_version: number(hardware.os_version)?,
            os_patch_level: number(hardware.os_patch_level)?,
            challenge: read.attestation_challenge,
        })
    }

    /// A key is no safer than the weaker of what keeps it and what vouches for it.
    pub(crate) fn level(&self) -> SecurityLevel {
        self.attestation_level.min(self.key_level)
    }
}

impl From<keystore::SecurityLevel> for SecurityLevel {
    fn from(level: keystore::SecurityLevel) -> Self {
        match level {
            keystore::SecurityLevel::Software => Self::Software,
            keystore::SecurityLevel::TrustedEnvironment => Self::Tee,
            keystore::SecurityLevel::StrongBox => Self::StrongBox,
        }
    }
}

impl From<&core::RootOfTrust> for RootOfTrust {
    fn from(root: &core::RootOfTrust) -> Self {
        let verified_boot_state = match root.verified_boot_state {
            VerifiedBootState::Verified => 0,
            VerifiedBootState::SelfSigned => 1,
            VerifiedBootState::Unverified => 2,
            VerifiedBootState::Failed => 3,
        };
        Self { device_locked: root.device_locked, verified_boot_state }
    }
}

fn user_authentication(hardware: &AuthorizationList) -> Option<UserAuthentication> {
    if hardware.no_auth_required {
        return Some(UserAuthentication::Never);
    }
    Some(match hardware.auth_timeout {
        None | Some(0) => UserAuthentication::EveryUse,
        Some(seconds) => UserAuthentication::Every(u32::try_from(seconds).ok()?),
    })
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
            assert_eq!(found.origin, Some(super::KeyOrigin::Generated), "{phone}");
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
        assert_eq!(KeyDescription::of_certificate(&[]), None);
        assert_eq!(KeyDescription::of_certificate(&[0x30, 0x00]), None);
    }
}
