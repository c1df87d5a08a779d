//! What a synthetic leaf certificate says about its key: what Android says about a key as this
//! authenticator asks for it, on a device that does not exist.

use alloc::{vec, vec::Vec};
use std::sync::LazyLock;

use time::OffsetDateTime;

use crate::{
    ctap::auth_data::sha256,
    keystore::{
        SecurityLevel,
        key_description::{
            ALGORITHM_EC, ApplicationId, AuthorizationList, DIGEST_SHA_2_256, EC_CURVE_P_256,
            KeyDescription, KeyOrigin, PURPOSE_SIGN, Package, RootOfTrust, USER_AUTH_BIOMETRIC,
            USER_AUTH_PASSWORD, VerifiedBootState,
        },
    },
};

/// KeyMint 3, Android 14.
const KEY_MINT_VERSION: u32 = 300;
const OS_VERSION: u64 = 140_000;

static SIGNING_CERTIFICATE: LazyLock<Vec<u8>> =
    LazyLock::new(|| digest("Wardkey TEST signing certificate"));
static VERIFIED_BOOT_KEY: LazyLock<Vec<u8>> =
    LazyLock::new(|| digest("Wardkey TEST verified boot key"));
static VERIFIED_BOOT_HASH: LazyLock<Vec<u8>> =
    LazyLock::new(|| digest("Wardkey TEST verified boot hash"));

/// The description of a key made at `now`.
pub(super) fn describe(challenge: &[u8; 32], now: OffsetDateTime) -> KeyDescription {
    KeyDescription {
        attestation_version: KEY_MINT_VERSION,
        // Relying parties under test see what a phone would show them; the key store itself tells the
        // authenticator's policy the truth.
        attestation_security_level: SecurityLevel::TrustedEnvironment,
        key_mint_version: KEY_MINT_VERSION,
        key_mint_security_level: SecurityLevel::TrustedEnvironment,
        attestation_challenge: challenge.to_vec(),
        unique_id: Vec::new(),
        software_enforced: software_enforced(now),
        hardware_enforced: hardware_enforced(now),
    }
}

fn software_enforced(now: OffsetDateTime) -> AuthorizationList {
    AuthorizationList {
        unlocked_device_required: true,
        creation_date_time: u64::try_from(now.unix_timestamp() * 1000).ok(),
        attestation_application_id: Some(ApplicationId {
            packages: vec![Package { name: b"wardkey.test".to_vec(), version: 1 }],
            signature_digests: vec![SIGNING_CERTIFICATE.clone()],
        }),
        ..AuthorizationList::default()
    }
}

fn hardware_enforced(now: OffsetDateTime) -> AuthorizationList {
    let month = month(now);
    // Android's patch levels are of the first or fifth of a month.
    let first_of_month = month * 100 + 1;
    AuthorizationList {
        purposes: vec![PURPOSE_SIGN],
        algorithm: Some(ALGORITHM_EC),
        key_size: Some(256),
        digests: vec![DIGEST_SHA_2_256],
        ec_curve: Some(EC_CURVE_P_256),
        user_auth_type: Some(USER_AUTH_PASSWORD | USER_AUTH_BIOMETRIC),
        // No timeout: one authentication is good for one signature.
        auth_timeout: None,
        origin: Some(KeyOrigin::Generated),
        root_of_trust: Some(RootOfTrust {
            verified_boot_key: VERIFIED_BOOT_KEY.clone(),
            device_locked: true,
            verified_boot_state: VerifiedBootState::Verified,
            verified_boot_hash: Some(VERIFIED_BOOT_HASH.clone()),
        }),
        os_version: Some(OS_VERSION),
        os_patch_level: Some(month),
        vendor_patch_level: Some(first_of_month),
        boot_patch_level: Some(first_of_month),
        ..AuthorizationList::default()
    }
}

/// As patch levels count months: 202611.
pub(super) fn month(moment: OffsetDateTime) -> u64 {
    u64::from(moment.year().unsigned_abs()) * 100 + u64::from(u8::from(moment.month()))
}

pub(super) fn digest(name: &str) -> Vec<u8> {
    sha256(name.as_bytes()).to_vec()
}
