//! What a registration proved, under the policy in use.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ciborium::Value;
use ring::digest::{SHA256, digest};
use wardkey_core::{
    attestation::{key_description::KeyDescription, verdict},
    keystore::SecurityLevel,
};
use wardkey_evidence::{Binding, Event};
use wardkey_register::{Authenticator, Moment, NewAuthenticator};
use webauthn_rs_core::{
    error::WebauthnError,
    proto::{COSEKey, COSEKeyType, Credential},
};

use crate::{
    refusal::Refusal, register::Made, relying_party::RelyingParty, revocation::Revocations,
};

/// The core's verdict on the certificates of a registration. One without any is refused, and one whose
/// attestation has a fault.
pub(crate) fn verdict(
    party: &RelyingParty,
    certificates: &[Vec<u8>],
    client_data: &[u8],
    fault: Option<verdict::Fault<'_>>,
    now: Moment,
) -> verdict::Verdict {
    let mut challenge = [0; 32];
    for (byte, found) in challenge.iter_mut().zip(digest(&SHA256, client_data).as_ref()) {
        *byte = *found;
    }
    let revocation = party.revocation.as_ref().map(Revocations::current);
    let evidence = verdict::Evidence {
        certificates,
        challenge: Some(&challenge),
        fault,
        revocation: revocation.as_deref(),
        roots: &party.roots,
        now: now.seconds(),
    };
    verdict::judge(&evidence, &party.policy)
}

/// The level that signing in with a passkey reaches: 3 if the hardware proved what the policy demands
/// and verified its user, else 2. Whether one that the policy refuses is kept at all is not said here.
pub(crate) fn assurance(made: &Made) -> u8 {
    let least = verdict::AssuranceLevel::Aal2;
    let proved = made.verdict.assurance.filter(|_| made.decoded.data.user_verified);
    proved.unwrap_or(least).number()
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
    policy: &verdict::Policy,
) -> Result<Event, Refusal> {
    Ok(Event::Registered {
        registration: registration.map(str::to_owned),
        person: authenticator.person.to_string(),
        credential: Base64UrlUnpadded::encode_string(&authenticator.credential_id),
        verdict: Some(made.verdict.outcome.as_str().to_owned()),
        policy: Some(made.verdict.policy.clone()),
        key_level: made.verdict.key_description.as_ref().map(key_level),
        certificate: certificate(&made.decoded.certificates),
        assurance: authenticator.assurance,
        binding: Some(Binding {
            form: Binding::FORM,
            verdict: authenticator.verdict.as_deref().map(|verdict| sha256(verdict.as_bytes())),
            policy: Some(sha256(policy.to_json().as_bytes())),
            key: key_digest(&made.credential.cred)?,
        }),
    })
}

/// SHA-256, hexadecimal, of the public key of a credential as the register keeps it, the way records of its
/// registration have it. `None` if it cannot be read.
///
/// ```
/// assert_eq!(wardkey_sandbox::key_of_credential("{}"), None);
/// ```
pub fn key_of_credential(credential: &str) -> Option<String> {
    let credential: Credential = serde_json::from_str(credential).ok()?;
    key_digest(&credential.cred).ok()
}

/// Over the key in CTAP2's canonical CBOR (RFC 9052 §7, RFC 8230 §4).
fn key_digest(key: &COSEKey) -> Result<String, Refusal> {
    let algorithm = i64::from(key.type_ as i32);
    let number = |number: i64| Value::Integer(number.into());
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    let members = match &key.key {
        COSEKeyType::EC_EC2(key) => vec![
            (1, number(2)),
            (3, number(algorithm)),
            (-1, number(i64::from(key.curve.clone() as i32))),
            (-2, bytes(&key.x)),
            (-3, bytes(&key.y)),
        ],
        COSEKeyType::RSA(key) => {
            vec![(1, number(3)), (3, number(algorithm)), (-1, bytes(&key.n)), (-2, bytes(&key.e))]
        }
        COSEKeyType::EC_OKP(_) => return Err(WebauthnError::COSEKeyEDUnsupported.into()),
    };
    let members = members.into_iter().map(|(label, value)| (number(label), value)).collect();
    let mut encoded = Vec::new();
    ciborium::into_writer(&Value::Map(members), &mut encoded)
        .map_err(|_| WebauthnError::COSEKeyInvalidCBORValue)?;
    Ok(sha256(&encoded))
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
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
    Some(sha256(first))
}
