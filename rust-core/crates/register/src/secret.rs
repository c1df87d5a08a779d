use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::{DatabaseError, random};

/// 256 random bits as base64url, for one browser or one application. The database has their SHA-256.
///
/// ```
/// use wardkey_register::Secret;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// let (_, secret): (_, Secret) = signed_in(&database, &clinician, None, NOW).await;
/// assert!(database.session(secret.as_str(), at(NOW)).await?.is_some());
/// assert_eq!(format!("{secret:?}"), "Secret(…)", "a log does not give it away");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn generate() -> Result<Self, DatabaseError> {
        Ok(Self(Zeroizing::new(random::name::<32>()?)))
    }

    /// To be handed out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// What is stored of a secret, and looked up by. It needs neither salt nor stretching: 256 random bits
/// cannot be guessed, and looking up the hash says nothing about the time a comparison takes.
pub(crate) fn stored(secret: &str) -> String {
    Base64UrlUnpadded::encode_string(digest(&SHA256, secret.as_bytes()).as_ref())
}
