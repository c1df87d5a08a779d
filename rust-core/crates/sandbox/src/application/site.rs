//! What the application knows: its provider, and who is signed in.

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeVerifier, http,
};
use serde_json::Value;
use wardkey_local_tls::client_config;

use super::{
    ApplicationClient, ApplicationError, ApplicationProvider, DemandedLevel, IntroductionError,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A sign-in under way.
pub(super) struct Pending {
    pub(super) nonce: Nonce,
    pub(super) verifier: PkceCodeVerifier,
}

/// A user of the application.
#[derive(Clone)]
pub(super) struct User {
    /// The ID token's claims, verified.
    pub(super) claims: Value,
    pub(super) info: Value,
    pub(super) id_token: String,
    /// The provider said that the session has ended.
    pub(super) ended: bool,
}

pub(super) struct Site {
    pub(super) origin: String,
    pub(super) issuer: IssuerUrl,
    pub(super) client: ApplicationClient,
    pub(super) level: DemandedLevel,
    pub(super) http: reqwest::Client,
    /// By their state.
    pending: Mutex<HashMap<String, Pending>>,
    /// By their cookie.
    users: Mutex<HashMap<String, User>>,
}

/// Whatever goes wrong at the provider, in its words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Failed(pub(super) String);

impl Site {
    pub(super) fn new(
        origin: String,
        client: ApplicationClient,
        provider: &ApplicationProvider,
    ) -> Result<Self, ApplicationError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured((*client_config(&provider.roots)?).clone())
            // A redirect would let one address of the provider stand for another.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        let issuer = issuer(&provider.issuer)?;
        let level = provider.level;
        let (pending, users) = Default::default();
        Ok(Self { origin, issuer, client, level, http, pending, users })
    }

    /// Where the provider sends users back to.
    pub(super) fn redirect_uri(&self) -> String {
        format!("{}/back", self.origin)
    }

    // A panic under the lock leaves whole records only, so a poisoned one is sound.
    pub(super) fn pending(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn users(&self) -> MutexGuard<'_, HashMap<String, User>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Codes and secrets go there, so it has to be https.
fn issuer(issuer: &str) -> Result<IssuerUrl, IntroductionError> {
    let no_address = || IntroductionError::Issuer { issuer: issuer.to_owned() };
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|_| no_address())?;
    if issuer.url().scheme() == "https" { Ok(issuer) } else { Err(no_address()) }
}

/// An error with all its causes: the outermost says the least.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

/// The `openidconnect` client's way to its provider.
pub(super) struct Exchange(pub(super) reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Exchange {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failed>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(exchanged(&self.0, request))
    }
}

async fn exchanged(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Failed> {
    let failed = |error: reqwest::Error| Failed(said(&error));
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let answer = client.execute(request).await.map_err(failed)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = http::Response::new(answer.bytes().await.map_err(failed)?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Site").field("origin", &self.origin).finish_non_exhaustive()
    }
}
