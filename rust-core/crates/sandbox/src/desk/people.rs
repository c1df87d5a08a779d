//! Finding a person, and their profile.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::{Value, context};
use wardkey_register::{Person, PersonId};

use super::{
    form::{desk_page, shown},
    view,
};
use crate::{
    api::now,
    denied::Denied,
    parameters::Parameters,
    proof,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{RegistrationAuthority, Session},
};

type Party = State<Arc<RelyingParty>>;

/// As many people as a page of results shows.
const MOST_FOUND: u32 = 50;

pub(super) async fn home(
    State(party): Party,
    RegistrationAuthority(session): RegistrationAuthority,
    uri: Uri,
) -> Response {
    let fields = Parameters::parse(uri.query().unwrap_or_default().as_bytes());
    let found = search(&party, &session, &fields).await;
    shown(&party, &session.person.id, "desk", found).await
}

async fn search(
    party: &RelyingParty,
    session: &Session,
    fields: &Parameters,
) -> Result<Response, Refusal> {
    let text = fields.get("q")?.unwrap_or_default().trim();
    let found = if text.is_empty() {
        Vec::new()
    } else {
        party.database.find_people(text, MOST_FOUND).await?
    };
    let people: Vec<Value> = found.iter().map(line).collect();
    let more = people.len() >= MOST_FOUND as usize;
    Ok(desk_page(party, session, "desk/home.html", context! { q => text, people, more }))
}

fn line(person: &Person) -> Value {
    context! {
        id => person.id.as_str(),
        name => person.name.clone(),
        display_name => person.display_name.clone(),
        uid => person.uid.clone(),
    }
}

/// The person in an address.
pub(super) async fn person(party: &RelyingParty, id: &str) -> Result<Person, Refusal> {
    let id =
        Base64UrlUnpadded::decode_vec(id).map_err(|_| Refusal::Denied(Denied::NoSuchPerson))?;
    let id = PersonId::from_bytes(&id);
    party.database.person(&id).await?.ok_or(Refusal::Denied(Denied::NoSuchPerson))
}

pub(super) async fn profile(
    State(party): Party,
    RegistrationAuthority(session): RegistrationAuthority,
    Path(id): Path<String>,
) -> Response {
    let page = profile_page(&party, &session, &id).await;
    shown(&party, &session.person.id, "desk/people", page).await
}

async fn profile_page(
    party: &RelyingParty,
    session: &Session,
    id: &str,
) -> Result<Response, Refusal> {
    let person = person(party, id).await?;
    for due in party.database.registrations_of(&person.id).await? {
        if due.is_due(now()) {
            party.database.expire_registration(&due.id, now()).await?;
        }
    }
    let mut authenticators = Vec::new();
    for authenticator in party.database.authenticators_of(&person.id).await? {
        let by = name_of(party, authenticator.made.issued_by.as_ref()).await?;
        let reached = proof::reached(party, &authenticator);
        authenticators.push(view::authenticator(&authenticator, &by, reached));
    }
    let mut registrations = Vec::new();
    for registration in party.database.registrations_of(&person.id).await? {
        let by = name_of(party, registration.authority.as_ref()).await?;
        registrations.push(view::registration_line(&registration, &by));
    }
    let roles: Vec<Value> = person
        .roles
        .iter()
        .map(|role| context! { name => role.role_name.clone(), organisation => role.org_name.clone() })
        .collect();
    let own = person.id == session.person.id;
    let context = context! { person => line(&person), own, roles, authenticators, registrations };
    Ok(desk_page(party, session, "desk/profile.html", context))
}

/// The name of a registration authority; the service's own if there was none.
pub(super) async fn name_of(
    party: &RelyingParty,
    authority: Option<&PersonId>,
) -> Result<String, Refusal> {
    let Some(id) = authority else { return Ok("Nobody".to_owned()) };
    let found = party.database.person(id).await?;
    Ok(found.map_or_else(|| "Somebody unknown".to_owned(), |person| person.display_name))
}
