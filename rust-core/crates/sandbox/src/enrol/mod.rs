//! The pages behind a registration link, for the person whose passkey it is to be.
//!
//! | request | |
//! |---|---|
//! | `GET /enrol/{token}` | a page; looking at it changes nothing, because programs that preview mail do |
//! | `POST /enrol/{token}` | opens the link for this browser, which shows a cookie from then on |
//! | `POST /enrol/{token}/checks` | `{webauthn, platform?, hybrid?}`: what the browser can do |
//! | `POST /enrol/{token}/options` | `{}`: `{session, publicKey: PublicKeyCredentialCreationOptionsJSON}` |
//! | `POST /enrol/{token}/verify` | `{session, credential: RegistrationResponseJSON}` |
//! | `POST /enrol/{token}/problem` | `{name}`: the exception that the browser had instead of a passkey |
//! | `POST /enrol/{token}/compared` | `{same}`: only for a link of the service itself |
//! | `GET /enrol/{token}/status` | where it is: `{state, over, heading, words, witness?, problem?}` |
//!
//! All but the first two need the cookie.

mod cookie;
mod judge;
mod link;
mod passkey;
mod set_up;
mod status;
mod verdict;

pub use set_up::SetUpLink;
pub(crate) use set_up::set_up_links;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use crate::{api::LONGEST_BODY, relying_party::RelyingParty};

pub(crate) fn router() -> Router<Arc<RelyingParty>> {
    Router::new()
        .route("/enrol/{token}", get(link::look).post(link::open))
        .route("/enrol/{token}/checks", post(link::checks))
        .route("/enrol/{token}/problem", post(link::problem))
        .route("/enrol/{token}/options", post(passkey::options))
        .route("/enrol/{token}/verify", post(passkey::verify))
        .route("/enrol/{token}/compared", post(status::compared))
        .route("/enrol/{token}/status", get(status::status))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}
