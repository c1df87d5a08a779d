//! Making the passkey.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Request, State},
    http::HeaderMap,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wardkey_core::{attestation::verdict::Grade, webauthn::WitnessCode};
use wardkey_evidence::Event;
use wardkey_register::{
    Moment,
    registrations::{
        Hindrance, MadePasskey, Refused, Registration, RegistrationId, RegistrationState,
    },
};

use super::{
    cookie,
    judge::{Judged, Unfit, judge},
    link::taken,
    verdict,
};
use crate::{
    api::{body, noted, now},
    denied::Denied,
    proof,
    refusal::Refusal,
    register::{Made, challenge, duplicate, new_authenticator, passkeys_of},
    relying_party::RelyingParty,
    requests::{Conveyance, Options, RegisterOptions, RegisterVerify, Requirement},
    store::{self, User, take},
    verification,
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
    let (made, witness) = match judge(party, &offered.ceremony, answer, now).await {
        Ok(Judged::Taken(made, witness)) => (made, witness),
        Ok(Judged::Refused(unfit)) => return Err(refuse(party, registration, &unfit, now).await?),
        Err(refusal) => return Err(fail(party, &registration.id, refusal, now).await?),
    };
    keep(party, registration, &made, witness, now).await?;
    Ok(Json(json!({ "state": RegistrationState::Made.as_str() })))
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
    let event =
        proof::registered(Some(registration.id.as_str()), &authenticator, made, &party.policy)?;
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
    let (why, tell) = for_authority(&refusal);
    let hindrance = Hindrance { stage: "passkey".to_owned(), why, tell: tell.to_owned() };
    let mut act = party.database.act().await?;
    act.fail_registration(id, &hindrance, now).await?;
    act.commit().await?;
    Ok(refusal)
}

/// Why nothing could be made of an answer, and what to tell the person.
fn for_authority(refusal: &Refusal) -> (String, &'static str) {
    let why = match refusal {
        Refusal::Verification(error) => {
            format!("what arrived cannot be used: {}", verification::words(error))
        }
        other => other.to_string().trim_end_matches('.').to_owned(),
    };
    let tell = match refusal {
        Refusal::Verification(error) if verification::is_foreign(error) => {
            "Ask which page they are on: it has to be the one of your link, and nobody else's"
        }
        Refusal::Excluded | Refusal::Duplicate => {
            "Their phone has this passkey already. Look at the authenticators on the profile first"
        }
        _ => "Ask them to update the browser and the Wardkey app before they open the new link",
    };
    (why, tell)
}

/// Ends the registration because the policy does not take the passkey.
async fn refuse(
    party: &RelyingParty,
    registration: &Registration,
    unfit: &Unfit,
    now: Moment,
) -> Result<Refusal, Refusal> {
    let failed = unfit.verdict.lines.iter().filter(|line| line.grade == Grade::Fail);
    let verdict = unfit.verdict.to_json();
    let event = Event::RegistrationRefused {
        registration: Some(registration.id.to_string()),
        person: registration.person.to_string(),
        credential: Base64UrlUnpadded::encode_string(&unfit.credential_id),
        policy: unfit.verdict.policy.clone(),
        failed: failed.map(|line| line.check.as_str().to_owned()).collect(),
        certificate: unfit.certificate.clone(),
    };
    let refused = Refused {
        credential_id: &unfit.credential_id,
        verdict: &verdict.to_string(),
        event: &event,
    };
    let mut act = party.database.act().await?;
    let step = act.refuse_registration(&registration.id, &refused, now).await?;
    act.commit().await?;
    taken(step)?;
    Ok(verdict::refusal(&verdict))
}
