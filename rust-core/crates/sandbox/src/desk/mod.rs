//! The registration desk: what a registration authority sees and does.
//!
//! | request | |
//! |---|---|
//! | `GET /desk?q=` | finding a person |
//! | `GET /desk/people/{id}` | their profile, with their authenticators |
//! | `GET /desk/people/{id}/issue`, `…/issue/passkey` | choosing what to issue; instructions |
//! | `POST /desk/people/{id}/registrations` | makes a link, shown this once |
//! | `GET /desk/registrations/{id}` | a registration, live |
//! | `GET /desk/registrations/{id}/events` | server-sent events, resumed by `Last-Event-ID` |
//! | `POST /desk/registrations/{id}/confirm`, `…/differ`, `…/revoke` | the authority's word |
//! | `GET`, `POST /desk/people/{id}/authenticators/{credential}/remove` | with a reason |
//! | `POST /desk/export` | everybody, as CSV or JSON |
//!
//! Every page needs a [`RegistrationAuthority`](crate::session::RegistrationAuthority) session, and every
//! form that session's CSRF token.

mod decide;
mod export;
mod form;
mod issue;
mod live;
mod people;
mod remove;
mod revocation;
mod story;
mod view;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use crate::relying_party::RelyingParty;

/// Far more than any form of the desk holds.
const LONGEST_FORM: usize = 16 * 1024;

pub(crate) fn router() -> Router<Arc<RelyingParty>> {
    Router::new()
        .route("/desk", get(people::home))
        .route("/desk/people/{id}", get(people::profile))
        .route("/desk/people/{id}/issue", get(issue::choose))
        .route("/desk/people/{id}/issue/passkey", get(issue::instructions))
        .route("/desk/people/{id}/registrations", post(issue::issue))
        .route(
            "/desk/people/{id}/authenticators/{credential}/remove",
            get(remove::ask).post(remove::remove),
        )
        .route("/desk/registrations/{id}", get(live::page_of))
        .route("/desk/registrations/{id}/events", get(live::events))
        .route("/desk/registrations/{id}/confirm", post(decide::confirm))
        .route("/desk/registrations/{id}/differ", post(decide::differ))
        .route("/desk/registrations/{id}/revoke", post(decide::revoke))
        .route("/desk/export", post(export::export))
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
}
