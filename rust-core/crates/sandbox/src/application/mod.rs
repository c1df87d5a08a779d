//! A sample application: a website that signs its users in with OpenID Connect and shows what it was
//! told. For demonstrations and testers; it keeps everything in memory.
//!
//! It is built on the `openidconnect` client, knows nothing of the sandbox but its issuer's address, and
//! is told of logouts by back channel.

mod client;
mod flow;
mod key;
mod logout;
mod provider;
mod site;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};
use serde_json::{Value, json};
use wardkey_local_tls::{HttpsError, HttpsListener, TlsError, TlsIdentity};

pub use client::ApplicationClient;
pub use key::ClientKeyError;
pub use provider::{ApplicationProvider, DemandedLevel, IntroductionError};

use crate::{assets::asset, pages::with_policies};
use site::Site;

/// How long requests under way may take after the order to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// The application, bound to its port.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_local_tls::Authority;
/// use wardkey_sandbox::{
///     Application, ApplicationClient, ApplicationProvider, ApplicationSite, DemandedLevel,
///     IntroductionError,
/// };
///
/// let authority = Authority::generate()?;
/// let identity = authority.issue(&["localhost"])?;
/// let client = ApplicationClient::with_new_secret("ward-list");
/// let application = Application::bind("127.0.0.1:0".parse()?, &identity, client)?;
/// println!("tell the provider {}", application.registration());
///
/// let provider = ApplicationProvider {
///     issuer: "https://127.0.0.1:1".to_owned(),
///     roots: authority.certificate_pem().into(),
///     level: DemandedLevel::Three,
/// };
/// let site: ApplicationSite = application.at(&provider)?;
/// let nobody = site.introduce().await.unwrap_err();
/// assert!(matches!(nobody, IntroductionError::Unreachable { .. }), "{nobody}");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug)]
pub struct Application {
    listener: HttpsListener,
    client: ApplicationClient,
}

/// An [`Application`] that knows its provider.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_local_tls::Authority;
/// # use wardkey_sandbox::{Application, ApplicationClient, ApplicationProvider, DemandedLevel};
/// use wardkey_sandbox::ApplicationSite;
///
/// # let authority = Authority::generate()?;
/// # let identity = authority.issue(&["localhost"])?;
/// # let client = ApplicationClient::with_new_secret("ward-list");
/// # let application = Application::bind("127.0.0.1:0".parse()?, &identity, client)?;
/// # let nobody = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
/// # let provider = ApplicationProvider {
/// #     issuer: format!("https://{nobody}"),
/// #     roots: authority.certificate_pem().into(),
/// #     level: DemandedLevel::Three,
/// # };
/// let site: ApplicationSite = application.at(&provider)?;
/// // Before it serves anybody: is the provider there, and does it know this application?
/// let error = site.introduce().await.unwrap_err();
/// assert!(error.to_string().starts_with(&provider.issuer), "{error}");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug)]
pub struct ApplicationSite {
    listener: HttpsListener,
    site: Site,
}

/// Why the application could not start, or stopped by itself.
///
/// ```
/// use wardkey_local_tls::Authority;
/// use wardkey_sandbox::{Application, ApplicationClient, ApplicationError};
///
/// let identity = Authority::generate()?.issue(&["localhost"])?;
/// let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let client = ApplicationClient::with_new_secret("ward-list");
/// let error = Application::bind(taken.local_addr()?, &identity, client).unwrap_err();
/// assert!(matches!(error, ApplicationError::Https(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationError {
    /// The port cannot be served.
    #[error("application: {0}")]
    Https(#[from] HttpsError),
    /// The authorities of the provider cannot be used.
    #[error("application: {0}")]
    Tls(#[from] TlsError),
    /// No client for HTTP could be made.
    #[error("application: {0}")]
    Http(#[from] reqwest::Error),
    /// It has no such provider.
    #[error("application: {0}")]
    Introduction(#[from] IntroductionError),
}

impl Application {
    /// Takes `address` (port 0 lets the system choose).
    pub fn bind(
        address: SocketAddr,
        identity: &TlsIdentity,
        client: ApplicationClient,
    ) -> Result<Self, ApplicationError> {
        Ok(Self { listener: HttpsListener::bind(address, identity)?, client })
    }

    /// Where the application is.
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.listener.local_addr().port())
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// What the provider has to know of it: the content of a file for `wardkey sandbox --clients`. With
    /// a secret in it, that is the application's own.
    pub fn registration(&self) -> Value {
        let origin = self.origin();
        let mut entry = json!({
            "client_id": self.client.id(),
            "client_name": "Sample application",
            "redirect_uris": [format!("{origin}/back")],
            "post_logout_redirect_uris": [format!("{origin}/")],
            "backchannel_logout_uri": format!("{origin}/logout"),
        });
        if let (Some(entry), Value::Object(proof)) =
            (entry.as_object_mut(), self.client.registration())
        {
            entry.extend(proof);
        }
        json!({ "clients": [entry] })
    }

    /// With a provider to sign users in at, who is not asked yet.
    pub fn at(self, provider: &ApplicationProvider) -> Result<ApplicationSite, ApplicationError> {
        let origin = self.origin();
        let site = Site::new(origin, self.client, provider)?;
        Ok(ApplicationSite { listener: self.listener, site })
    }
}

impl ApplicationSite {
    /// Where the application is.
    pub fn origin(&self) -> String {
        self.site.origin.clone()
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// Asks the provider whether it knows the application, as far as that can be told without a user.
    pub async fn introduce(&self) -> Result<(), IntroductionError> {
        provider::introduce(&self.site).await
    }

    /// Signs users in until `shutdown` completes.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ApplicationError> {
        let router = Router::new()
            .route("/", get(flow::home))
            .route("/sign-in", get(flow::sign_in))
            .route("/back", get(flow::back))
            .route("/sign-out", post(flow::sign_out))
            .route("/logout", post(logout::hear))
            .route("/assets/{name}", get(asset))
            .layer(from_fn(with_policies))
            .with_state(Arc::new(self.site));
        Ok(self.listener.serve(router, DRAIN, shutdown).await?)
    }
}
