//! The key that tokens are signed with, and what it signed.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use openidconnect::{JsonWebKeyId, core::CoreJsonWebKey};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _},
    rand_core::OsRng,
    traits::PublicKeyParts as _,
};
use serde::{Deserialize, Serialize};
use wardkey_register::{Database, DatabaseError, Moment, SigningKey};
use zeroize::Zeroizing;

/// RS256, as the real service signs.
const ALGORITHM: Algorithm = Algorithm::RS256;
const BITS: usize = 2048;

/// Signs with the register's key. ring does it, in constant time.
pub(crate) struct Signer {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// As applications are given it.
    pub(crate) public: CoreJsonWebKey,
}

/// What a token of ours says about whose it is, as an application hands it back.
#[derive(Debug, Deserialize)]
pub(crate) struct Hint {
    pub(crate) sub: String,
    pub(crate) sid: String,
    pub(crate) azp: String,
}

impl Signer {
    /// The key of the register, made if there is none.
    pub(crate) async fn of(database: &Database, now: Moment) -> Result<Self, DatabaseError> {
        if let Some(key) = database.signing_keys().await?.first() {
            return Self::read(key);
        }
        let made = tokio::task::spawn_blocking(generate)
            .await
            .map_err(|_| DatabaseError::Random)?
            .ok_or(DatabaseError::Random)?;
        let mut act = database.act().await?;
        let kept = act.keep_first_signing_key(&made, now).await?;
        act.commit().await?;
        Self::read(&kept)
    }

    fn read(key: &SigningKey) -> Result<Self, DatabaseError> {
        let unreadable = |_| DatabaseError::Unreadable("signing key");
        let private = RsaPrivateKey::from_pkcs1_der(&key.private_key).map_err(unreadable)?;
        let (n, e) = (private.n().to_bytes_be(), private.e().to_bytes_be());
        Ok(Self {
            kid: key.id.clone(),
            encoding: EncodingKey::from_rsa_der(&key.private_key),
            decoding: DecodingKey::from_rsa_raw_components(&n, &e),
            public: CoreJsonWebKey::new_rsa(n, e, Some(JsonWebKeyId::new(key.id.clone()))),
        })
    }

    /// A JSON Web Token. `typ` tells its kind where one could be taken for another.
    pub(crate) fn sign(
        &self,
        typ: &str,
        claims: &impl Serialize,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header {
            typ: Some(typ.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(ALGORITHM)
        };
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }

    /// What an ID token of ours says, even if its time is over (OpenID Connect RP-Initiated Logout §2).
    pub(crate) fn hint(&self, issuer: &str, token: &str) -> Option<Hint> {
        let mut validation = Validation::new(ALGORITHM);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss", "sub"]);
        let token = jsonwebtoken::decode(token, &self.decoding, &validation).ok()?;
        // A logout token is no ID token, though the same key signed it.
        (token.header.typ.as_deref() == Some(ID_TOKEN)).then_some(token.claims)
    }
}

pub(crate) const ID_TOKEN: &str = "JWT";
pub(crate) const LOGOUT_TOKEN: &str = "logout+jwt";

fn generate() -> Option<Zeroizing<Vec<u8>>> {
    let key = RsaPrivateKey::new(&mut OsRng, BITS).ok()?;
    Some(Zeroizing::new(key.to_pkcs1_der().ok()?.as_bytes().to_vec()))
}
