//! Why the token endpoint gives nothing (RFC 6749 §5.2).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use openidconnect::{StandardErrorResponse, core::CoreErrorResponseType};
use wardkey_register::DatabaseError;

use super::authorization::answer::described;
use crate::{parameters::ParameterError, refusal::Refusal};

/// An error of the token endpoint, or of what stands behind it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("{description}")]
    Told { code: CoreErrorResponseType, description: String },
    /// Who asks is not who it says. `basic` if it tried HTTP's own way.
    #[error("{description}")]
    Client { description: String, basic: bool },
    #[error("{0}")]
    Inside(Refusal),
}

impl TokenError {
    pub(crate) fn new(code: CoreErrorResponseType, description: impl Into<String>) -> Self {
        Self::Told { code, description: description.into() }
    }

    pub(crate) fn grant(description: impl Into<String>) -> Self {
        Self::new(CoreErrorResponseType::InvalidGrant, description)
    }

    /// See [`Refusal::is_news`].
    pub(crate) const fn is_news(&self) -> bool {
        match self {
            Self::Inside(refusal) => refusal.is_news(),
            _ => true,
        }
    }

    pub(crate) fn client(description: impl Into<String>) -> Self {
        Self::Client { description: description.into(), basic: false }
    }
}

impl From<ParameterError> for TokenError {
    fn from(error: ParameterError) -> Self {
        Self::new(CoreErrorResponseType::InvalidRequest, error.to_string())
    }
}

impl From<Refusal> for TokenError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            inside @ (Refusal::Database(_) | Refusal::TooOften { .. }) => Self::Inside(inside),
            other => Self::new(CoreErrorResponseType::InvalidRequest, other.to_string()),
        }
    }
}

impl From<DatabaseError> for TokenError {
    fn from(error: DatabaseError) -> Self {
        Self::Inside(error.into())
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = |code, description: &str| {
            Json(StandardErrorResponse::new(code, Some(described(description)), None))
        };
        match self {
            Self::Told { code, description } => {
                (StatusCode::BAD_REQUEST, body(code, &description)).into_response()
            }
            Self::Client { description, basic } => {
                let told = body(CoreErrorResponseType::InvalidClient, &description);
                let mut response = (StatusCode::UNAUTHORIZED, told).into_response();
                if basic {
                    let challenge = HeaderValue::from_static("Basic realm=\"wardkey\"");
                    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                }
                response
            }
            // Not for the client to mend, so in the words of a server that is away (RFC 6749 §4.1.2.1).
            Self::Inside(refusal @ Refusal::TooOften { .. }) => {
                let code = CoreErrorResponseType::Extension("temporarily_unavailable".to_owned());
                let told = body(code, &refusal.to_string());
                let mut response = (refusal.status(), told).into_response();
                refusal.retry_after(&mut response);
                response
            }
            Self::Inside(refusal) => refusal.into_response(),
        }
    }
}
