//! Why a request is refused, and what a tester can do about it.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use wardkey_register::DatabaseError;
use webauthn_rs_core::error::WebauthnError;

use crate::{denied::Denied, verification};

/// A refusal of any request to the JSON interface.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The request is not the JSON expected here: {0}.")]
    Json(String),
    #[error("The request is not JSON: its Content-Type must be application/json.")]
    ContentType,
    #[error(
        "The request is not a form: its Content-Type must be application/x-www-form-urlencoded."
    )]
    NotAForm,
    #[error("The request cannot be used: {0}.")]
    Parameter(String),
    #[error("The request is longer than {0} bytes.")]
    TooLong(usize),
    #[error("The request took too long to arrive.")]
    TooSlow,
    #[error("There is nothing at this address.")]
    NoSuchPage,
    #[error("This address takes {0} requests only.")]
    Method(&'static str),
    #[error("The user name {0}.")]
    UserName(&'static str),
    #[error("No passkey is registered for “{0}”.")]
    NoPasskeys(String),
    #[error("This challenge was never given, has been answered already, or has expired.")]
    Session,
    #[error("This challenge was given for the other ceremony.")]
    WrongCeremony,
    // Not what it is: this text is shown to others than who sent it.
    #[error("The credential's type is not “public-key”.")]
    Type,
    #[error("id, rawId and the authenticator data do not name the same credential.")]
    CredentialId,
    #[error("This credential was excluded: the phone already had a passkey for this account.")]
    Excluded,
    #[error("A passkey with this credential id is registered already.")]
    Duplicate,
    #[error("No passkey with this credential id is registered here.")]
    UnknownCredential,
    #[error("This passkey was not in the list of allowed ones.")]
    NotAllowed,
    #[error("The response does not say whose passkey it is (userHandle is missing).")]
    UserHandleMissing,
    #[error("The response names another user than the passkey was registered for.")]
    UserHandleMismatch,
    #[error("The attestation is not trusted: {0}.")]
    Untrusted(String),
    #[error("Verification failed: {}.", verification::words(.0))]
    Verification(WebauthnError),
    #[error("The authenticators of “{0}” come from a registration authority.")]
    Managed(String),
    #[error("This request of an application is over: it was answered, or took too long.")]
    RequestOver,
    #[error("Nobody is signed in here.")]
    NotSignedIn,
    #[error("You are signed in, but not as a registration authority.")]
    NotAuthority,
    #[error("This was not sent from a page of yours, or you have signed in again since.")]
    Csrf,
    /// `again`: it was said before in this minute.
    #[error("Too many attempts in one minute.")]
    TooOften { seconds: u64, again: bool },
    #[error("The way back after the sign-in cannot be used: {0}.")]
    Return(String),
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("The register cannot be used at present.")]
    Database(DatabaseError),
}

/// The body of every answer that is not a success.
#[derive(Debug, Serialize)]
pub(crate) struct Body {
    code: &'static str,
    pub(crate) error: String,
    pub(crate) what_to_do: &'static str,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Json(_) | Self::UserName(_) | Self::Return(_) | Self::Parameter(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::ContentType | Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoSuchPage | Self::NoPasskeys(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Session | Self::RequestOver => StatusCode::GONE,
            Self::Duplicate | Self::WrongCeremony => StatusCode::CONFLICT,
            Self::Denied(denied) => denied.status(),
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Managed(_) | Self::NotAuthority | Self::Csrf => StatusCode::FORBIDDEN,
            Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Type
            | Self::CredentialId
            | Self::Excluded
            | Self::UnknownCredential
            | Self::NotAllowed
            | Self::UserHandleMissing
            | Self::UserHandleMismatch
            | Self::Untrusted(_)
            | Self::Verification(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Whether auditors need a line about it. Who tries on and on after a refusal is in there already, and would
    /// push other lines out.
    pub(crate) const fn is_news(&self) -> bool {
        !matches!(self, Self::TooOften { again: true, .. })
    }

    /// Tells when to try again, if that is known (RFC 9110 §10.2.3).
    pub(crate) fn retry_after(&self, response: &mut Response) {
        if let Self::TooOften { seconds, .. } = self {
            response.headers_mut().insert(RETRY_AFTER, (*seconds).into());
        }
    }

    /// A stable name for programs.
    pub(crate) fn code(&self) -> &'static str {
        self.told().0
    }

