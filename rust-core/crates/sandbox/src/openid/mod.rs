//! The OpenID Connect provider, with the paths, scopes and claims of the real service.
//!
//! An application under test changes one URL. [`authorization`], [`acr`], [`scope`] and [`claims`] decide
//! and know no page, database or clock; the endpoints put them to work:
//!
//! ```text
//! application ─ /authorize ─▶ authorize ─ /login ─▶ session ─ roles ─▶ code ─▶ application
//! application ─ /access_token ─▶ authentication, token ─▶ ID token, access and refresh token
//! application ─ /userinfo ─▶ claims by scope        a session ends ─▶ backchannel ─▶ application
//! ```

mod acr;
mod authentication;
mod authorization;
mod authorize;
mod backchannel;
mod claims;
mod client;
mod discovery;
mod end_session;
mod facts;
mod provider;
mod roles;
mod scope;
mod signer;
mod token;
mod token_error;
mod userinfo;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use openidconnect::core::CoreJsonWebKeySet;

pub(crate) use backchannel::run as tell_applications;
pub use client::{Clients, ClientsError};
pub(crate) use provider::Provider;
pub use provider::ProviderError;

use crate::{refusal::Refusal, relying_party::RelyingParty};
use authorize::Party;
use discovery::{AUTHORIZE, BASE, DISCOVERY, END_SESSION, KEYS, TOKEN, USER_INFO};

/// Far longer than any form of an application.
const LONGEST_FORM: usize = 64 * 1024;

pub(crate) fn router() -> Router<Arc<RelyingParty>> {
    let below = Router::new()
        .route(DISCOVERY, get(document))
        .route(KEYS, get(keys))
        .route(AUTHORIZE, get(authorize::endpoint).post(authorize::endpoint))
        .route("/continue", get(authorize::carry_on))
        .route("/role", post(roles::choose))
        .route(TOKEN, post(token::endpoint))
        .route(USER_INFO, get(userinfo::endpoint).post(userinfo::endpoint))
        .route(END_SESSION, get(end_session::endpoint).post(end_session::endpoint));
    Router::new().nest(BASE, below).layer(DefaultBodyLimit::max(LONGEST_FORM))
}

async fn document(State(party): Party) -> Response {
    match discovery::document(&party.openid.issuer) {
        Ok(document) => Json(document).into_response(),
        Err(error) => {
            tracing::error!(%error, "the discovery document could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn keys(State(party): Party) -> Result<Json<CoreJsonWebKeySet>, Refusal> {
    Ok(Json(CoreJsonWebKeySet::new(vec![party.signer().await?.public.clone()])))
}
