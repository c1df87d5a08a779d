//! The decoded result of a ceremony: as members for programs, and in words for testers.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Serialize;
use uuid::Uuid;
use webauthn_rs_core::{
    internals::AuthenticatorData,
    proto::{COSEAlgorithm, Ceremony, CredProps, ExtnState},
};

use crate::{
    attestation::{KeyDescription, RootOfTrust, SecurityLevel, UserAuthentication, Verdict},
    store::Passkey,
};

/// What `POST /register/verify` and `POST /signin/verify` answer on success.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// `registration` or `signin`.
    ceremony: &'static str,
    user: UserFacts,
    credential_id: String,
    flags: Flags,
    sign_count: u32,
    algorithm: &'static str,
    transports: Vec<String>,
    /// Registration only.
    #[serde(skip_serializing_if = "Option::is_none")]
    aaguid: Option<Uuid>,
    /// Registration only.
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<Verdict>,
    /// The same, for people.
    facts: Vec<Fact>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UserFacts {
    id: String,
    name: String,
    display_name: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "they are the flag bits of authenticator data")]
struct Flags {
    user_present: bool,
    user_verified: bool,
    backup_eligible: bool,
    backup_state: bool,
}

/// One line of the result: what, how it is, and what that means.
#[derive(Debug, Serialize)]
struct Fact {
    label: &'static str,
    value: String,
    meaning: String,
}

impl Fact {
    fn new(label: &'static str, value: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { label, value: value.into(), meaning: meaning.into() }
    }
}

impl Report {
    pub(crate) fn registration<C: Ceremony>(
        passkey: &Passkey,
        data: &AuthenticatorData<C>,
        verdict: Verdict,
    ) -> Self {
        let aaguid =
            Uuid::from_bytes(data.acd.as_ref().map_or([0; 16], |attested| attested.aaguid));
        let mut report = Self::common("registration", passkey, data);
        report.facts.push(discoverable(&passkey.credential.extensions.cred_props));
        report.facts.push(counter(data.counter, None));
        report.facts.push(Fact::new(
            "Authenticator model (AAGUID)",
            aaguid.to_string(),
            model(aaguid),
        ));
        report.facts.push(Fact::new("Attestation", verdict.format.clone(), verdict.words.clone()));
        if let Some(description) = &verdict.key_description {
            report.facts.extend(android(description, verdict.weight()));
        }
        report.aaguid = Some(aaguid);
        report.attestation = Some(verdict);
        report
    }

    pub(crate) fn signin<C: Ceremony>(
        passkey: &Passkey,
        data: &AuthenticatorData<C>,
        counter_before: u32,
    ) -> Self {
        let mut report = Self::common("signin", passkey, data);
        report.facts.push(counter(data.counter, Some(counter_before)));
        report
    }

    fn common<C: Ceremony>(
        ceremony: &'static str,
        passkey: &Passkey,
        data: &AuthenticatorData<C>,
    ) -> Self {
        let flags = Flags {
            user_present: data.user_present,
            user_verified: data.user_verified,
            backup_eligible: data.backup_eligible,
            backup_state: data.backup_state,
        };
        let credential_id = Base64UrlUnpadded::encode_string(&passkey.credential.cred_id);
        let algorithm = algorithm(passkey.credential.cred.type_);
        let facts = vec![
            Fact::new("User", passkey.user.name.clone(), "the account this passkey belongs to"),
            present(flags),
            verified(flags),
            backup(flags),
            Fact::new(
                "Credential id",
                credential_id.clone(),
                format!("{} bytes", passkey.credential.cred_id.len()),
            ),
            Fact::new("Signature algorithm", algorithm, "how this passkey signs"),
            transports(&passkey.transports),
        ];
        Self {
            ceremony,
            user: UserFacts {
                id: Base64UrlUnpadded::encode_string(&passkey.user.id),
                name: passkey.user.name.clone(),
                display_name: passkey.user.display_name.clone(),
            },
            credential_id,
            flags,
            sign_count: data.counter,
            algorithm,
            transports: passkey.transports.clone(),
            aaguid: None,
            attestation: None,
            facts,
        }
    }
}

fn present(flags: Flags) -> Fact {
    // The verifier refuses responses without this flag.
    let value = if flags.user_present { "yes" } else { "no" };
    Fact::new("User present", value, "somebody confirmed on the authenticator")
}

