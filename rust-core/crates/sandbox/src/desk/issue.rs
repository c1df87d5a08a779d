//! Issuing a link.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use minijinja::{Value, context};
use wardkey_register::{
    Person, PersonId,
    registrations::{LinkToken, NewRegistration},
};

use super::{
    form::{DeskForm, desk_page, shown},
    live, people, view,
};
use crate::{
    about::{self, Subject},
    api::now,
    denied::Denied,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{RegistrationAuthority, Session},
};

type Party = State<Arc<RelyingParty>>;

pub(super) async fn choose(
    State(party): Party,
    RegistrationAuthority(session): RegistrationAuthority,
    Path(id): Path<String>,
) -> Response {
    let page = shown_about(&party, &session, &id, "desk/issue.html").await;
    shown(&party, &session.person.id, "desk/issue", page).await
}

pub(super) async fn instructions(
    State(party): Party,
    RegistrationAuthority(session): RegistrationAuthority,
    Path(id): Path<String>,
) -> Response {
    let page = shown_about(&party, &session, &id, "desk/instructions.html").await;
    shown(&party, &session.person.id, "desk/issue/passkey", page).await
}

async fn shown_about(
    party: &RelyingParty,
    session: &Session,
    id: &str,
    template: &str,
) -> Result<Response, Refusal> {
    let person = somebody_else(party, session, id).await?;
    let minutes = party.link_life.as_secs() / 60;
    let (id, name) = (person.id.as_str(), person.display_name.as_str());
    Ok(desk_page(party, session, template, context! { id, name, minutes }))
}

/// The person in an address. It takes two to issue an authenticator: one whose identity is checked, and one
/// who checks it.
async fn somebody_else(
    party: &RelyingParty,
    session: &Session,
    id: &str,
) -> Result<Person, Refusal> {
    let person = people::person(party, id).await?;
    if person.id == session.person.id { Err(Refusal::Denied(Denied::Yourself)) } else { Ok(person) }
}

pub(super) async fn issue(
    State(party): Party,
    Path(id): Path<String>,
    DeskForm { session, .. }: DeskForm,
) -> Response {
    let page = issued(&party, &session, &id).await;
    shown(&party, &session.person.id, "desk/registrations", page).await
}

/// The link is on this page alone: only its hash is kept. Loaded again, the page is the registration
/// without it.
async fn issued(party: &RelyingParty, session: &Session, id: &str) -> Result<Response, Refusal> {
    let person = somebody_else(party, session, id).await?;
    let (id, token) = link(party, person.id, Some(session.person.id.clone())).await?;
    about::subject(Subject::registration(&id));
    party.note(Some(&session.person.id), "desk/issued", id.as_str(), now()).await;
    let context = live::context_of(party, session, &live::current(party, &id).await?).await?;
    let link = party.link(&token);
    let picture = view::picture(&link);
    let shown: Value = context! { link, picture, ..context };
    Ok(desk_page(party, session, "desk/registration.html", shown))
}

/// Makes a link.
async fn link(
    party: &RelyingParty,
    person: PersonId,
    authority: Option<PersonId>,
) -> Result<(wardkey_register::registrations::RegistrationId, LinkToken), Refusal> {
    let now = now();
    let new = NewRegistration { person, authority, ends: now + party.link_life };
    let mut act = party.database.act().await?;
    let issued = act.issue_registration(&new, now).await?;
    act.commit().await?;
    Ok(issued)
}
