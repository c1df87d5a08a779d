//! The provider says that a session has ended (OpenID Connect Back-Channel Logout §2.6).

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    flow::{TheSite, discovered},
    site::{Failed, Site, said},
};
use crate::parameters::Parameters;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[derive(Deserialize)]
struct LogoutToken {
    sid: String,
    events: Map<String, Value>,
    nonce: Option<String>,
}

pub(super) async fn hear(State(site): TheSite, request: Request) -> Response {
    match ended(&site, request).await {
        Ok(sid) => {
            for user in site.users().values_mut() {
                if user.claims.get("sid").and_then(Value::as_str) == Some(&sid) {
                    user.ended = true;
                }
            }
            StatusCode::OK.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}

/// The session that a sound logout token names.
async fn ended(site: &Site, request: Request) -> Result<String, Failed> {
    let form = Parameters::of_form(request).await.map_err(|refusal| Failed(refusal.to_string()))?;
    let token = form.required("logout_token").map_err(|error| Failed(error.to_string()))?;
    let unsound = |error: jsonwebtoken::errors::Error| Failed(format!("logout_token: {error}"));
    let header = decode_header(token).map_err(unsound)?;
    // Anything else the provider signs, such as an ID token, ends nothing.
    if header.typ.as_deref() != Some("logout+jwt") {
        return Err(Failed("logout_token is of another type".to_owned()));
    }
    let keys = keys(site).await?;
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
    let key = key.ok_or_else(|| Failed("logout_token is signed with an unknown key".to_owned()))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[site.client.id()]);
    validation.set_issuer(&[site.issuer.as_str()]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    let key = DecodingKey::from_jwk(key).map_err(unsound)?;
    let claims = decode::<LogoutToken>(token, &key, &validation).map_err(unsound)?.claims;
    if claims.nonce.is_some() || !claims.events.contains_key(EVENT) {
        return Err(Failed("logout_token says nothing of a logout".to_owned()));
    }
    Ok(claims.sid)
}

async fn keys(site: &Site) -> Result<JwkSet, Failed> {
    let failed = |error: reqwest::Error| Failed(said(&error));
    let at = discovered(site).await?.jwks_uri().url().clone();
    let answer = site.http.get(at).send().await.map_err(failed)?;
    let body = answer.bytes().await.map_err(failed)?;
    serde_json::from_slice(&body).map_err(|error| Failed(error.to_string()))
}
