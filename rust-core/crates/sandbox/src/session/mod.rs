//! Who is signed in at a browser.
//!
//! A session is a row of the register and a cookie with 256 random bits; nothing of it is kept in the
//! process. Handlers ask for a [`Session`] or a [`RegistrationAuthority`] as an argument and are not
//! called without one.

mod cookie;
mod extract;
mod limit;
mod local;
mod login;
mod sweep;

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::hmac;
use subtle::ConstantTimeEq as _;
use wardkey_register::{ChosenRole, Liveness, Moment, Person, SessionId};

pub(crate) use extract::{Onlooker, RegistrationAuthority};
pub(crate) use limit::{Tried, limited, limited_to_person};
pub(crate) use local::LocalPath;
pub(crate) use login::{forgotten, router};
pub(crate) use sweep::sweep;

use crate::{about, refusal::Refusal, relying_party::RelyingParty};

/// How long a session may stay unused, and last at all: NIST SP 800-63B-4 for AAL3.
pub(crate) const IDLE: Duration = Duration::from_mins(15);
pub(crate) const LIFE: Duration = Duration::from_hours(12);

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The `sid` that applications are told.
    pub(crate) id: SessionId,
    pub(crate) person: Person,
    /// What the latest sign-in proved: level 2 or 3.
    pub(crate) assurance: u8,
    pub(crate) signed_in_at: Moment,
    pub(crate) csrf: CsrfToken,
    /// As the register has it.
    pub(crate) stored: wardkey_register::Session,
}

/// What a page's forms and scripts send back, so that no other site's can act in this session.
///
/// Derived from the cookie: it is as secret as that and needs no storage.
#[derive(Clone)]
pub(crate) struct CsrfToken(String);

impl CsrfToken {
    fn of(cookie: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, cookie.as_bytes());
        Self(Base64UrlUnpadded::encode_string(hmac::sign(&key, b"wardkey csrf 1").as_ref()))
    }

    /// For the hidden field `csrf` of forms and the header `X-CSRF-Token` of scripts.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for CsrfToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CsrfToken(…)")
    }
}

/// Whether a form or script is one of this session's own pages.
pub(crate) fn check_csrf(session: &Session, token: &str) -> Result<(), Refusal> {
    let same: bool = session.csrf.0.as_bytes().ct_eq(token.as_bytes()).into();
    if same { Ok(()) } else { Err(Refusal::Csrf) }
}

impl Session {
    /// Whether their passkey would reach level 3 under a test policy, and does not here.
    pub(crate) fn is_reduced(&self, party: &RelyingParty) -> bool {
        self.stored.trial && !party.policy.test
    }

    /// The answer to which role they act in, as long as it could be given still: a role may be taken away, or
    /// be the first there is.
    pub(crate) fn chosen_role(&self) -> Option<&ChosenRole> {
        self.stored.role.as_ref().filter(|chosen| match &chosen.role {
            Some(role) => self.person.has_role(role),
            None => self.person.roles.is_empty(),
        })
    }

    /// The session of a cookie, if it lives. Its use is noted now and then.
    pub(crate) async fn find(
        party: &RelyingParty,
        cookie: &str,
        now: Moment,
    ) -> Result<Option<Self>, Refusal> {
        // Finer notes would make every page a write.
        const NOTED: Duration = Duration::from_secs(30);

        let Some(found) = Self::look(party, cookie, now).await? else { return Ok(None) };
        if now.since(found.stored.seen_at) >= NOTED {
            let mut act = party.database.act().await?;
            act.saw_session(&found.id, Liveness { now, idle: IDLE }).await?;
            act.commit().await?;
        }
        Ok(Some(found))
    }

    /// The same for who only looks: that is no use.
    pub(crate) async fn look(
        party: &RelyingParty,
        cookie: &str,
        now: Moment,
    ) -> Result<Option<Self>, Refusal> {
        let liveness = Liveness { now, idle: IDLE };
        let Some(stored) = party.database.session(cookie, liveness).await? else { return Ok(None) };
        let Some(person) = party.database.person(&stored.person).await? else { return Ok(None) };
        about::person(&person.id);
        Ok(Some(Self {
            id: stored.id.clone(),
            person,
            assurance: stored.assurance,
            signed_in_at: stored.signed_in_at,
            csrf: CsrfToken::of(cookie),
            stored,
        }))
    }
}
