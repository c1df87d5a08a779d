//! What has to hold.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use super::json;
use crate::keystore::SecurityLevel;

/// What a relying party demands of a key. Read from JSON, in which every member has to be there that is not
/// said to be able to miss:
///
/// | Member | Value |
/// |---|---|
/// | `name` | shown with every verdict |
/// | `test` | `true` if test roots may be believed; every verdict then says so |
/// | `minimumLevel` | `"TRUSTED_ENVIRONMENT"` or `"STRONG_BOX"`; a test policy also takes `"SOFTWARE"` |
/// | `minimumOsVersion` | such as `140000` |
/// | `patchMonthsWarn`, `patchMonthsFail` | age of the security patches |
/// | `revocation` | `"require"`, `"warn"` or `"ignore"`: if there is no list to look at, or one that is too old |
/// | `revocationDays` | how many days old the list may be; 7 if it is missing |
/// | `verifiedBoot` | the same: for an operating system that is not the maker's, or an open boot loader |
/// | `unlockedDevice` | the same: for a key that also works while the device is locked |
/// | `attestation` | `"require"`, also if it is missing; a test policy also takes `"warn"`: a passkey that comes without attestation, or with one it made of itself, is then taken for level 2 |
/// | `applications` | a list of `{"package": …, "certificates": ["64 hex digits", …]}`; nobody if it is empty |
///
/// ```
/// use wardkey_core::{attestation::verdict::{Demand, Policy}, keystore::SecurityLevel};
///
/// let policy = Policy::parse(
///     r#"{
///         "name": "Ward phones",
///         "test": false,
///         "minimumLevel": "STRONG_BOX",
///         "minimumOsVersion": 140000,
///         "patchMonthsWarn": 3,
///         "patchMonthsFail": 12,
///         "revocation": "require",
///         "verifiedBoot": "require",
///         "unlockedDevice": "warn",
///         "applications": [{
///             "package": "org.example.app",
///             "certificates": ["5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"]
///         }]
///     }"#,
/// )?;
/// assert_eq!(policy.minimum_level, SecurityLevel::StrongBox);
/// assert_eq!(policy.unlocked_device, Demand::Warn);
/// assert!(Policy::parse("{}").is_err());
/// # Ok::<(), wardkey_core::attestation::verdict::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Shown with every verdict.
    pub name: String,
    /// Whether test roots may be believed.
    pub test: bool,
    /// The lowest level at which key and attestation may be made.
    #[serde(deserialize_with = "level", serialize_with = "level_name")]
    pub minimum_level: SecurityLevel,
    /// The oldest operating system, such as 140000.
    pub minimum_os_version: u64,
    /// Security patches older than so many months deserve a look.
    pub patch_months_warn: u64,
    /// Security patches older than so many months are refused.
    pub patch_months_fail: u64,
    /// What it means that there is no revocation list, or one that is too old.
    pub revocation: Demand,
    /// How many days ago the revocation list may have been fetched.
    #[serde(default = "a_week", skip_serializing_if = "is_a_week")]
    pub revocation_days: u64,
    /// What it means that the system was changed or the boot loader is open.
    pub verified_boot: Demand,
    /// What it means that a key also works while the device is locked.
    pub unlocked_device: Demand,
    /// What it means that no hardware says anything of a key. Only a test policy can take one, for level 2.
    #[serde(default = "required", skip_serializing_if = "is_required")]
    pub attestation: Demand,
    /// The applications whose keys are taken; nobody's if there are none.
    pub applications: Vec<AllowedApp>,
}

/// An application whose keys are taken.
///
/// ```
/// use wardkey_core::attestation::verdict::{AllowedApp, Policy};
///
/// let mut policy = Policy::aal3();
/// assert!(policy.applications.is_empty(), "nobody's keys are taken");
/// let certificates = vec![[0x5a; 32]];
/// policy.applications.push(AllowedApp { package: "org.example.app".into(), certificates });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedApp {
    /// Its package name.
    pub package: String,
    /// SHA-256 digests of the certificates it may be signed with.
    #[serde(deserialize_with = "digests", serialize_with = "hexadecimal")]
    pub certificates: Vec<[u8; 32]>,
}

/// How serious a shortcoming is.
///
/// ```
/// use wardkey_core::attestation::verdict::{Demand, Policy};
///
/// let strict = Policy::aal3();
/// assert_eq!(strict.verified_boot, Demand::Require);
/// let lenient = Policy { name: "Trial".into(), verified_boot: Demand::Warn, ..strict };
/// assert_eq!(lenient.revocation, Demand::Require);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Demand {
    /// The key is refused.
    Require,
    /// It deserves a look.
    Warn,
    /// It does not matter.
    Ignore,
}

