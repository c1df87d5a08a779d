//! What has to happen next before an application gets its code.

use openidconnect::core::CoreAuthErrorResponseType as Code;

use super::{answer::AuthorizationError, request::AuthorizationRequest};
use crate::openid::{
    acr::{AcrValue, Assurance},
    scope::Scope,
};

/// What is known of the browser's session. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) assurance: Assurance,
    /// When they signed in.
    pub(crate) at: i64,
    /// When a role was chosen in this session, if one was.
    pub(crate) role_chosen_at: Option<i64>,
    /// How many roles the person has.
    pub(crate) roles: usize,
    /// Whether the register vouches for who they are: authenticators of theirs come from a registration
    /// authority only.
    pub(crate) managed: bool,
    /// Whether this is who the application's hint names, if it gave one.
    pub(crate) expected: bool,
}

/// The next thing to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    SignIn,
    /// Shown as a list, or as the page for those who have none.
    ChooseRole,
    /// The only role there is, taken without asking.
    TakeOnlyRole,
    /// Everything is there: the code may be given, for a sign-in of this class.
    Grant(AcrValue),
    Refuse(AuthorizationError),
}

/// Decides from the request, when it was made, and what the browser's session is by now.
///
/// A sign-in counts as fresh if it is not older than the request, so a request that demands one
/// (`prompt=login`, a short `max_age`, a higher level) is content after it has been met once.
pub(crate) fn next(
    request: &AuthorizationRequest,
    made_at: i64,
    signed: Option<&Signed>,
    now: i64,
) -> Step {
    let Some(signed) = signed else { return sign_in(request, "nobody is signed in") };
    let fresh = signed.at >= made_at;
    if !fresh && request.prompt.login {
        return Step::SignIn;
    }
    if !fresh && too_old(request, signed, now) {
        return sign_in(request, "the sign-in is older than max_age");
    }
    if !signed.expected {
        let told = "somebody else is signed in";
        return if fresh { refuse(Code::LoginRequired, told) } else { sign_in(request, told) };
    }
    if !signed.managed {
        let told = "the user is not on the register: nobody has checked who they are";
        return if fresh { refuse(Code::AccessDenied, told) } else { sign_in(request, told) };
    }
    match request.acr_values.met_by(signed.assurance) {
        Some(acr) => choose_role(request, made_at, signed, acr),
        None if fresh => Step::Refuse(AuthorizationError::unmet(format!(
            "the passkey used proves assurance level {}, which is not enough",
            signed.assurance.digit()
        ))),
        None => sign_in(request, "the sign-in proved less than acr_values demands"),
    }
}

fn too_old(request: &AuthorizationRequest, signed: &Signed, now: i64) -> bool {
    let age = now.saturating_sub(signed.at).max(0).unsigned_abs();
    request.max_age.is_some_and(|seconds| age > seconds.saturating_mul(1000))
}

fn sign_in(request: &AuthorizationRequest, why: &str) -> Step {
    if request.prompt.silent { refuse(Code::LoginRequired, why) } else { Step::SignIn }
}

/// A role stays chosen for the session; `prompt=login` is how a user gets to choose another.
fn choose_role(
    request: &AuthorizationRequest,
    made_at: i64,
    signed: &Signed,
    acr: AcrValue,
) -> Step {
    let chosen =
        signed.role_chosen_at.is_some_and(|chosen| !request.prompt.login || chosen >= made_at);
    if chosen || !request.scopes.has(Scope::SelectedRole) {
        return Step::Grant(acr);
    }
    match signed.roles {
        1 => Step::TakeOnlyRole,
        // Nothing to choose and nobody to tell: the application copes, as it must anyway.
        0 if request.prompt.silent => Step::Grant(acr),
        _ if request.prompt.silent => refuse(Code::InteractionRequired, "a role has to be chosen"),
        _ => Step::ChooseRole,
    }
}

fn refuse(code: Code, why: &str) -> Step {
    Step::Refuse(AuthorizationError::new(code, why))
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
