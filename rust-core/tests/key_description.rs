//! Key descriptions of real devices read as published, and hostile ones refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{fs, path::Path};

use pem::Pem;
use proptest::prelude::*;
use serde_json::Value;
use wardkey_core::{
    attestation::key_description::{
        ApplicationId, AuthorizationList, DeviceIdentifier, InvalidKeyDescription, KeyDescription,
        KeyOrigin, Package, RootOfTrust, VerifiedBootState,
    },
    keystore::SecurityLevel,
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/attestation");

fn leaf(path: &Path) -> Vec<u8> {
    let chain = pem::parse_many(fs::read(path).unwrap()).unwrap();
    chain.first().map(Pem::contents).unwrap().to_vec()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn base64(value: &Value) -> Vec<u8> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(value.as_str().unwrap()).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

/// One number or a list of them: the published files write both for sets.
fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().map_or_else(|| vec![number(value)], |items| items.iter().map(number).collect())
}

fn identifier(value: &Value) -> DeviceIdentifier {
    DeviceIdentifier::new(value.as_str().unwrap())
}

fn security_level(value: &Value) -> SecurityLevel {
    match value.as_str().unwrap() {
        "SOFTWARE" => SecurityLevel::Software,
        "TRUSTED_ENVIRONMENT" => SecurityLevel::TrustedEnvironment,
        "STRONG_BOX" => SecurityLevel::StrongBox,
        other => panic!("{other}"),
    }
}

fn root_of_trust(value: &Value) -> RootOfTrust {
    RootOfTrust {
        verified_boot_key: base64(&value["verifiedBootKey"]),
        device_locked: value["deviceLocked"].as_bool().unwrap(),
        verified_boot_state: match value["verifiedBootState"].as_str().unwrap() {
            "VERIFIED" => VerifiedBootState::Verified,
            "UNVERIFIED" => VerifiedBootState::Unverified,
            other => panic!("{other}"),
        },
        verified_boot_hash: Some(base64(&value["verifiedBootHash"])),
    }
}

fn application_id(value: &Value) -> ApplicationId {
    let package = |package: &Value| Package {
        name: package["name"].as_str().unwrap().into(),
        version: number(&package["version"]),
    };
    ApplicationId {
        packages: value["packages"].as_array().unwrap().iter().map(package).collect(),
        signature_digests: value["signatures"].as_array().unwrap().iter().map(base64).collect(),
    }
}

fn set_member(list: &mut AuthorizationList, name: &str, value: &Value) {
    match name {
        "purposes" => list.purposes = numbers(value),
        "algorithms" => list.algorithm = Some(number(value)),
        "keySize" => list.key_size = Some(number(value)),
        "blockModes" => list.block_modes = numbers(value),
        "digests" => list.digests = numbers(value),
        "paddings" => list.paddings = numbers(value),
        "ecCurve" => list.ec_curve = Some(number(value)),
        "rsaPublicExponent" => list.rsa_public_exponent = Some(number(value)),
        "rsaOaepMgfDigests" => list.rsa_oaep_mgf_digests = numbers(value),
        "activeDateTime" => list.active_date_time = Some(number(value)),
        "originationExpireDateTime" => list.origination_expire_date_time = Some(number(value)),
        "usageExpireDateTime" => list.usage_expire_date_time = Some(number(value)),
        "usageCountLimit" => list.usage_count_limit = Some(number(value)),
        "noAuthRequired" => list.no_auth_required = value.as_bool().unwrap(),
        "userAuthType" => list.user_auth_type = Some(number(value)),
        "authTimeout" => list.auth_timeout = Some(number(value)),
        "allowWhileOnBody" => list.allow_while_on_body = value.as_bool().unwrap(),
        "trustedUserPresenceRequired" => {
            list.trusted_user_presence_required = value.as_bool().unwrap();
        }
        "trustedConfirmationRequired" => {
            list.trusted_confirmation_required = value.as_bool().unwrap();
        }
        "unlockedDeviceRequired" => list.unlocked_device_required = value.as_bool().unwrap(),
        "rollbackResistant" => list.rollback_resistant = value.as_bool().unwrap(),
        "creationDateTime" => list.creation_date_time = Some(number(value)),
        "origin" => {
            assert_eq!(value, "GENERATED");
            list.origin = Some(KeyOrigin::Generated);
        }
        "rootOfTrust" => list.root_of_trust = Some(root_of_trust(value)),
        "osVersion" => list.os_version = Some(number(value)),
        "osPatchLevel" => list.os_patch_level = Some(number(value)),
        "attestationApplicationId" => {
            list.attestation_application_id = Some(application_id(value));
        }
        "attestationIdBrand" => list.attestation_id_brand = Some(identifier(value)),
        "attestationIdDevice" => list.attestation_id_device = Some(identifier(value)),
        "attestationIdProduct" => list.attestation_id_product = Some(identifier(value)),
        "attestationIdSerial" => list.attestation_id_serial = Some(identifier(value)),
        "attestationIdImei" => list.attestation_id_imei = Some(identifier(value)),
        "attestationIdMeid" => list.attestation_id_meid = Some(identifier(value)),
        "attestationIdManufacturer" => list.attestation_id_manufacturer = Some(identifier(value)),
        "attestationIdModel" => list.attestation_id_model = Some(identifier(value)),
        "attestationIdSecondImei" => list.attestation_id_second_imei = Some(identifier(value)),
        "vendorPatchLevel" => list.vendor_patch_level = Some(number(value)),
        "bootPatchLevel" => list.boot_patch_level = Some(number(value)),
        "moduleHash" => list.module_hash = Some(base64(value)),
        // A member of a later schema, which no certificate here has.
        "mlDsaVariant" => {}
        other => panic!("unknown member {other}"),
    }
}

fn authorization_list(value: &Value) -> AuthorizationList {
    let mut list = AuthorizationList::default();
    for (name, value) in value.as_object().unwrap() {
        set_member(&mut list, name, value);
    }
    list
}

fn description(value: &Value) -> KeyDescription {
    KeyDescription {
        attestation_version: number(&value["attestationVersion"]).try_into().unwrap(),
        attestation_security_level: security_level(&value["attestationSecurityLevel"]),
        key_mint_version: number(&value["keyMintVersion"]).try_into().unwrap(),
        key_mint_security_level: security_level(&value["keyMintSecurityLevel"]),
        attestation_challenge: base64(&value["attestationChallenge"]),
        unique_id: base64(&value["uniqueId"]),
        software_enforced: authorization_list(&value["softwareEnforced"]),
        hardware_enforced: authorization_list(&value["hardwareEnforced"]),
    }
}

#[test]
fn every_published_chain_says_what_its_publisher_read() {
    let mut count = 0;
    for device in ["akita/sdk34", "caiman/sdk36"] {
        for entry in fs::read_dir(Path::new(FIXTURES).join(device)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "pem") {
                let expected = description(&json(&path.with_extension("json")));
                let read = KeyDescription::from_certificate(&leaf(&path)).unwrap();
                assert_eq!(read, expected, "{}", path.display());
                assert_eq!(KeyDescription::decode(&read.encode().unwrap()).unwrap(), read);
                count += 1;
            }
        }
    }
    assert_eq!(count, 7);
}

