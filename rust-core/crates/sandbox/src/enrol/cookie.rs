//! The cookie of the browser that opened a link.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use wardkey_register::{
    Person,
    registrations::{BrowserToken, Registration},
};

use crate::{
    about::{self, Subject},
    api::now,
    cookies::{cookie, set_cookie},
    denied::Denied,
    refusal::Refusal,
    relying_party::RelyingParty,
};

const NAME: &str = "__Host-wardkey-enrol";

pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, NAME)
}

/// It has to come along when the person opens the link again from their mail.
pub(super) fn set(browser: &BrowserToken) -> Option<HeaderValue> {
    set_cookie(NAME, browser.as_str())
}

/// The registration of a link, for the browser that opened it.
pub(super) async fn own(
    party: &Arc<RelyingParty>,
    headers: &HeaderMap,
    token: &str,
) -> Result<Registration, Refusal> {
    let found = party
        .database
        .registration_by_link(token)
        .await?
        .ok_or(Refusal::Denied(Denied::NoSuchLink))?;
    about::subject(Subject::registration(&found.id));
    if !of(headers).is_some_and(|browser| found.is_of(browser)) {
        return Err(Refusal::Denied(Denied::LinkOfAnother));
    }
    if !found.is_due(now()) {
        return Ok(found);
    }
    party.database.expire_registration(&found.id, now()).await?;
    party.database.registration(&found.id).await?.ok_or(Refusal::Denied(Denied::NoSuchLink))
}

/// Whose passkey a registration is to make.
pub(super) async fn person_of(
    party: &RelyingParty,
    registration: &Registration,
) -> Result<Person, Refusal> {
    let found = party.database.person(&registration.person).await?;
    found.ok_or(Refusal::Denied(Denied::NoSuchLink))
}
