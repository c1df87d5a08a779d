//! What an application asks at the authorization endpoint (OpenID Connect Core §3.1.2.1).

use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use openidconnect::core::CoreAuthErrorResponseType as Code;
use serde::{Deserialize, Serialize};

use super::answer::{AuthorizationError, ReturnAddress};
use crate::{
    openid::{
        acr::AcrValues,
        client::{Client, Clients},
        scope::Scopes,
    },
    parameters::{ParameterError, Parameters},
};

/// A request that can be answered. Kept as JSON while its user signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) return_to: ReturnAddress,
    pub(crate) nonce: Option<String>,
    pub(crate) scopes: Scopes,
    /// Always there, unless the application was registered as one that cannot send it.
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) prompt: Prompt,
    /// Seconds since the sign-in.
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: AcrValues,
    /// Who the application thinks is there.
    pub(crate) id_token_hint: Option<String>,
}

/// A SHA-256 that the code's taker must know the origin of (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CodeChallenge(pub(crate) String);

/// What the user must, or must not, be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Prompt {
    /// `none`: nothing at all.
    pub(crate) silent: bool,
    /// `login`, or `select_account`, which is the same where one passkey is one account.
    pub(crate) login: bool,
}

/// Why a request is not answered to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not certain whose request this is, or where its answer belongs: a page says so.
    Here(Unanswerable),
    /// The application is told.
    There(ReturnAddress, AuthorizationError),
}

/// Faults that only the user can be told about (RFC 6749 §4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswerable {
    #[error("{0}")]
    Parameter(#[from] ParameterError),
    #[error("no application is registered as “{0}”")]
    UnknownClient(String),
    #[error("the redirect_uri “{uri}” is not registered for “{client}”")]
    RedirectUri { client: String, uri: String },
}

impl AuthorizationRequest {
    pub(crate) fn parse(parameters: &Parameters, clients: &Clients) -> Result<Self, Refused> {
        let (client, redirect_uri) = addressee(parameters, clients).map_err(Refused::Here)?;
        let mut return_to = ReturnAddress { redirect_uri: redirect_uri.to_owned(), state: None };
        match parameters.get("state") {
            Ok(state) => return_to.state = state.map(str::to_owned),
            Err(error) => return Err(Refused::There(return_to, malformed(error.to_string()))),
        }
        match Self::asked(parameters, client, return_to.clone()) {
            Ok(request) => Ok(request),
            Err(error) => Err(Refused::There(return_to, error)),
        }
    }

    fn asked(
        parameters: &Parameters,
        client: &Client,
        return_to: ReturnAddress,
    ) -> Result<Self, AuthorizationError> {
        if let Some(repeated) = parameters.first_repeated() {
            return Err(malformed(repeated.to_string()));
        }
        not_supported(parameters)?;
        Ok(Self {
            client_id: client.id.clone(),
            return_to,
            nonce: parameters.get("nonce")?.map(str::to_owned),
            scopes: scopes(parameters)?,
            code_challenge: code_challenge(parameters, client)?,
            prompt: parameters.get("prompt")?.map_or(Ok(Prompt::default()), str::parse)?,
            max_age: max_age(parameters)?,
            acr_values: acr_values(parameters)?,
            id_token_hint: parameters.get("id_token_hint")?.map(str::to_owned),
        })
    }
}

/// Who asks, and where the answer goes: until both are certain nobody is sent anywhere.
fn addressee<'a>(
    parameters: &'a Parameters,
    clients: &'a Clients,
) -> Result<(&'a Client, &'a str), Unanswerable> {
    let id = parameters.required("client_id")?;
    let client = clients.find(id).ok_or_else(|| Unanswerable::UnknownClient(id.to_owned()))?;
    let uri = parameters.required("redirect_uri")?;
    if client.may_return_to(uri) {
        Ok((client, uri))
    } else {
        Err(Unanswerable::RedirectUri { client: client.id.clone(), uri: uri.to_owned() })
    }
}

/// What the specification lets a provider leave out, each with its own error.
fn not_supported(parameters: &Parameters) -> Result<(), AuthorizationError> {
    for (name, code) in [
        ("request", Code::RequestNotSupported),
        ("request_uri", Code::RequestUriNotSupported),
        ("registration", Code::RegistrationNotSupported),
    ] {
        if parameters.get(name)?.is_some() {
            return Err(AuthorizationError::new(code, format!("{name} is not supported")));
        }
    }
    match parameters.required("response_type")? {
        "code" => {}
        other => {
            let told = format!("response_type must be code, not “{other}”");
            return Err(AuthorizationError::new(Code::UnsupportedResponseType, told));
        }
    }
    match parameters.get("response_mode")? {
        None | Some("query") => Ok(()),
        Some(other) => Err(malformed(format!("response_mode must be query, not “{other}”"))),
    }
}

fn scopes(parameters: &Parameters) -> Result<Scopes, AuthorizationError> {
    let asked = Scopes::asked(parameters.required("scope")?);
    asked.map_err(|error| AuthorizationError::new(Code::InvalidScope, error.to_string()))
}

fn code_challenge(
    parameters: &Parameters,
    client: &Client,
) -> Result<Option<CodeChallenge>, AuthorizationError> {
    let none = parameters.get("code_challenge")?.is_none();
    if none && !client.demands_pkce && parameters.get("code_challenge_method")?.is_none() {
        return Ok(None);
    }
    let challenge = parameters.required("code_challenge")?;
    // Left out, the method is plain (RFC 7636 §4.3), which protects nothing on the way here.
    match parameters.get("code_challenge_method")? {
        Some("S256") => challenge.parse().map(Some),
        other => {
            let other = other.unwrap_or("plain");
            Err(malformed(format!("code_challenge_method must be S256, not “{other}”")))
        }
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<u64>, AuthorizationError> {
    let Some(text) = parameters.get("max_age")? else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| malformed(format!("max_age must be a number of seconds, not “{text}”")))
}

fn acr_values(parameters: &Parameters) -> Result<AcrValues, AuthorizationError> {
    let Some(text) = parameters.get("acr_values")? else { return Ok(AcrValues::default()) };
    let demanded: AcrValues =
        text.parse().map_err(|error: crate::openid::acr::UnknownAcrValues| {
            AuthorizationError::unmet(error.to_string())
        })?;
    if demanded.can_be_met() {
        Ok(demanded)
    } else {
        Err(AuthorizationError::unmet(format!("“{text}” demands what no passkey is")))
    }
}

fn malformed(description: impl Into<String>) -> AuthorizationError {
    AuthorizationError::new(Code::InvalidRequest, description)
}

impl From<ParameterError> for AuthorizationError {
    fn from(error: ParameterError) -> Self {
        malformed(error.to_string())
    }
}

impl FromStr for CodeChallenge {
    type Err = AuthorizationError;

    fn from_str(text: &str) -> Result<Self, AuthorizationError> {
        match Base64UrlUnpadded::decode_vec(text) {
            Ok(hash) if hash.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(malformed("code_challenge is not the base64url of a SHA-256")),
        }
    }
}

impl FromStr for Prompt {
    type Err = AuthorizationError;

    fn from_str(text: &str) -> Result<Self, AuthorizationError> {
        let mut prompt = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.silent = true,
                "login" | "select_account" => prompt.login = true,
                // The service asks no consent, so there is none to ask again.
                "consent" => {}
                other => return Err(malformed(format!("there is no prompt “{other}”"))),
            }
        }
        let alone = text.split(' ').filter(|value| !value.is_empty()).count() == 1;
        if prompt.silent && !alone {
            Err(malformed("prompt none stands alone"))
        } else {
            Ok(prompt)
        }
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