#[test]
fn a_description_with_every_member_survives_a_round_trip() {
    let all = description(&json(&Path::new(FIXTURES).join("complete_authlist.json")));
    let bytes = all.encode().unwrap();
    assert_eq!(KeyDescription::decode(&bytes).unwrap(), all);
}

#[test]
fn several_packages_are_read_from_one_application_id() {
    let leaf = leaf(&Path::new(FIXTURES).join("allow_while_on_body.pem"));
    let description = KeyDescription::from_certificate(&leaf).unwrap();
    assert!(description.software_enforced.allow_while_on_body);
    let id = description.software_enforced.attestation_application_id.unwrap();
    let names: Vec<_> = id.packages.iter().map(|package| package.name.as_slice()).collect();
    assert_eq!(names, [b"com.google.android.gsf", b"com.google.android.gms"]);
}

#[test]
fn malformed_descriptions_are_refused_by_name() {
    let invalid = Path::new(FIXTURES).join("invalid");
    let read = |name: &str| KeyDescription::from_certificate(&leaf(&invalid.join(name)));
    assert!(matches!(
        read("malformed_rot_device_locked.pem"),
        Err(InvalidKeyDescription::Authorization { tag: 704, .. })
    ));
    assert!(matches!(
        read("tags_not_in_ascending_order.pem"),
        Err(InvalidKeyDescription::Order { .. })
    ));
}

#[test]
fn a_certificate_without_the_extension_says_so() {
    let roots = json(&Path::new(FIXTURES).join("roots.json"));
    for root in roots.as_array().unwrap() {
        let root = pem::parse(root.as_str().unwrap()).unwrap();
        assert_eq!(
            KeyDescription::from_certificate(root.contents()),
            Err(InvalidKeyDescription::Missing)
        );
    }
    assert!(matches!(
        KeyDescription::from_certificate(b"not DER"),
        Err(InvalidKeyDescription::Certificate(_))
    ));
}

