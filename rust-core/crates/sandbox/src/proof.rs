//! What a registration proved, under the policy in use.

use ring::digest::{SHA256, digest};
use wardkey_core::attestation::{key_description::KeyDescription, verdict};
use wardkey_evidence::Event;
use wardkey_register::{Authenticator, Moment, NewAuthenticator};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wardkey_core::keystore::SecurityLevel;

use crate::{register::Made, relying_party::RelyingParty};

/// The core's verdict on the certificates of a registration. One without any is refused, and one whose
/// attestation has a fault.
pub(crate) fn verdict(
    party: &RelyingParty,
    certificates: &[Vec<u8>],
    client_data: &[u8],
    fault: Option<&str>,
    now: Moment,
) -> verdict::Verdict {
    let mut challenge = [0; 32];
    for (byte, found) in challenge.iter_mut().zip(digest(&SHA256, client_data).as_ref()) {
        *byte = *found;
    }
    let evidence = verdict::Evidence {
        certificates,
        challenge: Some(&challenge),
        fault,
        revocation: party.revocation.as_ref(),
        roots: &party.roots,
        now: now.seconds(),
    };
    verdict::judge(&evidence, &party.policy)
}

/// The level that signing in with a passkey reaches: 3 if the hardware proved what the policy demands
/// and verified its user, else 2.
pub(crate) fn assurance(made: &Made) -> u8 {
    let is_proved = made.verdict.outcome != verdict::Outcome::Refuse;
    if is_proved && made.decoded.data.user_verified { 3 } else { 2 }
}

/// The level that signing in with it reaches here. What a test policy accepted may be a key in software: under a
/// policy in earnest it proves no more than level 2.
pub(crate) fn reached(party: &RelyingParty, authenticator: &Authenticator) -> u8 {
    let level = authenticator.made.assurance;
    if authenticator.trial && !party.policy.test { level.min(2) } else { level }
}

/// The record of a registration that was not refused.
pub(crate) fn registered(
    registration: Option<&str>,
    authenticator: &NewAuthenticator,
    made: &Made,
) -> Event {
    Event::Registered {
        registration: registration.map(str::to_owned),
        person: authenticator.person.to_string(),
        credential: Base64UrlUnpadded::encode_string(&authenticator.credential_id),
        verdict: Some(made.verdict.outcome.as_str().to_owned()),
        policy: Some(made.verdict.policy.clone()),
        key_level: made.verdict.key_description.as_ref().map(key_level),
        certificate: certificate(&made.decoded.certificates),
        assurance: authenticator.assurance,
    }
}

/// A key is no safer than the weaker of what keeps it and what vouches for it.
fn key_level(description: &KeyDescription) -> String {
    let level = description.attestation_security_level.min(description.key_mint_security_level);
    let name = match level {
        SecurityLevel::Software => "SOFTWARE",
        SecurityLevel::TrustedEnvironment => "TRUSTED_ENVIRONMENT",
        SecurityLevel::StrongBox => "STRONG_BOX",
    };
    name.to_owned()
}

/// SHA-256 of the attestation certificate, hexadecimal.
pub(crate) fn certificate(certificates: &[Vec<u8>]) -> Option<String> {
    let first = certificates.first()?;
    Some(hex::encode(digest(&SHA256, first)))
}