fn verified(flags: Flags) -> Fact {
    if flags.user_verified {
        Fact::new(
            "User verified",
            "yes",
            "the authenticator checked a fingerprint, a face or a PIN",
        )
    } else {
        Fact::new("User verified", "no", "nobody checked who it was")
    }
}

fn backup(flags: Flags) -> Fact {
    let (value, meaning) = match (flags.backup_eligible, flags.backup_state) {
        (false, false) => ("no", "this passkey stays on one device"),
        (true, false) => {
            ("possible", "this passkey may be copied to other devices, and is not yet")
        }
        (true, true) => ("yes", "this passkey is copied to other devices (synced)"),
        (false, true) => ("contradiction", "said to be copied although it cannot be"),
    };
    Fact::new("Backup state", value, meaning)
}

/// The client's word, unsigned.
fn discoverable(properties: &ExtnState<CredProps>) -> Fact {
    const LABEL: &str = "Discoverable";
    match properties {
        ExtnState::Unsigned(CredProps { rk: Some(true) }) => {
            Fact::new(LABEL, "yes", "the authenticator finds this passkey without an allow list")
        }
        ExtnState::Unsigned(CredProps { rk: Some(false) }) => {
            Fact::new(LABEL, "no", "signing in with this passkey needs the allow list")
        }
        _ => Fact::new(
            LABEL,
            "not stated",
            "the browser did not say; try to sign in without the allow list",
        ),
    }
}

fn counter(now: u32, before: Option<u32>) -> Fact {
    let meaning = match (now, before) {
        (0, None) => {
            "nothing counted yet; it grows at the next sign-in if the authenticator counts"
                .to_owned()
        }
        (0, Some(_)) => "this authenticator does not count".to_owned(),
        (_, None) => "must grow with every sign-in".to_owned(),
        (_, Some(before)) => format!("was {before} before; it must grow, or a copy is in use"),
    };
    Fact::new("Signature counter", now.to_string(), meaning)
}

fn model(aaguid: Uuid) -> &'static str {
    if aaguid.is_nil() {
        "all zeros: the authenticator does not say its model"
    } else {
        "the same for every authenticator of this model"
    }
}

/// What an Android phone says about the key. Without a trusted chain it is a claim like any other.
fn android(description: &KeyDescription, weight: &'static str) -> Vec<Fact> {
    let level = match description.level() {
        SecurityLevel::StrongBox => "StrongBox, a security chip of its own",
        SecurityLevel::Tee => "TEE, a protected part of the main processor",
        SecurityLevel::Software => "software, no hardware protects it",
    };
    let authentication = match description.user_authentication {
        UserAuthentication::EveryUse => "for every signature".to_owned(),
        UserAuthentication::Every(seconds) => format!("once in {seconds} seconds"),
        UserAuthentication::Never => "never".to_owned(),
    };
    let mut facts = vec![
        Fact::new("Key kept in", level, weight),
        Fact::new("Key asks for its user", authentication, weight),
    ];
    facts.extend(description.root_of_trust.map(|root| Fact::new("Device", device(root), weight)));
    if let (Some(version), Some(patch)) = (description.os_version, description.os_patch_level) {
        let value =
            format!("Android {}, patched {}-{:02}", version / 10_000, patch / 100, patch % 100);
        facts.push(Fact::new("System", value, weight));
    }
    facts
}

fn device(root: RootOfTrust) -> &'static str {
    match (root.device_locked, root.verified_boot_state) {
        (true, 0) => "locked, with the maker's system",
        (true, 1) => "locked, with a system of the owner's choice",
        (true, _) => "locked, with a system that was not verified",
        (false, _) => "unlocked: any system may have been started",
    }
}

fn transports(transports: &[String]) -> Fact {
    if transports.is_empty() {
        Fact::new(
            "Transports",
            "not stated",
            "the client did not say how this passkey can be reached",
        )
    } else {
        Fact::new("Transports", transports.join(", "), "how this passkey can be reached")
    }
}

fn algorithm(algorithm: COSEAlgorithm) -> &'static str {
    match algorithm {
        COSEAlgorithm::ES256 => "ES256 (ECDSA on P-256)",
        COSEAlgorithm::RS256 => "RS256 (RSA)",
        _ => "another",
    }
}
