//! A key description in JSON, under the names that Android's own library for attestation uses
//! (github.com/android/keyattestation).

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value, json};

use super::{AssuranceLevel, Line, Verdict};
use crate::keystore::{
    SecurityLevel,
    key_description::{
        ApplicationId, AuthorizationList, DeviceIdentifier, KeyDescription, KeyOrigin, RootOfTrust,
        VerifiedBootState,
    },
};

impl Verdict {
    /// The verdict for programs: the whole, every line, and the [key description](key_description).
    ///
    /// ```
    /// use wardkey_core::attestation::verdict::{Evidence, Fault, Policy, Roots, judge};
    ///
    /// let evidence = Evidence {
    ///     certificates: &[],
    ///     challenge: None,
    ///     fault: Some(Fault::Unsound("it cannot be read")),
    ///     revocation: None,
    ///     roots: &Roots::google(),
    ///     now: 1_795_000_000,
    /// };
    /// let json = judge(&evidence, &Policy::aal3()).to_json();
    /// assert_eq!(json["verdict"], "refuse");
    /// assert_eq!(json["checks"][0]["check"], "registration");
    /// assert_eq!(json["checks"][0]["value"], "it cannot be read");
    /// ```
    pub fn to_json(&self) -> Value {
        let line = |line: &Line| {
            json!({
                "check": line.check.as_str(),
                "title": line.check.title(),
                "grade": line.grade.as_str(),
                "value": line.value,
                "reason": line.reason,
            })
        };
        json!({
            "verdict": self.outcome.as_str(),
            "policy": self.policy,
            "test": self.test,
            "assuranceLevel": self.assurance.map(AssuranceLevel::number),
            "checks": self.lines.iter().map(line).collect::<Vec<_>>(),
            "keyDescription": self.key_description.as_ref().map(key_description),
        })
    }
}

/// What a key's certificate says, for programs. Numbers are strings and bytes are base64.
///
/// ```
/// use wardkey_core::{
///     attestation::{key_description::{AuthorizationList, KeyDescription}, verdict::key_description},
///     keystore::SecurityLevel,
/// };
///
/// let description = KeyDescription {
///     attestation_version: 300,
///     attestation_security_level: SecurityLevel::StrongBox,
///     key_mint_version: 300,
///     key_mint_security_level: SecurityLevel::StrongBox,
///     attestation_challenge: b"challenge".to_vec(),
///     unique_id: Vec::new(),
///     software_enforced: AuthorizationList::default(),
///     hardware_enforced: AuthorizationList { os_version: Some(140_000), ..Default::default() },
/// };
/// let json = key_description(&description);
/// assert_eq!(json["keyMintSecurityLevel"], "STRONG_BOX");
/// assert_eq!(json["hardwareEnforced"]["osVersion"], "140000");
/// ```
pub fn key_description(description: &KeyDescription) -> Value {
    json!({
        "attestationVersion": description.attestation_version.to_string(),
        "attestationSecurityLevel": level(description.attestation_security_level),
        "keyMintVersion": description.key_mint_version.to_string(),
        "keyMintSecurityLevel": level(description.key_mint_security_level),
        "attestationChallenge": bytes(&description.attestation_challenge),
        "uniqueId": bytes(&description.unique_id),
        "softwareEnforced": list(&description.software_enforced),
        "hardwareEnforced": list(&description.hardware_enforced),
    })
}

/// The name of a level, here and in a policy.
pub(super) const fn level(level: SecurityLevel) -> &'static str {
    match level {
        SecurityLevel::Software => "SOFTWARE",
        SecurityLevel::TrustedEnvironment => "TRUSTED_ENVIRONMENT",
        SecurityLevel::StrongBox => "STRONG_BOX",
    }
}

fn bytes(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The members that are there.
struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, name: &str, value: Option<Value>) {
        self.0.extend(value.map(|value| (name.into(), value)));
    }

    fn number(&mut self, name: &str, value: Option<u64>) {
        self.put(name, value.map(|value| value.to_string().into()));
    }

    fn numbers(&mut self, name: &str, values: &[u64]) {
        let strings: Vec<_> = values.iter().map(ToString::to_string).collect();
        self.put(name, (!strings.is_empty()).then(|| strings.into()));
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.put(name, value.then(|| true.into()));
    }

    fn identifier(&mut self, name: &str, value: Option<&DeviceIdentifier>) {
        let text = |id: &DeviceIdentifier| String::from_utf8_lossy(id.as_bytes()).into_owned();
        self.put(name, value.map(|value| text(value).into()));
    }
}

fn list(list: &AuthorizationList) -> Value {
    let mut members = Members(Map::new());
    key_members(&mut members, list);
    use_members(&mut members, list);
    device_members(&mut members, list);
    Value::Object(members.0)
}

