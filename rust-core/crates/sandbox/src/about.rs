//! Whom and what a request is about, so that every line of the audit that comes of it says so.
//!
//! Both are found out where a request is read, and lines are written wherever it is refused. In between they are
//! kept beside the request, with where it comes from.

use std::{cell::RefCell, fmt};

use axum::{extract::Request, middleware::Next, response::Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use wardkey_register::{PersonId, registrations::RegistrationId};

use crate::proxies::ClientAddress;

/// As much of a name that a request brings as is written down.
const LONGEST: usize = 200;

tokio::task_local! {
    static ABOUT: RefCell<About>;
}

/// What is known by now.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// Where the request comes from.
    pub(crate) client: Option<ClientAddress>,
    /// Who is signed in.
    pub(crate) person: Option<PersonId>,
    pub(crate) subject: Option<Subject>,
}

/// What a request is to change or to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject(String);

impl Subject {
    pub(crate) fn registration(id: &RegistrationId) -> Self {
        Self::named("registration", id.as_str())
    }

    pub(crate) fn authenticator(credential_id: &[u8]) -> Self {
        Self::named("authenticator", &Base64UrlUnpadded::encode_string(credential_id))
    }

    pub(crate) fn application(client_id: &str) -> Self {
        Self::named("application", client_id)
    }

    /// The name may be one that somebody made up.
    fn named(kind: &str, name: &str) -> Self {
        let name: String = name.chars().take(LONGEST).collect();
        Self(format!("{kind} {name}"))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Around each request.
pub(crate) async fn keep(client: ClientAddress, request: Request, next: Next) -> Response {
    let about = About { client: Some(client), ..About::default() };
    ABOUT.scope(RefCell::new(about), next.run(request)).await
}

/// Somebody is signed in.
pub(crate) fn person(id: &PersonId) {
    // Outside of a request there is nothing to keep it beside: who writes lines there names them.
    let _ = ABOUT.try_with(|about| about.borrow_mut().person = Some(id.clone()));
}

/// It is about this.
pub(crate) fn subject(subject: Subject) {
    let _ = ABOUT.try_with(|about| about.borrow_mut().subject = Some(subject));
}

/// What is known by now; nothing outside of a request.
pub(crate) fn known() -> About {
    ABOUT.try_with(|about| about.borrow().clone()).unwrap_or_default()
}