    /// What whoever asked is told.
    pub(crate) fn body(&self) -> Body {
        let (code, what_to_do) = self.told();
        Body { code, error: self.to_string(), what_to_do }
    }

    /// A stable name for programs, and the remedy for people.
    pub(crate) fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::Json(_) => {
                ("malformed", "Send the JSON that the documentation of this request shows.")
            }
            Self::ContentType => {
                ("content_type", "Send the header Content-Type: application/json.")
            }
            Self::NotAForm => ("content_type", "Send it as a browser sends a form."),
            Self::Parameter(_) => ("parameter", "Start again at the page you came from."),
            Self::TooLong(_) => {
                ("too_long", "Send a credential as a browser makes it; it is far shorter.")
            }
            Self::TooSlow => ("too_slow", "Try again where the connection is better."),
            Self::NoSuchPage => ("no_such_page", "Start at the sandbox's first page."),
            Self::Method(_) => ("method", "Use the method this address takes."),
            Self::UserName(_) => {
                ("user_name", "Enter a name of 1 to 64 characters, such as clinician@example.org.")
            }
            Self::NoPasskeys(_) => (
                "no_passkeys",
                "Register a passkey for this name first, or sign in without a list.",
            ),
            Self::Session => (
                "session",
                "Start the ceremony again: a challenge can be answered once, within its time.",
            ),
            Self::WrongCeremony => {
                ("wrong_ceremony", "Send the answer to the ceremony it belongs to.")
            }
            Self::Type => ("type", "Send a public key credential."),
            Self::CredentialId => (
                "credential_id",
                "The client or the authenticator mixed up two credentials: look there.",
            ),
            Self::Excluded => (
                "excluded",
                "Sign in with the passkey that is there, or do not send the exclude list.",
            ),
            Self::Duplicate => (
                "duplicate",
                "The authenticator reused a credential id, which it must not: look there.",
            ),
            Self::UnknownCredential => (
                "unknown_credential",
                "Register it again: it was removed, or registered with another database.",
            ),
            Self::NotAllowed => {
                ("not_allowed", "Choose a passkey of the user named, or sign in without a list.")
            }
            Self::UserHandleMissing => {
                ("user_handle_missing", "Use a discoverable passkey, or send the allow list.")
            }
            Self::UserHandleMismatch => (
                "user_handle_mismatch",
                "The authenticator returned another account's user handle: look there.",
            ),
            Self::Untrusted(_) => (
                "untrusted",
                "Start the sandbox with the authenticator's root certificate (a phone under test prints it with “wardkey phone root”), or ask for no attestation.",
            ),
            Self::Verification(error) => verification::told(error),
            Self::Managed(_) => {
                ("managed", "Ask a registration authority for a link, or use a name of your own.")
            }
            Self::RequestOver => ("request_over", "Go back to the application and start again."),
            Self::NotSignedIn => ("not_signed_in", "Sign in first."),
            Self::NotAuthority => {
                ("not_authority", "Sign in as somebody who may issue authenticators.")
            }
            Self::Csrf => ("csrf", "Go back, load the page again, and do it once more."),
            Self::TooOften { .. } => ("too_often", "Wait a minute, then try again."),
            Self::Return(_) => ("return", "Start again at the page you wanted."),
            Self::Denied(denied) => denied.told(),
            Self::Database(_) => (
                "database",
                "Try again in a moment; if it stays so, look at the sandbox's log and its database.",
            ),
        }
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl From<WebauthnError> for Refusal {
    fn from(error: WebauthnError) -> Self {
        Self::Verification(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Self::Database(error) = &self {
            tracing::error!(%error, "the register cannot be used");
        }
        tracing::debug!(code = self.code(), error = %self, "refused");
        let mut response = (self.status(), Json(self.body())).into_response();
        self.retry_after(&mut response);
        response
    }
}
