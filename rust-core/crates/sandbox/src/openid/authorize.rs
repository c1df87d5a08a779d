//! The authorization endpoint: from an application's request to its code, by way of the sign-in and the
//! choice of a role.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use minijinja::context;
use openidconnect::core::CoreAuthErrorResponseType as Code;
use url::form_urlencoded;
use wardkey_register::{Moment, TokenKind};

use super::{
    acr::AcrValue,
    authorization::{
        answer::{AuthorizationError, ReturnAddress},
        request::{AuthorizationRequest, Refused, Unanswerable},
        step::{self, Signed, Step},
    },
    discovery::BASE,
    facts::{CodeBinding, Facts},
    roles,
};
use crate::{
    about::{self, Subject},
    api::{noted, now},
    pages::{page, refused_page},
    parameters::Parameters,
    proxies::ClientAddress,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{Session, Tried, limited},
};

/// How long a user may take from the application's request to its code.
const REQUEST_LIFE: Duration = Duration::from_mins(15);

/// How long an application may take to change its code into tokens.
const CODE_LIFE: Duration = Duration::from_mins(1);

pub(super) type Party = State<Arc<RelyingParty>>;

/// A request that waits for its user, under the name that the browser was told.
pub(super) struct Waiting {
    pub(super) name: String,
    pub(super) request: AuthorizationRequest,
    pub(super) made_at: Moment,
}

pub(super) async fn endpoint(
    State(party): Party,
    client: ClientAddress,
    session: Option<Session>,
    request: Request,
) -> Response {
    let read = async {
        limited(&party, Tried::Authorize, client, now()).await?;
        Parameters::of(request).await
    };
    match noted(&party, "authorize", read.await).await {
        Ok(parameters) => begin(&party, session, &parameters).await,
        Err(refusal) => refused_page(&party, &refusal),
    }
}

async fn begin(
    party: &RelyingParty,
    session: Option<Session>,
    parameters: &Parameters,
) -> Response {
    let asked = AuthorizationRequest::parse(parameters, &party.openid.clients);
    let request = match asked {
        Ok(request) => request,
        Err(Refused::Here(fault)) => return unanswerable(party, &fault).await,
        Err(Refused::There(to, error)) => {
            // Certain by then.
            let client = parameters.get("client_id").ok().flatten().unwrap_or_default();
            about::subject(Subject::application(client));
            return told(party, &to, &error).await;
        }
    };
    about::subject(Subject::application(&request.client_id));
    let went = async {
        if let Some(error) = wrong_hint(party, &request).await? {
            return Ok(told(party, &request.return_to, &error).await);
        }
        let waiting = wait(party, request).await?;
        go_on(party, session, waiting).await
    };
    let went = went.await;
    noted(party, "authorize", went).await.unwrap_or_else(|refusal| refused_page(party, &refusal))
}

/// An error for the application, before anybody is asked to sign in.
async fn told(party: &RelyingParty, to: &ReturnAddress, error: &AuthorizationError) -> Response {
    party.note(None, "authorize", &error.to_string(), now()).await;
    away(&to.with_error(party.openid.issuer.as_str(), error))
}

/// A hint that is no ID token of this provider names nobody, so no sign-in could ever meet it: the request
/// is invalid (RFC 6749 §4.1.2.1). One that names somebody else is for later: they may sign in yet
/// (OpenID Connect Core §3.1.2.1).
async fn wrong_hint(
    party: &RelyingParty,
    request: &AuthorizationRequest,
) -> Result<Option<AuthorizationError>, Refusal> {
    let Some(hint) = &request.id_token_hint else { return Ok(None) };
    let known = party.signer().await?.hint(party.openid.issuer.as_str(), hint).is_some();
    let told = "id_token_hint is not an ID token of this provider";
    Ok((!known).then(|| AuthorizationError::new(Code::InvalidRequest, told)))
}

async fn wait(party: &RelyingParty, request: AuthorizationRequest) -> Result<Waiting, Refusal> {
    let made_at = now();
    let stored = serde_json::to_string(&request).map_err(|_| Refusal::RequestOver)?;
    let mut act = party.database.act().await?;
    let name = act.remember_openid_request(&stored, made_at, REQUEST_LIFE).await?;
    act.commit().await?;
    Ok(Waiting { name, request, made_at })
}

/// Back from the sign-in, or from the choice of a role.
pub(super) async fn carry_on(
    State(party): Party,
    session: Option<Session>,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    let went = async {
        let waiting = waiting(&party, &parameters).await?;
        match (parameters.get("search")?, session) {
            (Some(search), Some(session)) => Ok(roles::list(&party, &session, &waiting, search)),
            (_, session) => go_on(&party, session, waiting).await,
        }
    };
    noted(&party, "authorize", went.await)
        .await
        .unwrap_or_else(|refusal| refused_page(&party, &refusal))
}

