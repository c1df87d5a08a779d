//! The checks, one function each.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    Check, Evidence, Line, chain::Chain, date, finding::Finding, policy::Policy, sent, words,
};
use crate::keystore::{
    SecurityLevel,
    key_description::{
        ALGORITHM_EC, ApplicationId, AuthorizationList, DIGEST_SHA_2_256, EC_CURVE_P_256,
        KeyDescription, KeyOrigin, PURPOSE_SIGN, USER_AUTH_BIOMETRIC, USER_AUTH_PASSWORD,
        VerifiedBootState,
    },
};

/// Every check of [`Check::ALL`], in that order.
pub(super) fn run(evidence: &Evidence<'_>, policy: &Policy) -> (Vec<Line>, Option<KeyDescription>) {
    if let Some(lines) = sent::unattested(evidence, policy) {
        return (lines, None);
    }
    let chain = Chain::read(evidence.certificates);
    let leaf = evidence.certificates.first();
    let description = leaf.map(|leaf| KeyDescription::from_certificate(leaf));
    let mut lines = Vec::from([sent::registration(evidence).line(Check::Registration)]);
    lines.extend(sent::chain_lines(&chain, evidence, policy));
    let described: Vec<_> =
        Check::ALL.iter().copied().filter(|check| *check >= Check::Challenge).collect();
    let unread = |value: String| {
        let reason = "What the hardware says of this key cannot be read, so nothing is proved.";
        let line = |check: &Check| Finding::fail(value.clone(), reason).line(*check);
        described.iter().map(line).collect::<Vec<_>>()
    };
    match description {
        None => lines.extend(unread("nothing".into())),
        Some(Err(error)) => lines.extend(unread(error.to_string())),
        Some(Ok(description)) => {
            let line =
                |check: &Check| describe(*check, &description, evidence, policy).line(*check);
            lines.extend(described.iter().map(line));
            return (lines, Some(description));
        }
    }
    (lines, None)
}

fn describe(
    check: Check,
    key: &KeyDescription,
    evidence: &Evidence<'_>,
    policy: &Policy,
) -> Finding {
    let hardware = &key.hardware_enforced;
    match check {
        Check::Challenge => challenge(key, evidence),
        Check::AttestationLevel => level(key.attestation_security_level, policy),
        Check::KeyLevel => level(key.key_mint_security_level, policy),
        Check::VerifiedBoot => verified_boot(hardware, policy),
        Check::Bootloader => bootloader(hardware, policy),
        Check::OsVersion => os_version(hardware, policy),
        Check::PatchLevel => patch_level(hardware, evidence.now, policy),
        Check::Purpose => purpose(hardware),
        Check::Algorithm => algorithm(hardware),
        Check::Origin => origin(hardware),
        Check::UserAuthentication => user_authentication(key),
        Check::UnlockedDevice => unlocked_device(key, policy),
        Check::AllApplications => all_applications(key),
        Check::Application => application(key, policy),
        Check::Registration | Check::Chain | Check::Validity | Check::Revocation => {
            Finding::fail("not looked at", "This is a fault of the program.")
        }
    }
}

fn challenge(key: &KeyDescription, evidence: &Evidence<'_>) -> Finding {
    match evidence.challenge {
        Some(challenge) if key.attestation_challenge == challenge => {
            Finding::pass("matches", "The key was made in this very registration.")
        }
        Some(_) => Finding::fail(
            "does not match",
            "The key was made for something else: an old or foreign proof is being repeated.",
        ),
        None => Finding::warn(
            "not known",
            "A bare chain does not say what it was made for, so it could be an old one.",
        ),
    }
}

fn level(level: SecurityLevel, policy: &Policy) -> Finding {
    let value = match level {
        SecurityLevel::Software => "software",
        SecurityLevel::TrustedEnvironment => "TEE, a protected part of the main processor",
        SecurityLevel::StrongBox => "StrongBox, a separate secure element",
    };
    if level >= policy.minimum_level {
        Finding::pass(value, "It is at least what the policy requires.")
    } else {
        Finding::fail(value, "It is less than the policy requires.")
    }
}

