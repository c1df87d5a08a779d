//! The one value all requests work on.

use std::{fmt, time::Duration};

use serde::Serialize;
use tokio::sync::Notify;
use url::Url;
use wardkey_core::attestation::verdict::{Policy, Roots};
use wardkey_register::{
    AuditLine, Ceremony, Database, Kept, Moment, PersonId, registrations::LinkToken,
};
use webauthn_rs_core::{WebauthnCore, error::WebauthnError};

use crate::{
    about,
    openid::{Provider, ProviderError},
    proxies::Proxies,
    refusal::Refusal,
    revocation::Revocations,
    session::{Tried, limited},
    settings::{Settings, TrustedRoots},
};

pub(crate) const RP_NAME: &str = "Wardkey sandbox";

/// What the last line of an address says for this minute.
const TOO_MANY: &str = "too many lines from one address: no more are written this minute";

/// The sandbox's identity, its verifier, and where it keeps everything else.
pub(crate) struct RelyingParty {
    pub(crate) origin: Url,
    pub(crate) webauthn: WebauthnCore,
    pub(crate) trusted_roots: TrustedRoots,
    pub(crate) challenge_life: Duration,
    pub(crate) link_life: Duration,
    pub(crate) database: Database,
    /// How long what is over stays in it.
    pub(crate) kept: Kept,
    /// What a verdict demands, whom it believes, and who is believed no longer.
    pub(crate) policy: Policy,
    pub(crate) roots: Roots,
    pub(crate) revocation: Option<Revocations>,
    pub(crate) openid: Provider,
    /// Whose word on where a request comes from is believed.
    pub(crate) proxies: Proxies,
    /// Rung when a session has ended, so that applications hear of it at once.
    pub(crate) logouts: Notify,
}

impl RelyingParty {
    pub(crate) fn new(
        settings: Settings,
        origin: Url,
        database: Database,
    ) -> Result<Self, ProviderError> {
        // Not the safe wrapper of webauthn-rs: that one decides the requirements for the relying
        // party, and here they are what a tester wants to switch.
        let webauthn = WebauthnCore::new_unsafe_experts_only(
            RP_NAME,
            &settings.rp_id,
            vec![origin.clone()],
            settings.challenge_life,
            Some(false),
            Some(false),
        );
        Ok(Self {
            openid: Provider::new(&origin, settings.clients, &settings.application_roots)?,
            proxies: Proxies { trusted: settings.trusted_proxies, header: settings.proxy_header },
            origin,
            webauthn,
            roots: settings.trusted_roots.for_verdicts(),
            trusted_roots: settings.trusted_roots,
            challenge_life: settings.challenge_life,
            link_life: settings.link_life,
            database: database.counting_trials(settings.policy.test),
            kept: settings.kept,
            policy: settings.policy,
            revocation: settings.revocation,
            logouts: Notify::new(),
        })
    }

    /// The address that a registration begins at. Its token is a secret, so it is not to be logged.
    pub(crate) fn link(&self, token: &LinkToken) -> String {
        format!("{}/enrol/{}", self.origin.origin().ascii_serialization(), token.as_str())
    }

    /// Remembers what a challenge was given for, and names it. See [`crate::store::take`].
    pub(crate) async fn offer<T: Serialize + Sync>(
        &self,
        kind: &'static str,
        state: &T,
        now: Moment,
    ) -> Result<String, Refusal> {
        let state = serde_json::to_string(state).map_err(WebauthnError::from)?;
        let ceremony = Ceremony { kind: kind.to_owned(), state };
        let mut act = self.database.act().await?;
        let id = act.offer(&ceremony, now, now + self.challenge_life).await?;
        act.commit().await?;
        Ok(id.as_str().to_owned())
    }

    /// Leaves a line for auditors. Whom and what it is about is [known of the request](about::known), unless
    /// somebody is named here.
    pub(crate) async fn note(
        &self,
        person: Option<&PersonId>,
        act: &str,
        detail: &str,
        now: Moment,
    ) {
        let about = about::known();
        let mut line = AuditLine {
            at: now,
            person: person.cloned().or(about.person),
            act: act.to_owned(),
            subject: about.subject.map(|subject| subject.to_string()),
            detail: detail.to_owned(),
        };
        // Who is not signed in, and goes on and on, pushes nobody else's lines out.
        if let (None, Some(client)) = (&line.person, about.client) {
            match limited(self, Tried::Line, client, now).await {
                Err(Refusal::TooOften { again: true, .. }) => return,
                Err(Refusal::TooOften { again: false, .. }) => {
                    TOO_MANY.clone_into(&mut line.detail);
                }
                // Whether the register is away, writing the line shows.
                Ok(()) | Err(_) => {}
            }
        }
        if let Err(error) = self.database.audit(&line).await {
            tracing::error!(%error, act, detail, "a line of the audit could not be written");
        }
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RelyingParty")
            .field("origin", &self.origin.as_str())
            .finish_non_exhaustive()
    }
}
