//! What an attestation says, and whether those who say it are trusted.

mod key_description;
mod statement;
mod strongbox;

use std::{collections::HashSet, time::SystemTime};

use ciborium::Value;
use serde::Serialize;
use wardkey_core::{
    attestation::{android_key, packed, verdict},
    ctap::auth_data::AuthenticatorData as CoreData,
    webauthn::{self, AttestationObject},
};
use webauthn_attestation_ca::AttestationCa;
use webauthn_rs_core::{
    WebauthnCore,
    attestation::verify_attestation_ca_chain,
    error::WebauthnError,
    internals::AuthenticatorData,
    proto::{
        Credential, ParsedAttestationData, RegisterPublicKeyCredential, Registration,
        RegistrationState,
    },
};

pub(crate) use key_description::{KeyDescription, RootOfTrust, SecurityLevel, UserAuthentication};

use crate::{refusal::Refusal, requests::Conveyance, settings::TrustedRoots, verification};

/// The attestation part of a registration's result.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    /// The attestation statement format identifier.
    pub(crate) format: String,
    /// Whether a chain of certificates was followed to a trusted root.
    pub(crate) verified: bool,
    /// Whether that root is for tests, so that its word proves nothing.
    pub(crate) test_root: bool,
    /// Where the key lives, as the attestation says.
    pub(crate) level: Option<SecurityLevel>,
    /// What else Android says about the key.
    pub(crate) key_description: Option<KeyDescription>,
    /// Number of certificates sent.
    pub(crate) certificates: usize,
    /// The same in words.
    pub(crate) words: String,
}

/// Judges the attestation of a credential whose signature has been verified already.
///
/// A relying party that asks for attestation and is given a chain must not accept one it cannot
/// follow to a root it trusts. `none` and self attestation carry no chain: they are accepted, and
/// the verdict says what is missing.
pub(crate) fn judge(
    credential: &Credential,
    decoded: &Decoded,
    asked: Conveyance,
    roots: &TrustedRoots,
) -> Result<Verdict, Refusal> {
    let data = &credential.attestation.data;
    let key_description = decoded.key_description.clone();
    let level = key_description.as_ref().map(KeyDescription::level);
    let mut verdict = Verdict {
        format: decoded.format.clone(),
        verified: false,
        test_root: false,
        level,
        key_description,
        certificates: certificates(data),
        words: String::new(),
    };
    if let Some(why) = why_not_followed(data, asked, roots) {
        verdict.words = format!("{}{why}", verdict.format);
    } else {
        verdict.test_root = is_for_tests(root(data, roots)?);
        verdict.verified = true;
        verdict.words = verified_words(&verdict);
    }
    Ok(verdict)
}

impl Verdict {
    /// How far what the phone says of itself can be believed.
    pub(crate) fn weight(&self) -> &'static str {
        match (self.verified, self.test_root) {
            (true, false) => "attested",
            (true, true) => "claimed by a test chain, proves nothing",
            (false, _) => "claimed, not verified",
        }
    }
}

/// What follows the format when there is no chain to follow, or nobody wants it followed.
fn why_not_followed(
    data: &ParsedAttestationData,
    asked: Conveyance,
    roots: &TrustedRoots,
) -> Option<&'static str> {
    match data {
        ParsedAttestationData::None if asked == Conveyance::None => Some(", as asked"),
        ParsedAttestationData::None => {
            Some(": the browser or the authenticator withheld it although it was asked for")
        }
        ParsedAttestationData::Self_ => Some(
            ", self attestation: signed by the passkey itself, nobody vouches for the authenticator",
        ),
        _ if asked == Conveyance::None => {
            Some(", not looked at further because none was asked for")
        }
        _ if roots.is_empty() => {
            Some(", not verified: this sandbox was started without trusted roots")
        }
        _ => None,
    }
}

/// The trusted root that a chain leads to.
fn root<'roots>(
    chain: &ParsedAttestationData,
    roots: &'roots TrustedRoots,
) -> Result<&'roots AttestationCa, Refusal> {
    let path = up_to_the_root(chain, roots);
    match verify_attestation_ca_chain(&path, roots.list(), SystemTime::now()) {
        Ok(Some(root)) => Ok(root),
        Ok(None) => Err(Refusal::Untrusted(
            "it leads to no root that this sandbox was started with".to_owned(),
        )),
        Err(WebauthnError::AttestationChainNotTrusted(reason)) => {
            Err(Refusal::Untrusted(format!("its chain of certificates was refused ({reason:?})")))
        }
        Err(other) => Err(Refusal::Untrusted(other.to_string())),
    }
}

