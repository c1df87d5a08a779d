//! What an answer behind a link is worth.

use ring::digest::{SHA256, digest};
use wardkey_core::{
    attestation::verdict::{Fault, Outcome, Verdict},
    ctap::auth_data::AuthenticatorData,
    webauthn::{AttestationObject, WitnessCode},
};
use wardkey_register::Moment;

use crate::{
    attestation, proof,
    refusal::Refusal,
    register::{self, Made},
    relying_party::RelyingParty,
    requests::RegisterVerify,
    store, verification,
};

/// The longest credential id (WebAuthn §4). A longer one is none, and is not kept.
const LONGEST_ID: usize = 1023;

/// What came of an answer to the challenge that was given.
pub(super) enum Judged {
    /// A passkey that the policy takes, and the code to compare.
    Taken(Box<Made>, WitnessCode),
    Refused(Box<Unfit>),
}

/// A passkey that the policy does not take, or what was sent in place of one.
pub(super) struct Unfit {
    pub(super) credential_id: Vec<u8>,
    pub(super) verdict: Verdict,
    /// SHA-256 of its certificate.
    pub(super) certificate: Option<String>,
}

/// Judges an answer. What is malformed is refused like what proves too little, with the reason; an error
/// is an answer to something else.
pub(super) async fn judge(
    party: &RelyingParty,
    offered: &store::Registration,
    answer: &RegisterVerify,
    now: Moment,
) -> Result<Judged, Refusal> {
    let response = &answer.credential.response;
    let unfit = |certificates: &[Vec<u8>], fault: &str| {
        let client_data = &response.client_data_json;
        let id = &answer.credential.raw_id;
        Judged::Refused(Box::new(Unfit {
            credential_id: if id.len() > LONGEST_ID { Vec::new() } else { id.clone() },
            verdict: proof::verdict(
                party,
                certificates,
                client_data,
                Some(Fault::Unsound(fault)),
                now,
            ),
            certificate: proof::certificate(certificates),
        }))
    };
    let decoded = match attestation::decode(&response.attestation_object) {
        Ok(decoded) => decoded,
        Err(error) => return Ok(unfit(&[], verification::words(&error))),
    };
    let certificates = decoded.certificates.clone();
    let (credential, verify) = (&answer.credential, attestation::verify_for_verdict);
    let made = match register::check(party, offered, credential, decoded, verify, now).await {
        Ok(made) => made,
        Err(Refusal::Verification(error)) if !verification::is_foreign(&error) => {
            return Ok(unfit(&certificates, verification::words(&error)));
        }
        Err(refusal) => return Err(refusal),
    };
    if made.verdict.outcome == Outcome::Refuse {
        return Ok(Judged::Refused(Box::new(Unfit {
            credential_id: made.credential.cred_id.clone(),
            verdict: made.verdict,
            certificate: proof::certificate(&certificates),
        })));
    }
    let witness = witness(answer, &certificates)?;
    Ok(Judged::Taken(Box::new(made), witness))
}

/// The code to compare, from what was received.
fn witness(answer: &RegisterVerify, certificates: &[Vec<u8>]) -> Result<WitnessCode, Refusal> {
    let response = &answer.credential.response;
    let unreadable = || Refusal::Json("the attestation object cannot be read".to_owned());
    let object =
        AttestationObject::decode(&response.attestation_object).map_err(|_| unreadable())?;
    let data = AuthenticatorData::decode(&object.auth_data).map_err(|_| unreadable())?;
    let credential = data.attested_credential.ok_or_else(unreadable)?;
    let hash = digest(&SHA256, &response.client_data_json);
    let hash = hash.as_ref().try_into().map_err(|_| unreadable())?;
    let certificate = certificates.first().map(Vec::as_slice);
    Ok(WitnessCode::derive(&credential.id, &credential.public_key, hash, certificate))
}