/// The file is not a policy.
///
/// ```
/// use wardkey_core::attestation::verdict::{InvalidPolicy, Policy};
///
/// let error: InvalidPolicy = Policy::parse("[]").unwrap_err();
/// assert!(error.to_string().starts_with("not a policy: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidPolicy {
    /// A member is missing, unknown or of another type.
    #[error("not a policy: {0}")]
    Syntax(String),
    /// Software keys prove nothing.
    #[error("only a test policy may take software keys")]
    Software,
    /// Keys of which no hardware says anything, and not as a trial that warns of it.
    #[error("only a test policy may take keys without attestation, and has to warn of them")]
    Attestation,
    /// Months in the wrong order.
    #[error("\"patchMonthsWarn\" is more than \"patchMonthsFail\"")]
    PatchMonths,
}

impl Policy {
    /// The highest assurance level: nothing is taken on trust, and nobody's application is known until a
    /// policy of one's own names it.
    pub fn aal3() -> Self {
        Self {
            name: "AAL3".into(),
            test: false,
            minimum_level: SecurityLevel::TrustedEnvironment,
            minimum_os_version: 140_000,
            patch_months_warn: 3,
            patch_months_fail: 12,
            revocation: Demand::Require,
            // Google has it looked at daily. Who sees an error for a week and mends nothing is no better off
            // than without a list, and what stops then is new registrations, not sign-ins.
            revocation_days: a_week(),
            verified_boot: Demand::Require,
            unlocked_device: Demand::Warn,
            attestation: Demand::Require,
            applications: Vec::new(),
        }
    }

    /// Reads a policy from JSON.
    pub fn parse(json: &str) -> Result<Self, InvalidPolicy> {
        let policy: Self = serde_json::from_str(json)
            .map_err(|error| InvalidPolicy::Syntax(alloc::format!("{error}")))?;
        if policy.minimum_level == SecurityLevel::Software && !policy.test {
            return Err(InvalidPolicy::Software);
        }
        match policy.attestation {
            Demand::Require => {}
            Demand::Warn if policy.test => {}
            Demand::Warn | Demand::Ignore => return Err(InvalidPolicy::Attestation),
        }
        if policy.patch_months_warn > policy.patch_months_fail {
            return Err(InvalidPolicy::PatchMonths);
        }
        Ok(policy)
    }

    /// Whether a key is taken, for level 2, of which no hardware says anything: for trials alone, however the
    /// policy came to be.
    pub(super) fn takes_unattested(&self) -> bool {
        self.test && self.attestation != Demand::Require
    }

    /// The policy as JSON without spaces, every member in the order in which they are documented, without
    /// those that may miss and say what it means if they do: two that demand the same under the same name are
    /// the same to the byte, for a digest.
    ///
    /// ```
    /// use wardkey_core::attestation::verdict::Policy;
    ///
    /// let policy = Policy::aal3();
    /// let json = policy.to_json();
    /// assert!(json.starts_with(r#"{"name":"AAL3","test":false,"minimumLevel":"TRUSTED_ENVIRONMENT","#));
    /// assert_eq!(Policy::parse(&json)?, policy);
    /// # Ok::<(), wardkey_core::attestation::verdict::InvalidPolicy>(())
    /// ```
    pub fn to_json(&self) -> String {
        // Texts, numbers and lists of them: there is nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

const fn a_week() -> u64 {
    7
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes members so")]
fn is_a_week(days: &u64) -> bool {
    *days == a_week()
}

const fn required() -> Demand {
    Demand::Require
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes members so")]
fn is_required(demand: &Demand) -> bool {
    *demand == Demand::Require
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes members so")]
fn level_name<S: Serializer>(level: &SecurityLevel, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(json::level(*level))
}

fn level<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SecurityLevel, D::Error> {
    use SecurityLevel::{Software, StrongBox, TrustedEnvironment};
    let name = String::deserialize(deserializer)?;
    let mut levels = [Software, TrustedEnvironment, StrongBox].into_iter();
    levels.find(|level| json::level(*level) == name).ok_or_else(|| {
        serde::de::Error::custom(
            "a level is \"SOFTWARE\", \"TRUSTED_ENVIRONMENT\" or \"STRONG_BOX\"",
        )
    })
}

fn hexadecimal<S: Serializer>(digests: &[[u8; 32]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(digests.iter().map(|digest| base16ct::lower::encode_string(digest)))
}

fn digests<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<[u8; 32]>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let digests: Option<_> = texts.iter().map(|text| digest(text)).collect();
    digests.ok_or_else(|| serde::de::Error::custom("a certificate digest is 64 hexadecimal digits"))
}

fn digest(text: &str) -> Option<[u8; 32]> {
    base16ct::mixed::decode_vec(text).ok()?.try_into().ok()
}
