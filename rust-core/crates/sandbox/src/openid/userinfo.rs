//! The userinfo endpoint (OpenID Connect Core §5.3): claims for an access token.

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
    },
    response::{IntoResponse as _, Response},
};
use serde_json::json;
use wardkey_register::Liveness;

use super::{authorize::Party, claims, facts::Facts};
use crate::{api::now, refusal::Refusal, relying_party::RelyingParty, session::IDLE};

pub(super) async fn endpoint(State(party): Party, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else {
        return unauthorized("Bearer realm=\"wardkey\"");
    };
    match told(&party, token).await {
        Ok(Some(claims)) => claims,
        Ok(None) => {
            party.note(None, "userinfo", "invalid_token", now()).await;
            unauthorized("Bearer realm=\"wardkey\", error=\"invalid_token\"")
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn told(party: &RelyingParty, token: &str) -> Result<Option<Response>, Refusal> {
    let liveness = Liveness { now: now(), idle: IDLE };
    let Some(token) = party.database.access(token, liveness).await? else { return Ok(None) };
    let (Ok(facts), Ok(scopes)) =
        (serde_json::from_str::<Facts>(&token.grant.facts), token.bound_to.parse())
    else {
        return Ok(None);
    };
    let Some(person) = party.database.person(&facts.person()).await? else { return Ok(None) };
    Ok(Some(Json(claims::user_info(&person, &facts, &scopes)).into_response()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// RFC 6750 §3.
fn unauthorized(challenge: &'static str) -> Response {
    let body = Json(json!({
        "error": "invalid_token",
        "error_description": "an access token is needed that is good and whose session lives",
    }));
    let mut response = (StatusCode::UNAUTHORIZED, body).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
