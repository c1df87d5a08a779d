//! Opening the link, and what the browser says of itself.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE, header::USER_AGENT},
    response::{IntoResponse as _, Redirect, Response},
};
use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wardkey_register::registrations::{Hindrance, Opening, Registration, Step};

use super::{
    cookie,
    status::{self, Told},
};
use crate::{
    about::{self, Subject},
    api::{body, noted, now},
    denied::Denied,
    pages::{page, refused_page, wants_page},
    proxies::ClientAddress,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{Tried, limited},
};

type Party = State<Arc<RelyingParty>>;

/// The first page, or where the registration is if this browser opened it.
pub(super) async fn look(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let looked = match cookie::own(&party, &headers, &token).await {
        Ok(registration) => step_page(&party, &token, &registration).await,
        Err(Refusal::Denied(Denied::LinkOfAnother)) => before(&party, &token).await,
        Err(refusal) => Err(refusal),
    };
    match noted(&party, "enrol", looked).await {
        Ok(response) => response,
        Err(refusal) => refused_page(&party, &refusal),
    }
}

/// For a browser that did not open the link: what it says depends on nothing but whether it can.
async fn before(party: &Arc<RelyingParty>, token: &str) -> Result<Response, Refusal> {
    let found = party
        .database
        .registration_by_link(token)
        .await?
        .ok_or(Refusal::Denied(Denied::NoSuchLink))?;
    if found.is_due(now()) || found.state.is_over() {
        return Err(Refusal::Denied(Denied::LinkOver));
    }
    Ok(page(party, "enrol/begin.html", context! { token }))
}

pub(super) async fn open(
    State(party): Party,
    client: ClientAddress,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let page_wanted = wants_page(&headers);
    let opened = async {
        limited(&party, Tried::Link, client, now()).await?;
        let mut act = party.database.act().await?;
        let opening = act.open_registration(&token, cookie::of(&headers), now()).await?;
        act.commit().await?;
        if let Some(registration) = opening.registration() {
            about::subject(Subject::registration(&registration.id));
        }
        let browser = match opening {
            Opening::Opened(_, browser) => browser,
            Opening::Continued(_) => return Ok(Redirect::to(&address(&token)).into_response()),
            Opening::Taken(_) => return Err(Refusal::Denied(Denied::LinkTaken)),
            Opening::Over(_) => return Err(Refusal::Denied(Denied::LinkOver)),
            Opening::Unknown => return Err(Refusal::Denied(Denied::NoSuchLink)),
        };
        let cookie = cookie::set(&browser).ok_or(Refusal::Denied(Denied::NoSuchLink))?;
        Ok(([(SET_COOKIE, cookie)], Redirect::to(&address(&token))).into_response())
    };
    let answer = noted(&party, "enrol/open", opened.await).await;
    match answer {
        Err(refusal) if page_wanted => refused_page(&party, &refusal),
        answer => answer.into_response(),
    }
}

/// A token that is in an address is one of its own making, or found nothing.
fn address(token: &str) -> String {
    format!("/enrol/{token}")
}

async fn step_page(
    party: &Arc<RelyingParty>,
    token: &str,
    registration: &Registration,
) -> Result<Response, Refusal> {
    let person = cookie::person_of(party, registration).await?;
    let Told { state, over, heading, words, witness, problem } = status::told(registration);
    let problem = problem
        .map(|problem| context! { error => problem.error, what_to_do => problem.what_to_do });
    let context = context! {
        token, state, over, heading, words, witness, problem,
        name => person.name, display_name => person.display_name,
        by_itself => registration.authority.is_none(),
    };
    Ok(page(party, "enrol/step.html", context))
}

/// What a browser can do.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Checks {
    /// It has WebAuthn, and JSON for it.
    webauthn: bool,
    /// It has an authenticator of its own that verifies its user; it need not say.
    #[serde(default)]
    platform: Option<bool>,
    /// It can show a QR code for a phone; it need not say.
    #[serde(default)]
    hybrid: Option<bool>,
}

/// As much of a browser's name as is kept.
const LONGEST_NAME: usize = 300;

pub(super) async fn checks(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let answer = async {
        let registration = cookie::own(&party, &headers, &token).await?;
        let checks: Checks = body(request).await?;
        let mut act = party.database.act().await?;
        let step = if checks.webauthn {
            let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("");
            let agent: String = agent.chars().take(LONGEST_NAME).collect();
            let detail =
                json!({ "platform": checks.platform, "hybrid": checks.hybrid, "browser": agent });
            act.check_registration(&registration.id, &detail.to_string(), now()).await?
        } else {
            let hindrance = Hindrance {
                stage: "checks".to_owned(),
                // Without its name: nobody's own words stand where an authority looks for advice.
                why: "this browser cannot make passkeys".to_owned(),
                tell: "Take the registration back, issue a new link, and ask the person to open it in Chrome on the phone that has Wardkey".to_owned(),
            };
            act.hinder_registration(&registration.id, &hindrance, now()).await?
        };
        act.commit().await?;
        taken(step)?;
        Ok(Json(json!({ "ready": checks.webauthn })))
    };
    noted(&party, "enrol/checks", answer.await).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    name: String,
}

/// What browsers throw instead of giving a passkey, in words for the registration authority: why, and what
/// to tell the person. Whatever else a browser says is not repeated.
fn meaning(name: &str) -> (&'static str, &'static str) {
    match name {
        "NotAllowedError" => (
            "the phone or the browser did not make a passkey: cancelled, refused, or too late",
            "Ask the person what their phone shows, and to press the button again",
        ),
        "InvalidStateError" => (
            "this phone has a passkey for this account already",
            "If they are to have a new one, remove the old one on their profile and ask them to delete it from Wardkey; then they press the button again",
        ),
        "SecurityError" => (
            "the browser does not accept the address of the page",
            "Ask the person to open the link as you gave it, in Chrome. If it stays so, tell whoever runs this service",
        ),
        "NotSupportedError" => (
            "the browser or the phone has no suitable passkeys",
            "Ask whether the phone has Android 14 or newer and the Wardkey app is switched on for passkeys in its settings. Then issue a new link for Chrome",
        ),
        "ConstraintError" => (
            "the phone has no screen lock, or cannot keep passkeys",
            "Ask the person to set a screen lock on the phone, and to press the button again",
        ),
        "AbortError" => {
            ("the browser stopped", "Ask the person to load the page again and to press the button")
        }
        _ => (
            "the browser failed in a way it does not explain",
            "Ask the person to press the button again, and to update Chrome if it stays so",
        ),
    }
}

pub(super) async fn problem(
    State(party): Party,
    Path(token): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let answer = async {
        let registration = cookie::own(&party, &headers, &token).await?;
        let Problem { name } = body(request).await?;
        let (why, tell) = meaning(&name);
        let hindrance =
            Hindrance { stage: "passkey".to_owned(), why: why.to_owned(), tell: tell.to_owned() };
        let mut act = party.database.act().await?;
        let step = act.hinder_registration(&registration.id, &hindrance, now()).await?;
        act.commit().await?;
        taken(step)?;
        Ok(StatusCode::NO_CONTENT)
    };
    noted(&party, "enrol/problem", answer.await).await
}

/// A step that could not be taken, in words for the person.
pub(super) fn taken(step: Step) -> Result<(), Refusal> {
    match step {
        Step::Done => Ok(()),
        Step::Instead(state) if state.is_over() => Err(Refusal::Denied(Denied::LinkOver)),
        Step::Instead(_) => Err(Refusal::Denied(Denied::NotNow)),
        Step::OfAnother => Err(Refusal::Denied(Denied::LinkOfAnother)),
    }
}
