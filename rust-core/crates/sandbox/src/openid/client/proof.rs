//! How an application proves that it is itself.

use std::fmt;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters as Kind, Jwk, JwkSet},
};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

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

/// `token_endpoint_auth_method`, as an entry names it.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

/// From the method, the secret and the keys that an entry names; `Err` says what is wrong with them.
pub(super) fn authentication(
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
    let read = |(index, jwk): (usize, &Jwk)| {
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
