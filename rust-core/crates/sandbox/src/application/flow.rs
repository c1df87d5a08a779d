//! The application's pages, and its side of the authorization code flow.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, SET_COOKIE},
    },
    response::{Html, IntoResponse as _, Redirect, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::{Value as Shown, context};
use openidconnect::{
    AuthenticationContextClass, AuthenticationFlow, AuthorizationCode, AuthorizationRequest,
    ClientId, CsrfToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse,
    TokenResponse as _,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClient, CoreErrorResponseType, CoreResponseType,
        CoreTokenResponse,
    },
};
use serde_json::Value;
use url::Url;

use super::site::{Exchange, Failed, Pending, Site, User, said};
use crate::{
    cookies::{cookie, set_cookie},
    pages::{policy, render},
    parameters::Parameters,
};

const STATE: &str = "__Host-application-state";
const USER: &str = "__Host-application-user";

/// Sign-ins that nobody finishes are forgotten when there are this many.
const MOST_PENDING: usize = 1000;

pub(super) type TheSite = State<Arc<Site>>;

pub(super) async fn home(State(site): TheSite, headers: HeaderMap) -> Response {
    let user = cookie(&headers, USER).and_then(|cookie| site.users().get(cookie).cloned());
    let context = match user {
        Some(user) if user.ended => context! { ended => true },
        Some(user) => context! {
            user => true,
            name => text(&user.info, "name"),
            level => text(&user.claims, "authentication_assurance_level"),
            role => text(&user.claims, "selected_roleid"),
            claims => rows(&user.claims),
            info => rows(&user.info),
        },
        None => context! { level => site.level.words() },
    };
    let mut response = page(StatusCode::OK, "application/home.html", context);
    // Signing out leads to the provider, and browsers hold that against the policy of the page.
    let provider = Url::parse(site.issuer.as_str()).map(|url| url.origin().ascii_serialization());
    if let Some(policy) = provider
        .ok()
        .and_then(|origin| HeaderValue::try_from(policy(&format!("'self' {origin}"))).ok())
    {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A member's text; empty if there is none.
fn text(claims: &Value, name: &str) -> String {
    claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn rows(claims: &Value) -> Vec<Shown> {
    let members = claims.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            context! { name, value }
        })
        .collect()
}

pub(super) async fn sign_in(State(site): TheSite) -> Response {
    match begin(&site).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn begin(site: &Site) -> Result<Response, Failed> {
    let metadata = discovered(site).await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = client(site, metadata)?;
    let request = client.authorize_url(
        AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
        CsrfToken::new_random,
        Nonce::new_random,
    );
    let (url, state, nonce) = demands(site, request).set_pkce_challenge(challenge).url();
    let mut pending = site.pending();
    if pending.len() >= MOST_PENDING {
        pending.clear();
    }
    pending.insert(state.secret().clone(), Pending { nonce, verifier });
    drop(pending);
    Ok(with_cookie(Redirect::to(url.as_str()).into_response(), STATE, state.secret()))
}

/// What the application wants to know, and how sure it wants to be.
pub(super) fn demands<'a>(site: &Site, mut request: Asked<'a>) -> Asked<'a> {
    for scope in ["profile", "email", "nationalrbacaccess", "selectedrole"] {
        request = request.add_scope(Scope::new(scope.to_owned()));
    }
    let level = site.level.acr_value().to_owned();
    request.add_auth_context_value(AuthenticationContextClass::new(level))
}

pub(super) type Asked<'a> =
    AuthorizationRequest<'a, CoreAuthDisplay, CoreAuthPrompt, CoreResponseType>;

pub(super) async fn discovered(site: &Site) -> Result<ProviderMetadataWithLogout, Failed> {
    let http = Exchange(site.http.clone());
    ProviderMetadataWithLogout::discover_async(site.issuer.clone(), &http)
        .await
        .map_err(|error| Failed(format!("the provider cannot be found: {}", said(&error))))
}

/// The client as the library has it, with what a provider's document leads to.
pub(super) type Discovered = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

pub(super) fn client(
    site: &Site,
    metadata: ProviderMetadataWithLogout,
) -> Result<Discovered, Failed> {
    let back = RedirectUrl::new(site.redirect_uri());
    let id = ClientId::new(site.client.id().to_owned());
    Ok(CoreClient::from_provider_metadata(metadata, id, site.client.secret().cloned())
        .set_redirect_uri(back.map_err(|error| Failed(error.to_string()))?))
}

/// Changes a code into tokens.
pub(super) async fn exchanged(
    site: &Site,
    client: &Discovered,
    code: &str,
    verifier: PkceCodeVerifier,
) -> Result<CoreTokenResponse, NotExchanged> {
    let code = AuthorizationCode::new(code.to_owned());
    let mut request = client
        .exchange_code(code)
        .map_err(|error| NotExchanged::Before(error.to_string()))?
        .set_pkce_verifier(verifier);
    let assertion = site.client.assertion(site.issuer.as_str());
    let assertion = assertion.map_err(|error| NotExchanged::Before(error.to_string()))?;
    for (name, value) in assertion {
        request = request.add_extra_param(name, value);
    }
    Ok(request.request_async(&Exchange(site.http.clone())).await?)
}