/// A DER value of at most 127 bytes, all in hex.
fn tlv(tag: &str, content: &str) -> String {
    format!("{tag}{:02x}{content}", content.len() / 2)
}

/// A description with these security levels and this hardware-enforced list.
fn decode(level: &str, list: &str) -> Result<KeyDescription, InvalidKeyDescription> {
    let (version, empty_octets, empty_list) = ("020103", "0400", "3000");
    let list = tlv("30", list);
    let content =
        [version, level, version, level, empty_octets, empty_octets, empty_list, &list].concat();
    KeyDescription::decode(&hex::decode(tlv("30", &content)).unwrap())
}

const SOFTWARE: &str = "0a0100";
/// [3] 256
const KEY_SIZE: &str = "a30402020100";
/// [702] 0
const ORIGIN: &str = "bf853e03020100";

#[test]
fn unknown_tags_are_skipped() {
    // [11] OCTET STRING and [999] NULL are of no schema this crate knows.
    let list = [KEY_SIZE, "ab040402cafe", ORIGIN, "bf8767020500"].concat();
    let description = decode(SOFTWARE, &list).unwrap();
    assert_eq!(description.hardware_enforced.key_size, Some(256));
    assert_eq!(description.hardware_enforced.origin, Some(KeyOrigin::Generated));
}

#[test]
fn a_tag_comes_once_and_in_its_place() {
    let twice = decode(SOFTWARE, &[KEY_SIZE, KEY_SIZE].concat());
    assert_eq!(twice, Err(InvalidKeyDescription::Order { tag: 3 }));
    let late = decode(SOFTWARE, &[ORIGIN, KEY_SIZE].concat());
    assert_eq!(late, Err(InvalidKeyDescription::Order { tag: 3 }));
    // [APPLICATION 3]
    let of_another_class = decode(SOFTWARE, "630402020100");
    assert!(matches!(of_another_class, Err(InvalidKeyDescription::Encoding(_))));
}

#[test]
fn security_levels_are_the_three_there_are() {
    for (level, expected) in [
        ("0a0100", SecurityLevel::Software),
        ("0a0101", SecurityLevel::TrustedEnvironment),
        ("0a0102", SecurityLevel::StrongBox),
    ] {
        assert_eq!(decode(level, "").unwrap().key_mint_security_level, expected);
    }
    for level in ["0a0103", "0a01ff", "0a020001", "0a00", "020101"] {
        assert!(matches!(decode(level, ""), Err(InvalidKeyDescription::Encoding(_))), "{level}");
    }
}

#[test]
fn nothing_may_follow_the_end() {
    let mut bytes = KeyDescription::encode(&decode(SOFTWARE, KEY_SIZE).unwrap()).unwrap();
    assert!(KeyDescription::decode(&bytes).is_ok());
    bytes.push(0);
    assert!(matches!(KeyDescription::decode(&bytes), Err(InvalidKeyDescription::Encoding(_))));

    let application_id = |octets: &str| decode(SOFTWARE, &tlv("bf8545", &tlv("04", octets)));
    let empty = "300431003100";
    assert!(application_id(empty).is_ok());
    let error = application_id(&format!("{empty}00")).unwrap_err();
    assert!(matches!(error, InvalidKeyDescription::Authorization { tag: 709, .. }));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = KeyDescription::decode(&bytes);
        let _ = KeyDescription::from_certificate(&bytes);
    }

    #[test]
    fn a_damaged_description_never_panics(index in any::<prop::sample::Index>(), flip in 1_u8..) {
        let all = description(&json(&Path::new(FIXTURES).join("complete_authlist.json")));
        let mut bytes = all.encode().unwrap();
        let at = index.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = KeyDescription::decode(&bytes) {
            // What still reads can be written; sets are sorted by that.
            let sorted = other.encode().unwrap();
            let again = KeyDescription::decode(&sorted).unwrap();
            prop_assert_eq!(again.encode().unwrap(), sorted);
        }
    }

    #[test]
    fn every_prefix_is_refused(end in any::<prop::sample::Index>()) {
        let all = description(&json(&Path::new(FIXTURES).join("complete_authlist.json")));
        let bytes = all.encode().unwrap();
        prop_assert!(KeyDescription::decode(&bytes[..end.index(bytes.len())]).is_err());
    }
}
