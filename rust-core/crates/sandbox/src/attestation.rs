//! What an attestation says, and whether those who say it are trusted.

use std::time::SystemTime;

use ciborium::Value;
use serde::Serialize;
use webauthn_rs_core::{
    attestation::verify_attestation_ca_chain,
    error::WebauthnError,
    internals::AuthenticatorData,
    proto::{AttestationMetadata, Credential, ParsedAttestationData, Registration},
};

use crate::{refusal::Refusal, requests::Conveyance, settings::TrustedRoots};

/// The attestation part of a registration's result.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    /// The attestation statement format identifier.
    pub(crate) format: String,
    /// Whether a chain of certificates was followed to a trusted root.
    pub(crate) verified: bool,
    /// Where the key lives, as the attestation says: `tee` or `software`.
    pub(crate) level: Option<&'static str>,
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
    format: &str,
    asked: Conveyance,
    roots: &TrustedRoots,
) -> Result<Verdict, Refusal> {
    let certificates = certificates(&credential.attestation.data);
    let level = level(&credential.attestation.metadata);
    let judged = |verified, words| {
        Ok(Verdict { format: format.to_owned(), verified, level, certificates, words })
    };
    match &credential.attestation.data {
        ParsedAttestationData::None if asked == Conveyance::None => {
            judged(false, "none, as asked".to_owned())
        }
        ParsedAttestationData::None => judged(
            false,
            "none: the browser or the authenticator withheld it although it was asked for"
                .to_owned(),
        ),
        ParsedAttestationData::Self_ => judged(
            false,
            format!(
                "{format}, self attestation: signed by the passkey itself, nobody vouches for the authenticator"
            ),
        ),
        _ if asked == Conveyance::None => {
            judged(false, format!("{format}, not looked at further because none was asked for"))
        }
        _ if roots.is_empty() => judged(
            false,
            format!("{format}, not verified: this sandbox was started without trusted roots"),
        ),
        chain => {
            trusted(chain, roots)?;
            judged(true, verified_words(format, level))
        }
    }
}

fn trusted(chain: &ParsedAttestationData, roots: &TrustedRoots) -> Result<(), Refusal> {
    match verify_attestation_ca_chain(chain, roots.list(), SystemTime::now()) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Refusal::Untrusted(
            "it leads to no root that this sandbox was started with".to_owned(),
        )),
        Err(WebauthnError::AttestationChainNotTrusted(reason)) => {
            Err(Refusal::Untrusted(format!("its chain of certificates was refused ({reason:?})")))
        }
        Err(other) => Err(Refusal::Untrusted(other.to_string())),
    }
}

fn verified_words(format: &str, level: Option<&str>) -> String {
    match level {
        Some("tee") => format!("attestation verified: {format}, hardware level TEE"),
        Some(level) => format!("attestation verified: {format}, level {level}"),
        None => format!("attestation verified: {format}"),
    }
}

/// The key is no safer than the weaker of who keeps it and who vouches for it.
fn level(metadata: &AttestationMetadata) -> Option<&'static str> {
    match metadata {
        AttestationMetadata::AndroidKey { is_km_tee: true, is_attest_tee: true } => Some("tee"),
        AttestationMetadata::AndroidKey { .. } => Some("software"),
        _ => None,
    }
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
    pub(crate) data: AuthenticatorData<Registration>,
}

/// Reads `fmt` and `authData` of an attestation object (WebAuthn §6.5.4).
pub(crate) fn decode(object: &[u8]) -> Result<Decoded, Refusal> {
    let unreadable = || Refusal::Verification(WebauthnError::ParseNOMFailure);
    let value: Value = ciborium::from_reader(object).map_err(|_| unreadable())?;
    let map = value.into_map().map_err(|_| unreadable())?;
    let mut format = None;
    let mut data = None;
    for (key, value) in map {
        match key.as_text() {
            Some("fmt") => format = value.into_text().ok(),
            Some("authData") => data = value.into_bytes().ok(),
            _ => {}
        }
    }
    let data = AuthenticatorData::try_from(data.ok_or_else(unreadable)?.as_slice())?;
    Ok(Decoded { format: format.ok_or_else(unreadable)?, data })
}
