//! An application ends its user's session (OpenID Connect RP-Initiated Logout).

use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Redirect, Response},
};
use minijinja::context;
use url::Url;
use wardkey_register::SessionId;

use super::{authorize::Party, signer::Hint};
use crate::{
    about::{self, Subject},
    api::{noted, now},
    pages::{page, refused_page},
    parameters::Parameters,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{Session, forgotten},
};

pub(super) async fn endpoint(
    State(party): Party,
    session: Option<Session>,
    request: Request,
) -> Response {
    let ended = match Parameters::of(request).await {
        Ok(parameters) => end(&party, session, &parameters).await,
        Err(refusal) => Err(refusal),
    };
    let noted = noted(&party, "endSession", ended).await;
    noted.unwrap_or_else(|refusal| refused_page(&party, &refusal))
}

async fn end(
    party: &RelyingParty,
    session: Option<Session>,
    parameters: &Parameters,
) -> Result<Response, Refusal> {
    let hint = match parameters.get("id_token_hint")? {
        None => None,
        Some(text) => {
            let hint = party.signer().await?.hint(party.openid.issuer.as_str(), text);
            Some(hint.ok_or_else(|| wrong("id_token_hint is not an ID token of this provider"))?)
        }
    };
    let next = next(party, parameters, hint.as_ref())?;
    match (hint, session) {
        // Not the session that the application was given: its request is suspect (§2), or anybody's,
        // who can send a browser here as well. So the user is asked.
        (hint, Some(session))
            if hint.as_ref().is_none_or(|hint| hint.sid != session.id.as_str()) =>
        {
            let context = context! { csrf => session.csrf.as_str() };
            Ok(page(party, "openid/sign-out.html", context))
        }
        // The application shows that it was given a token of that session: that is its say.
        (Some(hint), session) => {
            let mut act = party.database.act().await?;
            act.end_session(&SessionId::from_text(&hint.sid), "an application ended it", now())
                .await?;
            act.commit().await?;
            about::subject(Subject::application(&hint.azp));
            party.note(None, "endSession", "an application ended it", now()).await;
            party.logouts.notify_one();
            let response = next.map_or_else(|| signed_out(party), |next| redirect(&next));
            Ok(if session.is_some() { forgotten(response) } else { response })
        }
        (None, _) => Ok(next.map_or_else(|| signed_out(party), |next| redirect(&next))),
    }
}

/// Where the application wants its user afterwards, if it may.
fn next(
    party: &RelyingParty,
    parameters: &Parameters,
    hint: Option<&Hint>,
) -> Result<Option<String>, Refusal> {
    let named = parameters.get("client_id")?;
    if let (Some(named), Some(hint)) = (named, hint)
        && named != hint.azp
    {
        return Err(wrong("client_id and id_token_hint name different applications"));
    }
    let Some(uri) = parameters.get("post_logout_redirect_uri")? else { return Ok(None) };
    let id = named
        .or(hint.map(|hint| hint.azp.as_str()))
        .ok_or_else(|| wrong("post_logout_redirect_uri needs id_token_hint or client_id"))?;
    let client = party.openid.clients.find(id).ok_or_else(|| wrong("no such application"))?;
    if !client.may_end_at(uri) {
        return Err(wrong("post_logout_redirect_uri is not registered for the application"));
    }
    let mut url = Url::parse(uri).map_err(|_| wrong("post_logout_redirect_uri is no address"))?;
    if let Some(state) = parameters.get("state")? {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(url.into()))
}

fn wrong(what: &str) -> Refusal {
    Refusal::Parameter(what.to_owned())
}

fn redirect(address: &str) -> Response {
    Redirect::to(address).into_response()
}

fn signed_out(party: &RelyingParty) -> Response {
    page(party, "openid/signed-out.html", context! {})
}
