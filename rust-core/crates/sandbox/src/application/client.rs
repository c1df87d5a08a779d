//! Who the application is at its provider, and its proof of that (OpenID Connect Core §9).

use std::{
    fmt,
    time::{Duration, SystemTime, SystemTimeError, UNIX_EPOCH},
};

use jsonwebtoken::Header;
use openidconnect::{ClientSecret, CsrfToken};
use serde::Serialize;
use serde_json::{Value, json};

use super::key::{ClientKey, ClientKeyError};

/// How long an assertion can be used: it is sent at once.
const ASSERTION_LIFE: Duration = Duration::from_mins(1);

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The id of an application and what it proves itself with: a secret or a private key.
///
/// ```
/// use wardkey_sandbox::ApplicationClient;
///
/// let client = ApplicationClient::with_secret("ward-list", "a secret of thirty-two characters");
/// assert_eq!(client.id(), "ward-list");
/// assert!(!format!("{client:?}").contains("thirty-two"));
/// assert!(ApplicationClient::with_key("ward-list", b"no key").is_err());
/// ```
pub struct ApplicationClient {
    id: String,
    proof: Proof,
}

enum Proof {
    /// `client_secret_basic`.
    Secret(ClientSecret),
    /// `private_key_jwt`.
    Key(ClientKey),
}

/// The claims of an assertion (RFC 7523 §3).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: u64,
    exp: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum AssertionError {
    #[error("the clock: {0}")]
    Clock(#[from] SystemTimeError),
    #[error("the assertion could not be signed: {0}")]
    Key(#[from] jsonwebtoken::errors::Error),
}

impl ApplicationClient {
    /// The secret is one that the provider knows too.
    pub fn with_secret(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), proof: Proof::Secret(ClientSecret::new(secret.into())) }
    }

    /// A new secret, for a provider that is yet to be told of it.
    pub fn with_new_secret(id: impl Into<String>) -> Self {
        Self::with_secret(id, CsrfToken::new_random_len(32).into_secret())
    }

    /// A private key (PEM): RSA, or ECDSA on P-256. The provider knows its public half.
    pub fn with_key(id: impl Into<String>, pem: &[u8]) -> Result<Self, ClientKeyError> {
        Ok(Self { id: id.into(), proof: Proof::Key(ClientKey::from_pem(pem)?) })
    }

    /// The client id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the provider has to know of the proof, in the members of Dynamic Client Registration. A
    /// secret is in it as it is.
    pub(super) fn registration(&self) -> Value {
        match &self.proof {
            Proof::Secret(secret) => json!({ "client_secret": secret.secret() }),
            Proof::Key(key) => json!({
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": { "keys": [key.public()] },
            }),
        }
    }

    pub(super) const fn secret(&self) -> Option<&ClientSecret> {
        match &self.proof {
            Proof::Secret(secret) => Some(secret),
            Proof::Key(_) => None,
        }
    }

    /// What a request to the token endpoint carries besides; nothing if the proof is a secret.
    pub(super) fn assertion(
        &self,
        provider: &str,
    ) -> Result<Vec<(&'static str, String)>, AssertionError> {
        let Proof::Key(key) = &self.proof else { return Ok(Vec::new()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let claims = Assertion {
            iss: &self.id,
            sub: &self.id,
            aud: provider,
            jti: CsrfToken::new_random().into_secret(),
            iat: now,
            exp: now + ASSERTION_LIFE.as_secs(),
        };
        let signed = jsonwebtoken::encode(&Header::new(key.algorithm()), &claims, key.signing())?;
        Ok(vec![("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", signed)])
    }
}

impl fmt::Debug for ApplicationClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApplicationClient").field("id", &self.id).finish_non_exhaustive()
    }
}
