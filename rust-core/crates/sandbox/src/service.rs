//! The sandbox as its host sees it: bind, serve, shut down.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::task::JoinSet;
use url::Url;
use wardkey_local_tls::{HttpsError, HttpsListener, TlsError, TlsIdentity};
use wardkey_register::{Database, DatabaseError};

use crate::{
    api::now,
    enrol::{SetUpLink, set_up_links},
    openid::{ProviderError, tell_applications},
    pages,
    relying_party::RelyingParty,
    settings::Settings,
};

/// How long requests under way may take after the order to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// The relying party, bound to its port.
///
/// ```
/// use wardkey_sandbox::{Sandbox, Settings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let identity = wardkey_local_tls::Authority::generate()?.issue(&["localhost"])?;
/// let sandbox = Sandbox::bind(([127, 0, 0, 1], 0).into(), &identity, Settings::default()).await?;
/// let port = sandbox.local_addr().port();
/// assert_eq!(sandbox.origin(), format!("https://localhost:{port}"));
/// assert!(sandbox.issuer().starts_with(&sandbox.origin()));
/// sandbox.serve(async { /* a signal to stop */ }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Sandbox {
    listener: HttpsListener,
    party: Arc<RelyingParty>,
}

/// Why the sandbox could not start, or stopped by itself.
///
/// ```
/// use wardkey_sandbox::{Sandbox, SandboxError, Settings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let identity = wardkey_local_tls::Authority::generate()?.issue(&["localhost"])?;
/// let settings = Settings {
///     rp_id: "hospital.example".into(),
///     origin: Some("https://www.example.org".parse()?),
///     ..Settings::default()
/// };
/// let bound = Sandbox::bind(([127, 0, 0, 1], 0).into(), &identity, settings).await;
/// let error = bound.err().ok_or("no browser would accept that")?;
/// assert!(matches!(error, SandboxError::Origin { rp_id, .. } if rp_id == "hospital.example"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The certificate or its key cannot be used.
    #[error("sandbox: {0}")]
    Tls(#[from] TlsError),
    /// The port cannot be served.
    #[error("sandbox: {0}")]
    Https(#[from] HttpsError),
    /// The database cannot be used.
    #[error("sandbox: {0}")]
    Database(#[from] DatabaseError),
    /// The OpenID Connect provider cannot be set up.
    #[error("sandbox: {0}")]
    OpenId(#[from] ProviderError),
    /// The relying party id cannot be the host of an address.
    #[error("sandbox: “{rp_id}” cannot be a relying party id: {source}")]
    RpId {
        /// The id as given.
        rp_id: String,
        /// Why.
        source: url::ParseError,
    },
    /// The origin does not belong to the relying party id.
    #[error("sandbox: the origin {origin} must be https and its host “{rp_id}” or below it")]
    Origin {
        /// The origin as given.
        origin: Url,
        /// The relying party id as given.
        rp_id: String,
    },
}

impl Sandbox {
    /// Takes `address` (port 0 lets the system choose). Connections queue until
    /// [`serve`](Self::serve) runs.
    pub async fn bind(
        address: SocketAddr,
        identity: &TlsIdentity,
        settings: Settings,
    ) -> Result<Self, SandboxError> {
        let listener = HttpsListener::bind(address, identity)?.body_time(settings.body_time);
        let origin = origin(&settings, listener.local_addr().port())?;
        let database = match settings.database.clone() {
            Some(database) => database,
            None => Database::temporary().await?,
        };
        database.seed_people(now()).await?;
        Ok(Self { listener, party: Arc::new(RelyingParty::new(settings, origin, database)?) })
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// The origin that ceremonies must come from, such as `https://localhost:8443`.
    pub fn origin(&self) -> String {
        self.party.origin.origin().ascii_serialization()
    }

    /// Registration links for the registration authorities who have no passkey yet, made by the service
    /// itself. Who has such a link can become one of them, so they are for the terminal alone.
    pub async fn set_up_links(&self) -> Result<Vec<SetUpLink>, SandboxError> {
        Ok(set_up_links(&self.party, now()).await?)
    }

    /// The OpenID Connect issuer: where applications find everything else.
    pub fn issuer(&self) -> &str {
        self.party.openid.issuer.as_str()
    }

    /// Answers until `shutdown` completes; then lets requests under way finish and returns within
    /// two seconds.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), SandboxError> {
        // Ends with this future; what it has not done is still in the register.
        let mut beside = JoinSet::new();
        beside.spawn(tell_applications(Arc::clone(&self.party)));
        Ok(self.listener.serve(pages::router(self.party), DRAIN, shutdown).await?)
    }
}

/// A browser would refuse every ceremony of a relying party whose origin is not its own.
fn origin(settings: &Settings, port: u16) -> Result<Url, SandboxError> {
    let rp_id = &settings.rp_id;
    let own = Url::parse(&format!("https://{rp_id}:{port}"))
        .map_err(|source| SandboxError::RpId { rp_id: rp_id.clone(), source })?;
    let origin = settings.origin.clone().unwrap_or_else(|| own.clone());
    let host = origin.host_str().unwrap_or_default();
    let below = host
        .strip_suffix(rp_id.as_str())
        .is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('.'));
    if origin.scheme() == "https" && below && own.host_str() == Some(rp_id.as_str()) {
        Ok(origin)
    } else {
        Err(SandboxError::Origin { origin, rp_id: rp_id.clone() })
    }
}
