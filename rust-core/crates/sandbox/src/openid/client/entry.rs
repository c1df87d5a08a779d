//! An application's entry, as it is written.

use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use url::{Host, Url};

use super::{
    Client,
    proof::{Method, authentication},
};

/// The file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) clients: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) client_id: String,
    client_name: Option<String>,
    #[serde(default)]
    token_endpoint_auth_method: Method,
    client_secret: Option<String>,
    jwks: Option<JwkSet>,
    redirect_uris: Vec<String>,
    #[serde(default = "yes")]
    require_pkce: bool,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
}

const fn yes() -> bool {
    true
}

impl Entry {
    pub(super) fn checked(self) -> Result<Client, String> {
        if self.client_id.is_empty() || !self.client_id.chars().all(|c| c.is_ascii_graphic()) {
            return Err("client_id must be printable ASCII without spaces".to_owned());
        }
        if self.redirect_uris.is_empty() {
            return Err("redirect_uris is empty".to_owned());
        }
        for uri in self.redirect_uris.iter().chain(&self.post_logout_redirect_uris) {
            address(uri)?;
        }
        let backchannel_logout_uri =
            self.backchannel_logout_uri.as_deref().map(address).transpose()?;
        Ok(Client {
            name: self.client_name.unwrap_or_else(|| self.client_id.clone()),
            authentication: authentication(
                self.token_endpoint_auth_method,
                self.client_secret.as_deref(),
                self.jwks.as_ref(),
            )?,
            demands_pkce: self.require_pkce,
            id: self.client_id,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            backchannel_logout_uri,
        })
    }
}

/// An address that codes and logout tokens may be sent to: encrypted, or inside this machine.
fn address(uri: &str) -> Result<Url, String> {
    let url = Url::parse(uri).map_err(|error| format!("{uri}: {error}"))?;
    let inside = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.fragment().is_some() {
        Err(format!("{uri}: a fragment is not allowed"))
    } else if url.scheme() == "https" || (url.scheme() == "http" && inside) {
        Ok(url)
    } else {
        Err(format!("{uri}: must be https (http on this machine alone)"))
    }
}
