//! Sessions as arguments of handlers.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use url::form_urlencoded;

use super::{Session, cookie};
use crate::{
    api::now,
    denied::Denied,
    pages::{refused_page, wants_page},
    refusal::Refusal,
    relying_party::RelyingParty,
};

/// Somebody who may act as a registration authority.
#[derive(Clone, Debug)]
pub(crate) struct RegistrationAuthority(pub(crate) Session);

/// The page of somebody who may act as one, asking by itself: that is no use of the session, which ends unless
/// they do something.
#[derive(Clone, Debug)]
pub(crate) struct Onlooker(pub(crate) Session);

impl FromRequestParts<Arc<RelyingParty>> for Session {
    type Rejection = Response;

    /// Without a session a page leads to the sign-in and back; a program is told.
    async fn from_request_parts(
        head: &mut Parts,
        party: &Arc<RelyingParty>,
    ) -> Result<Self, Response> {
        let found = match cookie::of(&head.headers) {
            Some(cookie) => Self::find(party, cookie, now()).await,
            None => Ok(None),
        };
        found.map_err(|refusal| answer(head, party, refusal))?.ok_or_else(|| not_signed_in(head))
    }
}

/// A browser asked for a page, and gets one, also when the register is away.
fn answer(head: &Parts, party: &RelyingParty, refusal: Refusal) -> Response {
    if wants_page(&head.headers) { refused_page(party, &refusal) } else { refusal.into_response() }
}

fn not_signed_in(head: &Parts) -> Response {
    if wants_page(&head.headers) { to_login(head) } else { Refusal::NotSignedIn.into_response() }
}

impl axum::extract::OptionalFromRequestParts<Arc<RelyingParty>> for Session {
    type Rejection = Response;

    async fn from_request_parts(
        head: &mut Parts,
        party: &Arc<RelyingParty>,
    ) -> Result<Option<Self>, Response> {
        let Some(cookie) = cookie::of(&head.headers) else { return Ok(None) };
        let found = Self::find(party, cookie, now()).await;
        found.map_err(|refusal| answer(head, party, refusal))
    }
}

impl FromRequestParts<Arc<RelyingParty>> for RegistrationAuthority {
    type Rejection = Response;

    async fn from_request_parts(
        head: &mut Parts,
        party: &Arc<RelyingParty>,
    ) -> Result<Self, Response> {
        let session = <Session as FromRequestParts<_>>::from_request_parts(head, party).await?;
        Ok(Self(authority(head, party, session).await?))
    }
}

impl FromRequestParts<Arc<RelyingParty>> for Onlooker {
    type Rejection = Response;

    async fn from_request_parts(
        head: &mut Parts,
        party: &Arc<RelyingParty>,
    ) -> Result<Self, Response> {
        let found = match cookie::of(&head.headers) {
            Some(cookie) => Session::look(party, cookie, now()).await,
            None => Ok(None),
        };
        let found = found.map_err(|refusal| answer(head, party, refusal))?;
        let session = found.ok_or_else(|| not_signed_in(head))?;
        Ok(Self(authority(head, party, session).await?))
    }
}

/// Who issues authenticators has proved the highest level: theirs are no better than what they came from.
async fn authority(
    head: &Parts,
    party: &RelyingParty,
    session: Session,
) -> Result<Session, Response> {
    let refusal = match session.assurance {
        _ if !session.person.issues_authenticators => Refusal::NotAuthority,
        3.. => return Ok(session),
        _ if session.is_reduced(party) => Refusal::Denied(Denied::Trial),
        level => Refusal::Denied(Denied::Level(level)),
    };
    let act = format!("{} {}", head.method, head.uri.path());
    party.note(Some(&session.person.id), &act, refusal.code(), now()).await;
    Err(answer(head, party, refusal))
}

/// To the sign-in, and from there back to the page. What was posted is lost, so then the way back is the
/// page of the form.
fn to_login(head: &Parts) -> Response {
    let back = match (&head.method, head.uri.path_and_query()) {
        (&Method::GET, Some(path)) => path.as_str().to_owned(),
        _ => page_of_form(head.uri.path()),
    };
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("return", &back).finish();
    Redirect::to(&format!("/login?{query}")).into_response()
}

/// Where a form was sent from, as far as its address tells: at the desk, the registration or the person that it was
/// about.
fn page_of_form(path: &str) -> String {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("desk"), Some(kind @ ("registrations" | "people")), Some(id)) => {
            format!("/desk/{kind}/{id}")
        }
        (Some("desk"), ..) => "/desk".to_owned(),
        _ => "/".to_owned(),
    }
}