pub(super) async fn waiting(
    party: &RelyingParty,
    parameters: &Parameters,
) -> Result<Waiting, Refusal> {
    let name = parameters.required("request")?;
    let found = party.database.openid_request(name, now()).await?.ok_or(Refusal::RequestOver)?;
    let request: AuthorizationRequest =
        serde_json::from_str(&found.request).map_err(|_| Refusal::RequestOver)?;
    about::subject(Subject::application(&request.client_id));
    Ok(Waiting { name: name.to_owned(), request, made_at: found.made_at })
}

async fn go_on(
    party: &RelyingParty,
    session: Option<Session>,
    waiting: Waiting,
) -> Result<Response, Refusal> {
    let signed = match &session {
        Some(session) => Some(signed(party, session, &waiting.request).await?),
        None => None,
    };
    let made_at = waiting.made_at.millis();
    let step = step::next(&waiting.request, made_at, signed.as_ref(), now().millis());
    match (step, session) {
        (Step::Refuse(error), session) => refuse(party, session.as_ref(), &waiting, &error).await,
        (Step::Grant(acr), Some(session)) => grant(party, &session, &waiting, acr).await,
        (Step::TakeOnlyRole, Some(session)) => {
            let only = session.person.roles.first().map(|role| role.person_roleid.clone());
            take_role(party, &session, only.as_deref()).await?;
            Ok(Redirect::to(&address(&waiting.name)).into_response())
        }
        (Step::ChooseRole, Some(session)) => Ok(roles::list(party, &session, &waiting, "")),
        _ => Ok(to_login(&waiting.name)),
    }
}

async fn signed(
    party: &RelyingParty,
    session: &Session,
    request: &AuthorizationRequest,
) -> Result<Signed, Refusal> {
    let expected = match &request.id_token_hint {
        None => true,
        Some(hint) => {
            let hint = party.signer().await?.hint(party.openid.issuer.as_str(), hint);
            hint.is_some_and(|hint| hint.sub == session.person.uid)
        }
    };
    Ok(Signed {
        assurance: session.assurance.into(),
        at: session.signed_in_at.millis(),
        role_chosen_at: session.chosen_role().map(|chosen| chosen.at.millis()),
        roles: session.person.roles.len(),
        managed: session.person.managed,
        expected,
    })
}

pub(super) async fn take_role(
    party: &RelyingParty,
    session: &Session,
    role: Option<&str>,
) -> Result<(), Refusal> {
    let mut act = party.database.act().await?;
    let chosen = act.choose_role(&session.id, role, now()).await?;
    act.commit().await?;
    if chosen { Ok(()) } else { Err(Refusal::NotSignedIn) }
}

/// The code, with the request answered in the same act: one request, one code.
async fn grant(
    party: &RelyingParty,
    session: &Session,
    waiting: &Waiting,
    acr: AcrValue,
) -> Result<Response, Refusal> {
    let request = &waiting.request;
    let unwritable = |_| Refusal::RequestOver;
    let facts = serde_json::to_string(&Facts::new(request, session, acr)).map_err(unwritable)?;
    let binding = CodeBinding {
        redirect_uri: request.return_to.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
    };
    let binding = serde_json::to_string(&binding).map_err(unwritable)?;
    let now = now();
    let mut act = party.database.act().await?;
    if !act.answer_openid_request(&waiting.name).await? {
        return Err(Refusal::RequestOver);
    }
    let grant = act.grant(&session.id, &request.client_id, &facts, now).await?;
    let code = act.issue(TokenKind::Code, &grant, &binding, now, CODE_LIFE).await?;
    act.commit().await?;
    Ok(away(&request.return_to.with_code(party.openid.issuer.as_str(), code.as_str())))
}

/// Answers the application with an error.
pub(super) async fn refuse(
    party: &RelyingParty,
    session: Option<&Session>,
    waiting: &Waiting,
    error: &AuthorizationError,
) -> Result<Response, Refusal> {
    let mut act = party.database.act().await?;
    let answered = act.answer_openid_request(&waiting.name).await?;
    act.commit().await?;
    if !answered {
        return Err(Refusal::RequestOver);
    }
    let detail = format!("{}: {error}", waiting.request.client_id);
    let person = session.map(|session| &session.person.id);
    party.note(person, "authorize", &detail, now()).await;
    Ok(away(&waiting.request.return_to.with_error(party.openid.issuer.as_str(), error)))
}

/// The user does not want to go on.
pub(super) fn denied() -> AuthorizationError {
    AuthorizationError::new(Code::AccessDenied, "the user cancelled")
}

/// Where a waiting request goes on.
pub(super) fn address(name: &str) -> String {
    format!("{BASE}/continue?request={name}")
}

fn to_login(name: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("return", &address(name))
        .finish();
    Redirect::to(&format!("/login?{query}")).into_response()
}

fn away(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// Faults the application is not told of, because it is not certain which one it is.
async fn unanswerable(party: &RelyingParty, fault: &Unanswerable) -> Response {
    party.note(None, "authorize", &fault.to_string(), now()).await;
    let context = context! {
        title => "This application cannot sign you in",
        error => format!("Its request cannot be answered: {fault}."),
        what_to_do => "Tell the people who run the application. You have done nothing wrong.",
    };
    let mut response = page(party, "openid/refused.html", context);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
