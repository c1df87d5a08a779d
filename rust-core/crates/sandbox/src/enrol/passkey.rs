//! Making the passkey.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Request, State},
    http::HeaderMap,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wardkey_core::{
    attestation::verdict::{Grade, Outcome},
    ctap::auth_data::AuthenticatorData,
    webauthn::{AttestationObject, WitnessCode},
};
use wardkey_evidence::Event;
use wardkey_register::{
    Moment,
    registrations::{
        Hindrance, MadePasskey, Refused, Registration, RegistrationId, RegistrationState,
    },
};

use super::{cookie, link::taken, verdict};
use crate::{
    api::{body, noted, now},
    attestation,
    denied::Denied,
    proof,
    refusal::Refusal,
    register::{self, Made, challenge, duplicate, new_authenticator, passkeys_of},
    relying_party::RelyingParty,
    requests::{Conveyance, Options, RegisterOptions, RegisterVerify, Requirement},
    store::{self, User, take},
};

/// The kind of ceremony behind a link.
const KIND: &str = "enrolment";

/// How long the two people have for comparing the codes.
const COMPARISON: Duration = Duration::from_mins(15);

type Party = State<Arc<RelyingParty>>;

/// A registration that was offered behind a link.
#[derive(Serialize, Deserialize)]
struct Offered {
    /// It answers for this link and no other.
    registration: String,
    ceremony: store::Registration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(super) async fn options(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Options>, Refusal> {
    let answer = async {
        let registration = cookie::own(&party, &headers, &token).await?;
        let Nothing {} = body(request).await?;
        match registration.state {
            RegistrationState::Checked => offer(&party, &registration, now()).await,
            state if state.is_over() => Err(Refusal::Denied(Denied::LinkOver)),
            _ => Err(Refusal::Denied(Denied::NotNow)),
        }
    };
    noted(&party, "enrol/options", answer.await).await.map(Json)
}

async fn offer(
    party: &RelyingParty,
    registration: &Registration,
    now: Moment,
) -> Result<Options, Refusal> {
    let person = cookie::person_of(party, registration).await?;
    let user = User::from(&person);
    let asked = RegisterOptions {
        user_name: user.name.clone(),
        display_name: Some(user.display_name.clone()),
        user_verification: Requirement::Required,
        resident_key: Requirement::Required,
        attestation: Conveyance::Direct,
        hybrid: false,
        exclude: true,
    };
    let excluded = passkeys_of(party, &user).await?;
    let (ceremony, public_key) = challenge(party, user, excluded, &asked)?;
    let offered = Offered { registration: registration.id.to_string(), ceremony };
    let session = party.offer(KIND, &offered, now).await?;
    Ok(Options { session, public_key })
}

pub(super) async fn verify(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let answer = async {
        let registration = cookie::own(&party, &headers, &token).await?;
        let answer: RegisterVerify = body(request).await?;
        if registration.state.is_over() {
            return Err(Refusal::Denied(Denied::LinkOver));
        }
        hand_in(&party, &registration, &answer, now()).await
    };
    noted(&party, "enrol/verify", answer.await).await
}

async fn hand_in(
    party: &RelyingParty,
    registration: &Registration,
    answer: &RegisterVerify,
    now: Moment,
) -> Result<Json<Value>, Refusal> {
    let mut act = party.database.act().await?;
    let taken = take::<Offered>(&mut act, &answer.session, KIND, now).await;
    // Whatever comes of the answer, the challenge is spent.
    act.commit().await?;
    let offered = taken?;
    if offered.registration != registration.id.as_str() {
        return Err(Refusal::WrongCeremony);
    }
    let checked = register::check(
        party,
        &offered.ceremony,
        &answer.credential,
        attestation::verify_for_verdict,
        now,
    );
    let checked = checked.await;
    let (made, witness) = match checked.and_then(|made| Ok((witness(answer, &made)?, made))) {
        Ok((witness, made)) => (made, witness),
        Err(refusal) => return Err(fail(party, &registration.id, refusal, now).await?),
    };
    if made.verdict.outcome == Outcome::Refuse {
        return Err(refuse(party, registration, &made, now).await?);
    }
    keep(party, registration, &made, witness, now).await?;
    Ok(Json(json!({ "state": RegistrationState::Made.as_str() })))
}

/// The code to compare, from what was received.
fn witness(answer: &RegisterVerify, made: &Made) -> Result<WitnessCode, Refusal> {
    let response = &answer.credential.response;
    let unreadable = || Refusal::Json("the attestation object cannot be read".to_owned());
    let object =
        AttestationObject::decode(&response.attestation_object).map_err(|_| unreadable())?;
    let data = AuthenticatorData::decode(&object.auth_data).map_err(|_| unreadable())?;
    let credential = data.attested_credential.ok_or_else(unreadable)?;
    let hash = digest(&SHA256, &response.client_data_json);
    let hash = hash.as_ref().try_into().map_err(|_| unreadable())?;
    let certificate = made.decoded.certificates.first().map(Vec::as_slice);
    Ok(WitnessCode::derive(&credential.id, &credential.public_key, hash, certificate))
}

/// Adds the passkey, pending. A link of the service itself is then compared by the person alone.
async fn keep(
    party: &RelyingParty,
    registration: &Registration,
    made: &Made,
    witness: WitnessCode,
    now: Moment,
) -> Result<(), Refusal> {
    let authority = registration.authority.clone();
    let authenticator = new_authenticator(made, registration.person.clone(), authority)?;
    let event = proof::registered(Some(registration.id.as_str()), &authenticator, made);
    let made = MadePasskey {
        authenticator: &authenticator,
        witness: &witness.to_string(),
        event: &event,
        ends: now + COMPARISON,
    };
    let mut act = party.database.act().await?;
    let step = act.make_registration(&registration.id, &made, now).await.map_err(duplicate)?;
    act.commit().await?;
    taken(step)
}

/// Ends the registration because what was sent is no passkey for it.
async fn fail(
    party: &RelyingParty,
    id: &RegistrationId,
    refusal: Refusal,
    now: Moment,
) -> Result<Refusal, Refusal> {
    // What is wrong with the register is not the phone's fault: it may try again.
    if matches!(refusal, Refusal::Database(_)) {
        return Ok(refusal);
    }
    let hindrance = Hindrance { stage: "passkey".to_owned(), why: refusal.to_string() };
    let mut act = party.database.act().await?;
    act.fail_registration(id, &hindrance, now).await?;
    act.commit().await?;
    Ok(refusal)
}

/// Ends the registration because the policy does not take the passkey.
async fn refuse(
    party: &RelyingParty,
    registration: &Registration,
    made: &Made,
    now: Moment,
) -> Result<Refusal, Refusal> {
    let failed = made.verdict.lines.iter().filter(|line| line.grade == Grade::Fail);
    let verdict = made.verdict.to_json();
    let event = Event::RegistrationRefused {
        registration: Some(registration.id.to_string()),
        person: registration.person.to_string(),
        credential: Base64UrlUnpadded::encode_string(&made.credential.cred_id),
        policy: made.verdict.policy.clone(),
        failed: failed.map(|line| line.check.as_str().to_owned()).collect(),
        certificate: proof::certificate(&made.decoded),
    };
    let refused = Refused {
        credential_id: &made.credential.cred_id,
        verdict: &verdict.to_string(),
        event: &event,
    };
    let mut act = party.database.act().await?;
    let step = act.refuse_registration(&registration.id, &refused, now).await?;
    act.commit().await?;
    taken(step)?;
    Ok(verdict::refusal(&verdict))
}
