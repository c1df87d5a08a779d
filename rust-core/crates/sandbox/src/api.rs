//! The JSON interface.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::de::DeserializeOwned;
use wardkey_local_tls::BodyTooSlow;
use wardkey_register::Moment;

use crate::{
    about::{self, Subject},
    proxies::ClientAddress,
    refusal::Refusal,
    register,
    relying_party::RelyingParty,
    requests::{RegisterVerify, SigninVerify},
    session::{Tried, limited},
    signin,
};

/// Twenty times the longest credential a browser makes (a long attestation chain).
pub(crate) const LONGEST_BODY: usize = 256 * 1024;

type Party = State<Arc<RelyingParty>>;

pub(crate) fn router() -> Router<Arc<RelyingParty>> {
    Router::new()
        .route("/register/options", post(register_options).fallback(post_only))
        .route("/register/verify", post(register_verify).fallback(post_only))
        .route("/signin/options", post(signin_options).fallback(post_only))
        .route("/signin/verify", post(signin_verify).fallback(post_only))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

async fn register_options(
    State(party): Party,
    client: ClientAddress,
    request: Request,
) -> Result<Response, Refusal> {
    let answer = async {
        limited(&party, Tried::Register, client, now()).await?;
        let asked = body(request).await?;
        Ok(Json(register::options(&party, &asked, now()).await?).into_response())
    };
    noted(&party, "register/options", answer.await).await
}

async fn register_verify(
    State(party): Party,
    client: ClientAddress,
    request: Request,
) -> Result<Response, Refusal> {
    let answer = async {
        limited(&party, Tried::Register, client, now()).await?;
        let answer: RegisterVerify = body(request).await?;
        about::subject(Subject::authenticator(&answer.credential.raw_id));
        Ok(Json(register::verify(&party, &answer, now()).await?).into_response())
    };
    noted(&party, "register/verify", answer.await).await
}

async fn signin_options(
    State(party): Party,
    client: ClientAddress,
    request: Request,
) -> Result<Response, Refusal> {
    let answer = async {
        limited(&party, Tried::Signin, client, now()).await?;
        let asked = body(request).await?;
        Ok(Json(signin::options(&party, &asked, now()).await?).into_response())
    };
    noted(&party, "signin/options", answer.await).await
}

async fn signin_verify(
    State(party): Party,
    client: ClientAddress,
    request: Request,
) -> Result<Response, Refusal> {
    let answer = async {
        limited(&party, Tried::Signin, client, now()).await?;
        let answer: SigninVerify = body(request).await?;
        about::subject(Subject::authenticator(&answer.credential.raw_id));
        Ok(Json(signin::verify(&party, &answer, now()).await?).into_response())
    };
    noted(&party, "signin/verify", answer.await).await
}

/// The clock of requests; everything further in takes the moment as an argument.
pub(crate) fn now() -> Moment {
    SystemTime::now().into()
}

/// Leaves a line for auditors if a request was refused.
pub(crate) async fn noted<T>(
    party: &RelyingParty,
    act: &str,
    answer: Result<T, Refusal>,
) -> Result<T, Refusal> {
    if let Some(refusal) = answer.as_ref().err().filter(|refusal| refusal.is_news()) {
        party.note(None, act, refusal.code(), now()).await;
    }
    answer
}

async fn post_only() -> Refusal {
    Refusal::Method("POST")
}

/// Reads a body of the expected shape. The content type is insisted on because another site's
/// form can send JSON text, but not under this name.
pub(crate) async fn body<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    let is_json = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Refusal::ContentType);
    }
    let bytes = whole(request, Refusal::Json).await?;
    serde_json::from_slice(&bytes).map_err(|error| Refusal::Json(error.to_string()))
}

/// The whole body of a request. `cut`: what it is that one ended early.
pub(crate) async fn whole(
    request: Request,
    cut: impl FnOnce(String) -> Refusal,
) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, &()).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refusal::TooLong(LONGEST_BODY)
        } else if BodyTooSlow::caused(&rejection) {
            Refusal::TooSlow
        } else {
            cut("the body ended early".to_owned())
        }
    })
}
