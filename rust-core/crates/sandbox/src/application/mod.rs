//! A sample application: a website that signs its users in with OpenID Connect and shows what it was
//! told. For demonstrations and testers; it keeps everything in memory.
//!
//! It is built on the `openidconnect` client, knows nothing of the sandbox but its issuer's address, and
//! is told of logouts by back channel.

mod flow;
mod logout;
mod site;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};
use serde_json::{Value, json};
use wardkey_local_tls::{HttpsError, HttpsListener, TlsError, TlsIdentity};

use openidconnect::{ClientSecret, CsrfToken};

use crate::{assets::asset, pages::with_policies};
use site::Site;

/// How long requests under way may take after the order to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// The application's id at the provider.
const CLIENT: &str = "sample-application";

/// The application, bound to its port.
#[derive(Debug)]
pub struct Application {
    listener: HttpsListener,
    secret: ClientSecret,
}

/// Why the application could not start, or stopped by itself.
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
    /// The issuer is no address.
    #[error("application: the issuer: {0}")]
    Issuer(#[from] url::ParseError),
}

impl Application {
    /// Takes `address` (port 0 lets the system choose). `secret` is the one the provider knows; without
    /// it there is a new one, to be [registered](Self::registration).
    pub fn bind(
        address: SocketAddr,
        identity: &TlsIdentity,
        secret: Option<&str>,
    ) -> Result<Self, ApplicationError> {
        let listener = HttpsListener::bind(address, identity)?;
        let secret =
            secret.map_or_else(|| CsrfToken::new_random_len(32).into_secret(), str::to_owned);
        let secret = ClientSecret::new(secret);
        Ok(Self { listener, secret })
    }

    /// Where the application is.
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.listener.local_addr().port())
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// What the provider has to know of it: the content of a file for `wardkey sandbox --clients`. It
    /// holds the application's secret.
    pub fn registration(&self) -> Value {
        let origin = self.origin();
        json!({ "clients": [{
            "client_id": CLIENT,
            "client_name": "Sample application",
            "client_secret": self.secret.secret(),
            "redirect_uris": [format!("{origin}/back")],
            "post_logout_redirect_uris": [format!("{origin}/")],
            "backchannel_logout_uri": format!("{origin}/logout"),
        }] })
    }

    /// Signs users in at `issuer`, whose server `roots` (PEM) vouch for, until `shutdown` completes.
    pub async fn serve(
        self,
        issuer: &str,
        roots: &[u8],
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ApplicationError> {
        let site = Site::new(self.origin(), issuer, self.secret, roots)?;
        let router = Router::new()
            .route("/", get(flow::home))
            .route("/sign-in", get(flow::sign_in))
            .route("/back", get(flow::back))
            .route("/sign-out", post(flow::sign_out))
            .route("/logout", post(logout::hear))
            .route("/assets/{name}", get(asset))
            .layer(from_fn(with_policies))
            .with_state(Arc::new(site));
        Ok(self.listener.serve(router, DRAIN, shutdown).await?)
    }
}