fn verified_boot(hardware: &AuthorizationList, policy: &Policy) -> Finding {
    let state = hardware.root_of_trust.as_ref().map(|root| root.verified_boot_state);
    let changed = "The operating system is not the maker's, so what the screen shows may be false.";
    match state {
        Some(VerifiedBootState::Verified) => {
            Finding::pass("the maker's", "The phone runs the operating system of its maker.")
        }
        Some(VerifiedBootState::SelfSigned) => {
            Finding::short(policy.verified_boot, "another one, signed by the owner", changed)
        }
        Some(VerifiedBootState::Unverified) => {
            Finding::short(policy.verified_boot, "unverified", changed)
        }
        Some(VerifiedBootState::Failed) => {
            Finding::fail("verification failed", "The phone itself found its system changed.")
        }
        None => Finding::fail("not said", "The hardware does not say what the phone runs."),
    }
}

fn bootloader(hardware: &AuthorizationList, policy: &Policy) -> Finding {
    match hardware.root_of_trust.as_ref().map(|root| root.device_locked) {
        Some(true) => Finding::pass("locked", "Nobody can put another system on the phone."),
        Some(false) => Finding::short(
            policy.verified_boot,
            "open",
            "Whoever holds the phone can put another system on it.",
        ),
        None => Finding::fail("not said", "The hardware does not say whether it is locked."),
    }
}

fn os_version(hardware: &AuthorizationList, policy: &Policy) -> Finding {
    match hardware.os_version {
        // 0 is what some devices report for a system that was never given a number.
        Some(version) if version >= policy.minimum_os_version => {
            Finding::pass(format!("Android {}", version / 10_000), "It is recent enough.")
        }
        Some(version) => Finding::fail(
            format!("Android {}", version / 10_000),
            "It is older than the policy allows: update the phone.",
        ),
        None => Finding::fail("not said", "The hardware does not say which version runs."),
    }
}

fn patch_level(hardware: &AuthorizationList, now: u64, policy: &Policy) -> Finding {
    let level = hardware.os_patch_level;
    let months = level.and_then(date::month_of_patch).zip(date::month_of(now));
    let (Some(level), Some((patched, today))) = (level, months) else {
        return Finding::fail("not said", "The hardware does not say when it was last updated.");
    };
    let age = today.saturating_sub(patched);
    let value = format!("{}-{:02}, {age} months old", level / 100, level % 100);
    if age > policy.patch_months_fail {
        Finding::fail(value, "The phone has known holes: install its security updates first.")
    } else if age > policy.patch_months_warn {
        Finding::warn(value, "The phone has missed security updates: ask for them to be installed.")
    } else {
        Finding::pass(value, "The phone's security updates are recent.")
    }
}

fn purpose(hardware: &AuthorizationList) -> Finding {
    if hardware.purposes == [PURPOSE_SIGN] {
        Finding::pass("signs", "The key does nothing but sign.")
    } else {
        let named: Vec<_> =
            hardware.purposes.iter().map(|number| words::purpose(*number)).collect();
        let value = if named.is_empty() { "not said".into() } else { named.join(", ") };
        Finding::fail(value, "A passkey's key signs and does nothing else.")
    }
}

fn algorithm(hardware: &AuthorizationList) -> Finding {
    let is_ec = hardware.algorithm == Some(ALGORITHM_EC);
    let is_p256 = hardware.ec_curve == Some(EC_CURVE_P_256)
        || (hardware.ec_curve.is_none() && hardware.key_size == Some(256));
    if is_ec && is_p256 && hardware.digests == [DIGEST_SHA_2_256] {
        Finding::pass("ECDSA on P-256 with SHA-256", "It is the kind this service uses.")
    } else {
        Finding::fail(
            words::kind_of_key(hardware),
            "This service uses ECDSA on P-256 with SHA-256 only.",
        )
    }
}

