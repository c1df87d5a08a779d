//! The applications that may ask, as `--clients` names them.
//!
//! The members are those of OpenID Connect Dynamic Client Registration, so that an application's
//! entry reads here as it does elsewhere.

use std::{collections::BTreeMap, fmt};

use jsonwebtoken::{Algorithm, DecodingKey, jwk::JwkSet};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

/// An application that is known.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// As users read it.
    pub(crate) name: String,
    pub(crate) authentication: ClientAuthentication,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    pub(crate) backchannel_logout_uri: Option<Url>,
}

/// How an application proves that it is itself (OpenID Connect Core §9).
#[derive(Clone, Debug)]
pub(crate) enum ClientAuthentication {
    SecretBasic(SecretHash),
    SecretPost(SecretHash),
    PrivateKey(ClientKeys),
}

/// SHA-256 of a client's secret. The secret itself is not kept.
#[derive(Clone)]
pub(crate) struct SecretHash([u8; 32]);

impl SecretHash {
    pub(crate) fn of(secret: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        Self(hash)
    }

    pub(crate) fn is_of(&self, secret: &str) -> bool {
        self.0.ct_eq(&Self::of(secret).0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretHash(…)")
    }
}

/// The public keys that a client's assertions are verified with, by their `kid` if they have one.
#[derive(Clone)]
pub(crate) struct ClientKeys(Vec<(Option<String>, DecodingKey)>);

impl ClientKeys {
    /// What assertions may be signed with.
    pub(crate) const ALGORITHMS: [Algorithm; 6] = [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::ES384,
    ];

    /// The keys that may have signed under this `kid`.
    pub(crate) fn candidates<'a>(
        &'a self,
        kid: Option<&'a str>,
    ) -> impl Iterator<Item = &'a DecodingKey> {
        self.0
            .iter()
            .filter(move |(own, _)| kid.is_none() || own.is_none() || own.as_deref() == kid)
            .map(|(_, key)| key)
    }
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientKeys({})", self.0.len())
    }
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

/// The file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    clients: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    client_id: String,
    client_name: Option<String>,
    #[serde(default)]
    token_endpoint_auth_method: Method,
    client_secret: Option<String>,
    jwks: Option<JwkSet>,
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl Clients {
    /// Reads `{"clients": [{"client_id": …, "redirect_uris": […], …}]}`.
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

impl Entry {
    fn checked(self) -> Result<Client, String> {
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
            id: self.client_id,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            backchannel_logout_uri,
        })
    }
}

fn authentication(
    method: Method,
    secret: Option<&str>,
    jwks: Option<&JwkSet>,
) -> Result<ClientAuthentication, String> {
    // Shorter ones can be guessed over the network.
    const SHORTEST_SECRET: usize = 16;

    match (method, secret, jwks) {
        (Method::PrivateKeyJwt, None, Some(jwks)) => {
            keys(jwks).map(ClientAuthentication::PrivateKey)
        }
        (Method::PrivateKeyJwt, ..) => {
            Err("private_key_jwt needs jwks, and takes no client_secret".to_owned())
        }
        (_, Some(secret), None) if secret.len() < SHORTEST_SECRET => {
            Err(format!("client_secret must have {SHORTEST_SECRET} characters or more"))
        }
        (Method::ClientSecretBasic, Some(secret), None) => {
            Ok(ClientAuthentication::SecretBasic(SecretHash::of(secret)))
        }
        (Method::ClientSecretPost, Some(secret), None) => {
            Ok(ClientAuthentication::SecretPost(SecretHash::of(secret)))
        }
        _ => Err("this method needs client_secret, and takes no jwks".to_owned()),
    }
}

