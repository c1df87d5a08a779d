//! Where a registration is, for the person.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::HeaderMap,
};
use serde::{Deserialize, Serialize};
use wardkey_register::registrations::{Registration, RegistrationState};

use super::{cookie, link::taken, verdict};
use crate::{
    api::{body, noted, now},
    denied::Denied,
    refusal::{Body, Refusal},
    relying_party::RelyingParty,
};

type Party = State<Arc<RelyingParty>>;

/// Where a registration is, in words.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) state: &'static str,
    pub(super) over: bool,
    pub(super) heading: &'static str,
    pub(super) words: &'static str,
    /// For a link of the service itself, whose person compares alone. Nobody else is told: a code that
    /// is on this page too could be read out without looking at the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) witness: Option<String>,
    /// Why the phone was refused, in the words of the answer to its passkey: that may have been lost, and a
    /// page that is loaded again has not heard it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<Body>,
}

pub(super) fn told(registration: &Registration) -> Told {
    let (heading, words) = words(registration.state, registration.authority.is_some());
    let compares =
        registration.state == RegistrationState::Made && registration.authority.is_none();
    let made = registration.passkey.as_ref().filter(|_| compares);
    Told {
        state: registration.state.as_str(),
        over: registration.state.is_over(),
        heading,
        words,
        witness: made.and_then(|made| made.witness.clone()),
        problem: problem(registration),
    }
}

fn problem(registration: &Registration) -> Option<Body> {
    let made = registration.passkey.as_ref();
    let made = made.filter(|_| registration.state == RegistrationState::Refused)?;
    let verdict = serde_json::from_str(&made.verdict).ok()?;
    Some(verdict::refusal(&verdict).body())
}

fn words(state: RegistrationState, with_authority: bool) -> (&'static str, &'static str) {
    use RegistrationState as S;

    match state {
        S::Issued | S::Opened => ("Checking this device", "This takes a moment."),
        S::Checked => (
            "Make your passkey",
            "On the phone that holds Wardkey you are asked for your fingerprint, face or PIN. On another device a QR code appears: scan it with that phone.",
        ),
        S::Made if with_authority => (
            "Read the code to your registration authority",
            "Your phone shows three groups of four digits. Read them out from the phone, slowly. Do not read a code from anywhere else, and do not type it in anywhere.",
        ),
        S::Made => (
            "Compare the codes",
            "Your phone shows three groups of four digits. Look whether they are the ones below.",
        ),
        S::Active => ("Your passkey is ready", "You can sign in with it from now on."),
        S::Expired => (
            "The time is over",
            "Nothing was registered. Ask your registration authority for a new link.",
        ),
        S::Revoked => (
            "The registration was taken back",
            "Nothing was registered. Ask your registration authority why, and for a new link.",
        ),
        S::Refused => (
            "This phone cannot be used",
            "Its passkey does not prove what is needed here. Your registration authority sees why. Delete the new passkey in Wardkey.",
        ),
        S::Differed => (
            "The codes were different",
            "The passkey was destroyed: the one that arrived was not the one on your phone. Delete the new passkey in Wardkey and ask your registration authority what to do.",
        ),
        S::Failed => (
            "The passkey could not be taken",
            "What arrived was not a passkey for this registration. Delete the new passkey in Wardkey and ask for a new link.",
        ),
    }
}

pub(super) async fn status(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Told>, Refusal> {
    let answer = async { Ok(told(&cookie::own(&party, &headers, &token).await?)) };
    noted(&party, "enrol/status", answer.await).await.map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    same: bool,
}

/// The word of a person whose link the service itself issued: the first registration authorities have
/// nobody who could compare with them.
pub(super) async fn compared(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Told>, Refusal> {
    let answer = async {
        let found = cookie::own(&party, &headers, &token).await?;
        let Comparison { same } = body(request).await?;
        if found.authority.is_some() {
            return Err(Refusal::Denied(Denied::NotYours));
        }
        let mut act = party.database.act().await?;
        let step = if same {
            act.confirm_registration(&found.id, None, now()).await?
        } else {
            act.differ_registration(&found.id, None, now()).await?
        };
        act.commit().await?;
        taken(step)?;
        Ok(told(&cookie::own(&party, &headers, &token).await?))
    };
    noted(&party, "enrol/compared", answer.await).await.map(Json)
}
