//! The applications that may ask, as `--clients` names them.
//!
//! The members are those of OpenID Connect Dynamic Client Registration, so that an application's
//! entry reads here as it does elsewhere.

mod entry;
mod proof;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use url::Url;

use entry::File;

pub(crate) use proof::{ClientAuthentication, ClientKeys};

/// An application that is known.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// As users read it.
    pub(crate) name: String,
    pub(crate) authentication: ClientAuthentication,
    /// Whether its requests need a PKCE challenge. Every client proves itself, so that a stolen code is of no use
    /// to others even without; one that is injected into its own user's browser is found by the nonce alone.
    pub(crate) demands_pkce: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    pub(crate) backchannel_logout_uri: Option<Url>,
}

/// Every application that may ask, by its id.
///
/// ```
/// use wardkey_sandbox::Clients;
///
/// let clients = Clients::from_json(
///     br#"{"clients": [{
///         "client_id": "ward-list",
///         "client_secret": "a secret of thirty-two characters",
///         "redirect_uris": ["https://ward-list.example.org/back"]
///     }]}"#,
/// )?;
/// assert!(Clients::from_json(b"{}").is_err());
/// # Ok::<(), wardkey_sandbox::ClientsError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clients(BTreeMap<String, Client>);

/// Why a text cannot be a list of clients.
///
/// ```
/// use wardkey_sandbox::{Clients, ClientsError};
///
/// let error = Clients::from_json(
///     br#"{"clients": [{"client_id": "ward-list", "client_secret": "short", "redirect_uris": []}]}"#,
/// )
/// .unwrap_err();
/// assert!(matches!(&error, ClientsError::Client { client, .. } if client == "ward-list"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientsError {
    /// Not the JSON expected.
    #[error("not a list of clients: {0}")]
    Json(#[from] serde_json::Error),
    /// One of the clients cannot be used.
    #[error("client “{client}”: {reason}")]
    Client {
        /// Its id.
        client: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Clients {
    /// Reads `{"clients": [{"client_id": …, "redirect_uris": […], …}]}`. `"require_pkce": false` is for
    /// applications that cannot send a challenge.
    pub fn from_json(text: &[u8]) -> Result<Self, ClientsError> {
        let mut clients = Self::default();
        for entry in serde_json::from_slice::<File>(text)?.clients {
            let id = entry.client_id.clone();
            let refused = |reason| ClientsError::Client { client: id.clone(), reason };
            let client = entry.checked().map_err(refused)?;
            if clients.0.insert(client.id.clone(), client).is_some() {
                return Err(refused("is there twice".to_owned()));
            }
        }
        Ok(clients)
    }

    /// Adds those of another list; of two with the same id the added one stays.
    ///
    /// ```
    /// use wardkey_sandbox::Clients;
    ///
    /// let of = |id: &str| {
    ///     let client = format!(
    ///         r#"{{"client_id": "{id}", "client_secret": "a secret of thirty-two characters",
    ///             "redirect_uris": ["https://{id}.example.org/back"]}}"#
    ///     );
    ///     Clients::from_json(format!(r#"{{"clients": [{client}]}}"#).as_bytes())
    /// };
    /// let mut clients = of("ward-list")?;
    /// clients.extend(of("theatre")?);
    /// clients.extend(of("theatre")?);
    /// assert_eq!(clients.len(), 2);
    /// # Ok::<(), wardkey_sandbox::ClientsError>(())
    /// ```
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no application may ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Client> {
        self.0.get(id)
    }
}

impl Client {
    /// The address exactly as registered (RFC 9700 §2.1): no prefixes, no other port.
    pub(crate) fn may_return_to(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == redirect_uri)
    }

    pub(crate) fn may_end_at(&self, post_logout_redirect_uri: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|uri| uri == post_logout_redirect_uri)
    }
}