fn keys(jwks: &JwkSet) -> Result<ClientKeys, String> {
    use jsonwebtoken::jwk::AlgorithmParameters as Kind;

    let read = |(index, jwk): (usize, &jsonwebtoken::jwk::Jwk)| {
        // A symmetric key in a list of public ones would make the list a secret.
        if !matches!(jwk.algorithm, Kind::RSA(_) | Kind::EllipticCurve(_)) {
            return Err(format!("key {} of jwks is neither RSA nor EC", index + 1));
        }
        DecodingKey::from_jwk(jwk)
            .map(|key| (jwk.common.key_id.clone(), key))
            .map_err(|error| format!("key {} of jwks: {error}", index + 1))
    };
    let keys = jwks.keys.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err("jwks holds no key".to_owned()) } else { Ok(ClientKeys(keys)) }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{ClientAuthentication, Clients, SecretHash};

    fn entry(changes: &Value) -> Value {
        let mut entry = json!({
            "client_id": "ward",
            "client_secret": "0123456789abcdef",
            "redirect_uris": ["https://ward.example.org/back"],
        });
        let members = entry.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                members.remove(name);
            } else {
                members.insert(name.clone(), value.clone());
            }
        }
        entry
    }

    fn read(changes: &Value) -> Result<Clients, String> {
        let file = json!({ "clients": [entry(changes)] }).to_string();
        Clients::from_json(file.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_client_is_read() {
        let clients = read(&json!({ "client_name": "Ward round" })).unwrap();
        let ward = clients.find("ward").unwrap();
        assert_eq!(ward.name, "Ward round");
        assert!(ward.may_return_to("https://ward.example.org/back"));
        for other in [
            "https://ward.example.org/back/",
            "https://ward.example.org/back?x=1",
            "https://ward.example.org:443/back",
            "https://ward.example.org/BACK",
            "http://ward.example.org/back",
        ] {
            assert!(!ward.may_return_to(other), "{other}");
        }
        let ClientAuthentication::SecretBasic(secret) = &ward.authentication else {
            panic!("{ward:?}")
        };
        assert!(secret.is_of("0123456789abcdef") && !secret.is_of("0123456789abcdeF"));
        assert!(!format!("{clients:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn what_is_wrong_with_a_client_is_named() {
        let rsa = json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1" }] });
        let shared = json!({ "keys": [{ "kty": "oct", "k": "AQAB" }] });
        for (changes, named) in [
            (json!({ "client_id": "" }), "client_id"),
            (json!({ "client_id": "two words" }), "client_id"),
            (json!({ "client_secret": null }), "needs client_secret"),
            (json!({ "client_secret": "short" }), "16 characters"),
            (json!({ "redirect_uris": [] }), "redirect_uris"),
            (json!({ "redirect_uris": null }), "redirect_uris"),
            (json!({ "redirect_uris": ["/back"] }), "/back"),
            (json!({ "redirect_uris": ["http://ward.example.org/"] }), "must be https"),
            (json!({ "redirect_uris": ["javascript:alert(1)"] }), "must be https"),
            (json!({ "redirect_uris": ["https://ward.example.org/#x"] }), "fragment"),
            (json!({ "backchannel_logout_uri": "ftp://ward.example.org" }), "must be https"),
            (json!({ "token_endpoint_auth_method": "none" }), "none"),
            (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "needs jwks"),
            (
                json!({ "token_endpoint_auth_method": "private_key_jwt", "client_secret": null,
                        "jwks": { "keys": [] } }),
                "no key",
            ),
            (
                json!({ "token_endpoint_auth_method": "private_key_jwt", "client_secret": null,
                        "jwks": shared }),
                "neither RSA nor EC",
            ),
            (json!({ "jwks": rsa }), "takes no jwks"),
            (json!({ "secret": "0123456789abcdef" }), "unknown field"),
        ] {
            let told = read(&changes).unwrap_err();
            assert!(told.contains(named), "“{named}” expected: {told}");
        }
        let twice = json!({ "clients": [entry(&json!({})), entry(&json!({}))] }).to_string();
        assert!(Clients::from_json(twice.as_bytes()).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn this_machine_may_be_reached_without_encryption() {
        for inside in ["http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]:9/"] {
            read(&json!({ "redirect_uris": [inside] })).unwrap();
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Clients::from_json(&bytes);
        }

        #[test]
        fn only_the_secret_itself_matches(secret: String, other: String) {
            prop_assert_eq!(SecretHash::of(&secret).is_of(&other), secret == other);
        }
    }
}