/// A chain without the trusted root at its end, which phones send along. It is no part of the path to be
/// verified (RFC 5280 §6.1), and the verifier would count it as one authority more than its own limit allows.
fn up_to_the_root(chain: &ParsedAttestationData, roots: &TrustedRoots) -> ParsedAttestationData {
    let mut path = chain.clone();
    if let ParsedAttestationData::Basic(certificates)
    | ParsedAttestationData::AttCa(certificates)
    | ParsedAttestationData::AnonCa(certificates) = &mut path
    {
        let is_trusted = |last: &mut _| roots.list().cas().values().any(|root| root.ca() == last);
        certificates.pop_if(is_trusted);
    }
    path
}

/// Whether a root has the word “test” in its name, as that of `wardkey phone root` has.
///
/// Nobody who vouches for hardware is called so, and a chain may be doubted too often, but not too seldom.
fn is_for_tests(root: &AttestationCa) -> bool {
    let name = root.ca().tbs_certificate().subject().to_string();
    let mut words = name.split(|character: char| !character.is_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case("test"))
}

fn verified_words(verdict: &Verdict) -> String {
    let kind = if verdict.test_root {
        "test chain, proves nothing about hardware"
    } else {
        "attestation verified"
    };
    let level = match verdict.level {
        Some(SecurityLevel::StrongBox) => ", hardware level StrongBox",
        Some(SecurityLevel::Tee) => ", hardware level TEE",
        Some(SecurityLevel::Software) => ", level software: no hardware protects the key",
        None => "",
    };
    format!("{kind}: {}{level}", verdict.format)
}

fn certificates(data: &ParsedAttestationData) -> usize {
    match data {
        ParsedAttestationData::Basic(chain)
        | ParsedAttestationData::AttCa(chain)
        | ParsedAttestationData::AnonCa(chain) => chain.len(),
        _ => 0,
    }
}

/// The parts of an attestation object that the verifier keeps to itself.
pub(crate) struct Decoded {
    pub(crate) format: String,
    statement: Value,
    data_bytes: Vec<u8>,
    pub(crate) data: AuthenticatorData<Registration>,
    /// The certificates of an `android-key` chain, the key's own first.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// What the first certificate of an `android-key` chain says, if it can be read.
    pub(crate) key_description: Option<KeyDescription>,
}

/// Reads an attestation object (WebAuthn §6.5.4).
pub(crate) fn decode(object: &[u8]) -> Result<Decoded, WebauthnError> {
    let unreadable = || WebauthnError::ParseNOMFailure;
    let value: Value = ciborium::from_reader(object).map_err(|_| unreadable())?;
    let ambiguous = || WebauthnError::AttestationStatementMapInvalid;
    if !names_are_clear(&value) {
        return Err(ambiguous());
    }
    let (mut format, mut statement, mut data) = (None, None, None);
    for (key, value) in value.into_map().map_err(|_| unreadable())? {
        match key.as_text() {
            Some("fmt") => format = value.into_text().ok(),
            Some("attStmt") => statement = Some(value),
            Some("authData") => data = value.into_bytes().ok(),
            _ => {}
        }
    }
    let (format, statement) = (format.ok_or_else(unreadable)?, statement.ok_or_else(unreadable)?);
    let data_bytes = data.ok_or_else(unreadable)?;
    if !names_are_clear(&statement) {
        return Err(ambiguous());
    }
    // WebAuthn §8.7: nothing at all is claimed. The verifier would take anything.
    if format == "none" && !statement.as_map().is_some_and(Vec::is_empty) {
        return Err(ambiguous());
    }
    let certificates = match format.as_str() {
        android_key::FORMAT => chain(&statement).unwrap_or_default(),
        _ => Vec::new(),
    };
    let key_description =
        certificates.first().and_then(|first| KeyDescription::of_certificate(first));
    let data = AuthenticatorData::try_from(data_bytes.as_slice())?;
    Ok(Decoded { format, statement, data_bytes, data, certificates, key_description })
}

/// Whether each member, if it is a map, has a text as its name, and another than the rest. The verifier has a decoder
/// of its own: where two members have one name, or a tag on it, each could take another for what was signed,
/// and the verdict be on certificates that nobody verified.
fn names_are_clear(value: &Value) -> bool {
    let mut seen = HashSet::new();
    value.as_map().is_none_or(|members| {
        members.iter().all(|(name, _)| name.as_text().is_some_and(|name| seen.insert(name)))
    })
}

fn chain(statement: &Value) -> Option<Vec<Vec<u8>>> {
    let (_, chain) = statement.as_map()?.iter().find(|(key, _)| key.as_text() == Some("x5c"))?;
    chain.as_array()?.iter().map(|certificate| certificate.as_bytes().cloned()).collect()
}

