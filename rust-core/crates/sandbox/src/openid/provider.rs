//! The provider as a whole: who it is, whom it knows, and how it reaches them.

use std::{sync::Arc, time::Duration};

use openidconnect::IssuerUrl;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use url::Url;
use wardkey_local_tls::client_config;

use super::{client::Clients, discovery::BASE, signer::Signer};
use crate::{api::now, refusal::Refusal, relying_party::RelyingParty};

/// How long an application may take to hear of a session's end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Part of the [`RelyingParty`].
pub(crate) struct Provider {
    pub(crate) issuer: IssuerUrl,
    pub(crate) clients: Clients,
    /// For telling applications of sessions' ends.
    pub(crate) http: reqwest::Client,
    /// Read when it is first needed: making one takes a moment.
    signer: OnceCell<Signer>,
}

/// Why the provider cannot be set up.
///
/// ```
/// use wardkey_sandbox::{ProviderError, Sandbox, SandboxError, Settings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let identity = wardkey_local_tls::Authority::generate()?.issue(&["localhost"])?;
/// let settings = Settings { application_roots: b"no certificate".to_vec(), ..Settings::default() };
/// let bound = Sandbox::bind(([127, 0, 0, 1], 0).into(), &identity, settings).await;
/// let error = bound.err().ok_or("nobody would be recognized")?;
/// assert!(matches!(error, SandboxError::OpenId(ProviderError::Tls(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The origin makes no issuer.
    #[error("the issuer: {0}")]
    Issuer(#[from] url::ParseError),
    /// The authorities that applications are recognized by.
    #[error("{0}")]
    Tls(#[from] wardkey_local_tls::TlsError),
    /// TLS itself.
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
    /// No client for HTTP could be made.
    #[error("the client for HTTP: {0}")]
    Http(#[from] reqwest::Error),
}

impl Provider {
    /// `application_roots` (PEM) vouch for the servers of applications; if empty, the authorities that
    /// browsers trust.
    pub(crate) fn new(
        origin: &Url,
        clients: Clients,
        application_roots: &[u8],
    ) -> Result<Self, ProviderError> {
        let issuer = format!("{}{BASE}", origin.origin().ascii_serialization());
        let tls = if application_roots.is_empty() {
            public_authorities()?
        } else {
            (*client_config(application_roots)?).clone()
        };
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        Ok(Self { issuer: IssuerUrl::new(issuer)?, clients, http, signer: OnceCell::new() })
    }
}

/// TLS as browsers trust it.
fn public_authorities() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

impl RelyingParty {
    /// The key that tokens are signed with.
    pub(crate) async fn signer(&self) -> Result<&Signer, Refusal> {
        Ok(self.openid.signer.get_or_try_init(|| Signer::of(&self.database, now())).await?)
    }
}