fn origin(hardware: &AuthorizationList) -> Finding {
    match hardware.origin {
        Some(KeyOrigin::Generated) => {
            Finding::pass("made in the hardware", "No copy of the key can be anywhere else.")
        }
        Some(KeyOrigin::Imported | KeyOrigin::SecurelyImported) => {
            Finding::fail("brought in from outside", "Somebody else may have a copy of the key.")
        }
        Some(KeyOrigin::Derived | KeyOrigin::Unknown(_)) | None => {
            Finding::fail("unknown", "The hardware does not say that it made the key itself.")
        }
    }
}

/// One authentication for one signature: `noAuthRequired` and `authTimeout` absent from both lists.
fn user_authentication(key: &KeyDescription) -> Finding {
    let lists = [&key.software_enforced, &key.hardware_enforced];
    if lists.iter().any(|list| list.no_auth_required) {
        return Finding::fail("not asked for", "Whoever holds the phone can sign in with it.");
    }
    if lists.iter().any(|list| list.auth_timeout.is_some()) {
        let reason = "One fingerprint lets the key sign more than once.";
        return Finding::fail("good for a while", reason);
    }
    let known = USER_AUTH_PASSWORD | USER_AUTH_BIOMETRIC;
    match key.hardware_enforced.user_auth_type.map(|types| types & known) {
        Some(USER_AUTH_BIOMETRIC) => {
            Finding::pass("fingerprint or face, every time", "Only its owner can use the key.")
        }
        Some(USER_AUTH_PASSWORD) => {
            Finding::pass("PIN, every time", "Only who knows the PIN can use the key.")
        }
        Some(types) if types == known => {
            Finding::pass("fingerprint, face or PIN, every time", "Only its owner can use the key.")
        }
        _ => Finding::fail("not said", "The hardware does not say that it verifies its user."),
    }
}

fn unlocked_device(key: &KeyDescription, policy: &Policy) -> Finding {
    let lists = [&key.software_enforced, &key.hardware_enforced];
    if lists.iter().any(|list| list.unlocked_device_required) {
        Finding::pass("must be open", "The key works only while the phone is unlocked.")
    } else {
        let reason = "The key also works while the phone is locked.";
        Finding::short(policy.unlocked_device, "does not matter", reason)
    }
}

fn all_applications(key: &KeyDescription) -> Finding {
    if key.software_enforced.all_applications || key.hardware_enforced.all_applications {
        Finding::fail("any application", "Every application of the phone could use the key.")
    } else {
        Finding::pass("one application", "Other applications of the phone cannot use the key.")
    }
}

fn application(key: &KeyDescription, policy: &Policy) -> Finding {
    // Written by the operating system, so it is worth as much as the verdict on that.
    let Some(id) = &key.software_enforced.attestation_application_id else {
        return Finding::fail("not said", "The phone does not say which application made the key.");
    };
    let value = names(id);
    if policy.applications.is_empty() {
        return Finding::fail(value, "The policy names no application whose keys are taken.");
    }
    // Several packages share a user id and with it the key: each must be allowed.
    let is_allowed = !id.packages.is_empty()
        && id.packages.iter().all(|package| {
            policy.applications.iter().any(|app| {
                app.package.as_bytes() == package.name
                    && !id.signature_digests.is_empty()
                    && id.signature_digests.iter().all(|digest| {
                        app.certificates.iter().any(|allowed| allowed.as_slice() == digest)
                    })
            })
        });
    if is_allowed {
        Finding::pass(value, "The key was made by the right application.")
    } else {
        Finding::fail(value, "The key was made by another application, or by a changed copy.")
    }
}

fn names(id: &ApplicationId) -> String {
    let names: Vec<_> =
        id.packages.iter().map(|package| String::from_utf8_lossy(&package.name)).collect();
    names.join(", ")
}