/// A registration that was verified, but for the trust in its attestation.
pub(crate) struct Verified {
    pub(crate) credential: Credential,
    /// Why its attestation proves nothing, if it does not.
    pub(crate) fault: Option<Fault>,
}

/// The core's [`Fault`](wardkey_core::attestation::verdict::Fault), kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Unsound(String),
    NoHardware(String),
}

impl Fault {
    pub(crate) fn as_core(&self) -> verdict::Fault<'_> {
        match self {
            Self::Unsound(why) => verdict::Fault::Unsound(why),
            Self::NoHardware(why) => verdict::Fault::NoHardware(why),
        }
    }
}

/// How a registration is verified, but for the trust in its attestation.
pub(crate) type Verifier = fn(
    &WebauthnCore,
    &RegisterPublicKeyCredential,
    &RegistrationState,
    &Decoded,
) -> Result<Verified, WebauthnError>;

/// Verifies everything about a registration but the trust in its attestation.
pub(crate) fn verify(
    webauthn: &WebauthnCore,
    registration: &RegisterPublicKeyCredential,
    state: &RegistrationState,
    decoded: &Decoded,
) -> Result<Verified, WebauthnError> {
    let verified = match webauthn.register_credential(registration, state, None) {
        Err(WebauthnError::AttestationStatementX5CInvalid) if strongbox::is_strongbox(decoded) => {
            let client_data = &registration.response.client_data_json;
            strongbox::check_description(decoded, client_data)?;
            let credential = verify_bare(webauthn, registration, state, decoded)?;
            statement::attested(credential, client_data, decoded)
        }
        verified => verified,
    };
    let credential = verified?;
    let fault = fault_of(&credential, decoded);
    Ok(Verified { credential, fault })
}

/// The same, where the core's verdict is then asked: whatever is wrong with the attestation is for that
/// to refuse, with the reason in words.
pub(crate) fn verify_for_verdict(
    webauthn: &WebauthnCore,
    registration: &RegisterPublicKeyCredential,
    state: &RegistrationState,
    decoded: &Decoded,
) -> Result<Verified, WebauthnError> {
    let credential = verify_bare(webauthn, registration, state, decoded)?;
    let response = &registration.response;
    if let Some(fault) = unclear(&response.attestation_object) {
        return Ok(Verified { credential, fault: Some(Fault::Unsound(fault)) });
    }
    let verified = match decoded.format.as_str() {
        android_key::FORMAT => {
            statement::attested(credential.clone(), &response.client_data_json, decoded)
        }
        // The key vouches for itself, which has to hold.
        packed::FORMAT => webauthn.register_credential(registration, state, None),
        _ => Ok(credential.clone()),
    };
    Ok(match verified {
        Ok(credential) => {
            let fault = fault_of(&credential, decoded);
            Verified { credential, fault }
        }
        Err(error) => {
            let why = verification::words(&error).to_owned();
            Verified { credential, fault: Some(Fault::Unsound(why)) }
        }
    })
}

/// Why a format that was verified says nothing of where a key lives.
fn fault_of(credential: &Credential, decoded: &Decoded) -> Option<Fault> {
    // Known names alone: what a phone says is not repeated to those who decide.
    const OTHERS: [&str; 5] = ["tpm", "fido-u2f", "apple", "android-safetynet", "compound"];
    let format = decoded.format.as_str();
    let said = |named: &str| {
        format!("its attestation is {named}, and only “android-key” says where a key lives")
    };
    let named = |name: &str| said(&format!("“{name}”"));
    Some(match (format, &credential.attestation.data) {
        (android_key::FORMAT, _) => return None,
        (webauthn::NONE, ParsedAttestationData::None)
        | (packed::FORMAT, ParsedAttestationData::Self_) => Fault::NoHardware(named(format)),
        (webauthn::NONE | packed::FORMAT, _) => Fault::Unsound(named(format)),
        _ if OTHERS.contains(&format) => Fault::Unsound(named(format)),
        _ => Fault::Unsound(said("of an unknown kind")),
    })
}

/// Why the core, which computes the code to compare from it, cannot read an attestation object.
fn unclear(object: &[u8]) -> Option<String> {
    let read = AttestationObject::decode(object);
    let problem = match read.map(|object| CoreData::decode(&object.auth_data)) {
        Ok(Ok(_)) => return None,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Some(format!("its attestation cannot be read: {problem}"))
}

/// Verifies everything but the attestation.
fn verify_bare(
    webauthn: &WebauthnCore,
    registration: &RegisterPublicKeyCredential,
    state: &RegistrationState,
    decoded: &Decoded,
) -> Result<Credential, WebauthnError> {
    let bare = statement::without_attestation(registration, decoded)?;
    webauthn.register_credential(&bare, state, None)
}