/// Why a code was not changed into tokens.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotExchanged {
    #[error("{0}")]
    Before(String),
    /// The provider's answer, or none.
    #[error("{}", said(.0))]
    Provider(#[from] RequestTokenError<Failed, StandardErrorResponse<CoreErrorResponseType>>),
}

pub(super) async fn back(
    State(site): TheSite,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes());
    match finish(&site, &headers, &query).await {
        Ok(user) => {
            let secret = CsrfToken::new_random_len(32);
            site.users().insert(secret.secret().clone(), user);
            with_cookie(Redirect::to("/").into_response(), USER, secret.secret())
        }
        Err(error) => failed(&error),
    }
}

async fn finish(site: &Site, headers: &HeaderMap, query: &Parameters) -> Result<User, Failed> {
    let unreadable = |error: crate::parameters::ParameterError| Failed(error.to_string());
    let state = query.required("state").map_err(unreadable)?;
    if cookie(headers, STATE) != Some(state) {
        return Err(Failed("this answer is for another browser".to_owned()));
    }
    let pending = site.pending().remove(state);
    let pending = pending.ok_or_else(|| Failed("this sign-in is over".to_owned()))?;
    if query.get("iss").map_err(unreadable)? != Some(site.issuer.as_str()) {
        return Err(Failed("this answer is of another provider".to_owned()));
    }
    if let Some(error) = query.get("error").map_err(unreadable)? {
        let described = query.get("error_description").map_err(unreadable)?.unwrap_or_default();
        return Err(Failed(format!("the provider answered {error}: {described}")));
    }
    let code = query.required("code").map_err(unreadable)?;
    redeem(site, code, pending.verifier, &pending.nonce).await
}

async fn redeem(
    site: &Site,
    code: &str,
    verifier: PkceCodeVerifier,
    nonce: &Nonce,
) -> Result<User, Failed> {
    let metadata = discovered(site).await?;
    let user_info = metadata.userinfo_endpoint().map(|url| url.url().clone());
    let client = client(site, metadata)?;
    let tokens = exchanged(site, &client, code, verifier)
        .await
        .map_err(|error| Failed(format!("the code was not taken: {error}")))?;
    let id_token = tokens.id_token().ok_or_else(|| Failed("there is no ID token".to_owned()))?;
    let told = id_token
        .claims(&client.id_token_verifier(), nonce)
        .map_err(|error| Failed(format!("the ID token does not hold: {error}")))?;
    // The request went through the user's browser, and nobody signed it: what it demanded is not what the
    // provider was asked for (OpenID Connect Core §3.1.3.7 step 12).
    let acr = told.auth_context_ref().map(|acr| acr.as_str()).unwrap_or_default();
    if !site.level.is_met_by(acr) {
        let demanded = site.level.words();
        return Err(Failed(format!("the sign-in is of class “{acr}”, which is not {demanded}")));
    }
    let subject = told.subject().as_str().to_owned();
    let id_token = id_token.to_string();
    let info = user_info.ok_or_else(|| Failed("there is no userinfo endpoint".to_owned()))?;
    let info = site.http.get(info).bearer_auth(tokens.access_token().secret()).send().await;
    let info = info.map_err(|error| Failed(error.to_string()))?.bytes().await;
    let info = info.map_err(|error| Failed(error.to_string()))?;
    let info: Value = serde_json::from_slice(&info).map_err(|error| Failed(error.to_string()))?;
    if text(&info, "sub") != subject {
        return Err(Failed("the claims are of somebody else".to_owned()));
    }
    let claims = payload(&id_token).ok_or_else(|| Failed("an odd ID token".to_owned()))?;
    Ok(User { claims, info, id_token, ended: false })
}

/// The claims of a token whose signature was verified, those included that the library does not name.
fn payload(token: &str) -> Option<Value> {
    let payload = Base64UrlUnpadded::decode_vec(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Ends the user's session here and at the provider. The cookie's `SameSite` keeps other sites from it.
pub(super) async fn sign_out(State(site): TheSite, headers: HeaderMap) -> Response {
    let user = cookie(&headers, USER).and_then(|cookie| site.users().remove(cookie));
    let home = || Redirect::to("/").into_response();
    let Some(user) = user else { return home() };
    let metadata = match discovered(&site).await {
        Ok(metadata) => metadata,
        Err(error) => return failed(&error),
    };
    let Some(end) = &metadata.additional_metadata().end_session_endpoint else { return home() };
    let mut url = end.url().clone();
    url.query_pairs_mut()
        .append_pair("id_token_hint", &user.id_token)
        .append_pair("post_logout_redirect_uri", &format!("{}/", site.origin));
    Redirect::to(url.as_str()).into_response()
}

fn with_cookie(mut response: Response, name: &str, secret: &str) -> Response {
    if let Some(value) = set_cookie(name, secret) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

fn failed(error: &Failed) -> Response {
    let context = context! { error => error.to_string() };
    page(StatusCode::BAD_REQUEST, "application/failed.html", context)
}

fn page(status: StatusCode, name: &str, context: Shown) -> Response {
    match render(name, context) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(name, error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
