//! Forms of the desk: who sends them, and that it is one of our pages.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts as _, Request},
    response::{IntoResponse as _, Response},
};
use wardkey_register::PersonId;

use super::revocation;
use crate::{
    api::now,
    pages::{page, refused_page, wants_page},
    parameters::Parameters,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{RegistrationAuthority, Session, Tried, check_csrf, limited_to_person},
};

/// A form that a registration authority sent from a page of this session.
pub(super) struct DeskForm {
    pub(super) session: Session,
    pub(super) fields: Parameters,
}

impl FromRequest<Arc<RelyingParty>> for DeskForm {
    type Rejection = Response;

    async fn from_request(
        request: Request,
        party: &Arc<RelyingParty>,
    ) -> Result<Self, Self::Rejection> {
        let (mut head, body) = request.into_parts();
        let authority = RegistrationAuthority::from_request_parts(&mut head, party).await;
        let RegistrationAuthority(session) = authority?;
        let act = format!("{} {}", head.method, head.uri.path());
        let page_wanted = wants_page(&head.headers);
        let read = async {
            let fields = Parameters::of_form(Request::from_parts(head, body)).await?;
            check_csrf(&session, fields.get("csrf").ok().flatten().unwrap_or_default())?;
            limited_to_person(party, Tried::Desk, &session.person.id, now()).await?;
            Ok::<_, Refusal>(fields)
        };
        match read.await {
            Ok(fields) => Ok(Self { session, fields }),
            Err(refusal) => {
                if refusal.is_news() {
                    party.note(Some(&session.person.id), &act, refusal.code(), now()).await;
                }
                Err(answer(party, refusal, page_wanted))
            }
        }
    }
}

fn answer(party: &RelyingParty, refusal: Refusal, page_wanted: bool) -> Response {
    if page_wanted { refused_page(party, &refusal) } else { refusal.into_response() }
}

/// A page of the desk for somebody, or the refusal, with a line in the audit.
pub(super) async fn shown(
    party: &RelyingParty,
    by: &PersonId,
    act: &str,
    answer: Result<Response, Refusal>,
) -> Response {
    match answer {
        Ok(response) => response,
        Err(refusal) => {
            party.note(Some(by), act, refusal.code(), now()).await;
            refused_page(party, &refusal)
        }
    }
}

/// What every page of the desk knows.
pub(super) fn desk_page(
    party: &RelyingParty,
    session: &Session,
    name: &str,
    context: minijinja::Value,
) -> Response {
    let desk = minijinja::context! {
        csrf => session.csrf.as_str(),
        authority => session.person.display_name.clone(),
        revocation => revocation::note(party, now()),
    };
    page(party, name, minijinja::context! { desk, ..context })
}
