//! Taking an authenticator off the register.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::context;
use wardkey_evidence::{Actor, Event};
use wardkey_register::{Authenticator, AuthenticatorState, End, Person};

use super::{
    form::{DeskForm, desk_page, shown},
    people, view,
};
use crate::{
    about::{self, Subject},
    api::now,
    denied::Denied,
    proof,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{RegistrationAuthority, Session},
};

type Party = State<Arc<RelyingParty>>;
type Named = Path<(String, String)>;

const LONGEST_REASON: usize = 200;

/// Somebody's authenticator, by the names in an address.
async fn named(
    party: &RelyingParty,
    (person, credential): &(String, String),
) -> Result<(Person, Authenticator), Refusal> {
    let person = people::person(party, person).await?;
    let id = Base64UrlUnpadded::decode_vec(credential)
        .map_err(|_| Refusal::Denied(Denied::NoSuchPasskey))?;
    let found = party.database.authenticator(&id).await?;
    let found = found.filter(|found| found.made.person == person.id);
    Ok((person, found.ok_or(Refusal::Denied(Denied::NoSuchPasskey))?))
}

pub(super) async fn ask(
    State(party): Party,
    RegistrationAuthority(session): RegistrationAuthority,
    Path(names): Named,
) -> Response {
    let page = asked(&party, &session, &names, "").await;
    shown(&party, &session.person.id, "desk/authenticators/remove", page).await
}

async fn asked(
    party: &RelyingParty,
    session: &Session,
    names: &(String, String),
    problem: &str,
) -> Result<Response, Refusal> {
    let (person, authenticator) = named(party, names).await?;
    if authenticator.state != AuthenticatorState::Active {
        return Err(Refusal::Denied(Denied::NotActive));
    }
    let by = people::name_of(party, authenticator.made.issued_by.as_ref()).await?;
    let context = context! {
        id => person.id.as_str(),
        name => person.display_name,
        authenticator => view::authenticator(&authenticator, &by, proof::reached(party, &authenticator)),
        problem,
    };
    Ok(desk_page(party, session, "desk/remove.html", context))
}

pub(super) async fn remove(
    State(party): Party,
    Path(names): Named,
    DeskForm { session, fields }: DeskForm,
) -> Response {
    let reason = fields.get("reason").ok().flatten().unwrap_or_default().trim();
    let removed = match problem_of(reason) {
        Some(problem) => asked(&party, &session, &names, problem).await.map(|mut page| {
            *page.status_mut() = StatusCode::BAD_REQUEST;
            page
        }),
        None => removed(&party, &session, &names, reason).await,
    };
    shown(&party, &session.person.id, "desk/authenticators/remove", removed).await
}

fn problem_of(reason: &str) -> Option<&'static str> {
    if reason.is_empty() {
        return Some("Enter why the authenticator is removed");
    }
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        return Some("Enter the reason in one line of at most 200 characters");
    }
    None
}

async fn removed(
    party: &RelyingParty,
    session: &Session,
    names: &(String, String),
    reason: &str,
) -> Result<Response, Refusal> {
    let (person, authenticator) = named(party, names).await?;
    about::subject(Subject::authenticator(&authenticator.made.credential_id));
    let (id, by, now) = (&authenticator.made.credential_id, &session.person.id, now());
    let end = End { at: now, by: Some(by.clone()), reason: reason.to_owned() };
    let mut act = party.database.act().await?;
    if !act.end_authenticator(id, AuthenticatorState::Removed, &end).await? {
        return Err(Refusal::Denied(Denied::NotActive));
    }
    let event = Event::Removed {
        person: person.id.to_string(),
        credential: Base64UrlUnpadded::encode_string(id),
        authority: Actor::Person(by.to_string()),
        reason: reason.to_owned(),
    };
    act.record(&event, now).await?;
    act.commit().await?;
    let credential = Base64UrlUnpadded::encode_string(id);
    party.note(Some(by), "desk/removed", &credential, now).await;
    Ok(Redirect::to(&format!("/desk/people/{}", person.id)).into_response())
}