fn key_members(members: &mut Members, list: &AuthorizationList) {
    members.numbers("purposes", &list.purposes);
    members.number("algorithms", list.algorithm);
    members.number("keySize", list.key_size);
    members.numbers("blockModes", &list.block_modes);
    members.numbers("digests", &list.digests);
    members.numbers("paddings", &list.paddings);
    members.number("ecCurve", list.ec_curve);
    members.number("rsaPublicExponent", list.rsa_public_exponent);
    members.numbers("rsaOaepMgfDigests", &list.rsa_oaep_mgf_digests);
    members.flag("rollbackResistant", list.rollback_resistant);
}

fn use_members(members: &mut Members, list: &AuthorizationList) {
    members.number("activeDateTime", list.active_date_time);
    members.number("originationExpireDateTime", list.origination_expire_date_time);
    members.number("usageExpireDateTime", list.usage_expire_date_time);
    members.number("usageCountLimit", list.usage_count_limit);
    members.flag("noAuthRequired", list.no_auth_required);
    members.number("userAuthType", list.user_auth_type);
    members.number("authTimeout", list.auth_timeout);
    members.flag("allowWhileOnBody", list.allow_while_on_body);
    members.flag("trustedUserPresenceRequired", list.trusted_user_presence_required);
    members.flag("trustedConfirmationRequired", list.trusted_confirmation_required);
    members.flag("unlockedDeviceRequired", list.unlocked_device_required);
    members.flag("allApplications", list.all_applications);
    members.number("creationDateTime", list.creation_date_time);
    members.put("origin", list.origin.map(|origin| origin_name(origin).into()));
}

fn device_members(members: &mut Members, list: &AuthorizationList) {
    members.put("rootOfTrust", list.root_of_trust.as_ref().map(root_of_trust));
    members.number("osVersion", list.os_version);
    members.number("osPatchLevel", list.os_patch_level);
    let application = list.attestation_application_id.as_ref();
    members.put("attestationApplicationId", application.map(application_id));
    members.identifier("attestationIdBrand", list.attestation_id_brand.as_ref());
    members.identifier("attestationIdDevice", list.attestation_id_device.as_ref());
    members.identifier("attestationIdProduct", list.attestation_id_product.as_ref());
    members.identifier("attestationIdSerial", list.attestation_id_serial.as_ref());
    members.identifier("attestationIdImei", list.attestation_id_imei.as_ref());
    members.identifier("attestationIdMeid", list.attestation_id_meid.as_ref());
    members.identifier("attestationIdManufacturer", list.attestation_id_manufacturer.as_ref());
    members.identifier("attestationIdModel", list.attestation_id_model.as_ref());
    members.number("vendorPatchLevel", list.vendor_patch_level);
    members.number("bootPatchLevel", list.boot_patch_level);
    members.flag("deviceUniqueAttestation", list.device_unique_attestation);
    members.identifier("attestationIdSecondImei", list.attestation_id_second_imei.as_ref());
    members.put("moduleHash", list.module_hash.as_ref().map(|hash| bytes(hash).into()));
}

fn origin_name(origin: KeyOrigin) -> String {
    match origin {
        KeyOrigin::Generated => "GENERATED".into(),
        KeyOrigin::Derived => "DERIVED".into(),
        KeyOrigin::Imported => "IMPORTED".into(),
        KeyOrigin::SecurelyImported => "SECURELY_IMPORTED".into(),
        KeyOrigin::Unknown(number) => number.to_string(),
    }
}

fn root_of_trust(root: &RootOfTrust) -> Value {
    let mut members = Members(Map::new());
    members.put("verifiedBootKey", Some(bytes(&root.verified_boot_key).into()));
    members.put("deviceLocked", Some(root.device_locked.into()));
    let state = match root.verified_boot_state {
        VerifiedBootState::Verified => "VERIFIED",
        VerifiedBootState::SelfSigned => "SELF_SIGNED",
        VerifiedBootState::Unverified => "UNVERIFIED",
        VerifiedBootState::Failed => "FAILED",
    };
    members.put("verifiedBootState", Some(state.into()));
    let hash = root.verified_boot_hash.as_ref();
    members.put("verifiedBootHash", hash.map(|hash| bytes(hash).into()));
    Value::Object(members.0)
}

fn application_id(id: &ApplicationId) -> Value {
    let packages: Vec<_> = id
        .packages
        .iter()
        .map(|package| {
            json!({
                "name": String::from_utf8_lossy(&package.name),
                "version": package.version.to_string(),
            })
        })
        .collect();
    let signatures: Vec<_> = id.signature_digests.iter().map(|digest| bytes(digest)).collect();
    json!({"packages": packages, "signatures": signatures})
}
