//! The private keys that tokens are signed with.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sqlx::{Row as _, any::AnyRow};
use zeroize::Zeroizing;

use crate::{Act, Database, DatabaseError, Moment, random};

/// A private key. Who reads the database can sign with it.
///
/// ```
/// use wardkey_register::{Database, SigningKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// # let (first_process, second_process) = (b"a key".to_vec(), b"another key".to_vec());
/// let database = Database::temporary().await?;
/// let mut act = database.act().await?;
/// let first: SigningKey = act.keep_first_signing_key(&first_process, now).await?;
/// let second = act.keep_first_signing_key(&second_process, now).await?;
/// act.commit().await?;
/// assert_eq!(second.id, first.id);
/// assert_eq!(*database.signing_keys().await?[0].private_key, first_process);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SigningKey {
    /// Its `kid`.
    pub id: String,
    /// RSA private key, PKCS #1, DER.
    pub private_key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Database {
    /// The keys there are, newest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, DatabaseError> {
        let rows =
            sqlx::query("SELECT id, private_key FROM signing_keys ORDER BY made_at DESC, id")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(key).collect()
    }
}

impl Act<'_> {
    /// Keeps this key, unless there is one already: then that one stays, and is returned. Of processes
    /// that start at once, all get the same.
    pub async fn keep_first_signing_key(
        &mut self,
        private_key: &[u8],
        now: Moment,
    ) -> Result<SigningKey, DatabaseError> {
        let there = sqlx::query(
            "SELECT id, private_key FROM signing_keys ORDER BY made_at DESC, id LIMIT 1",
        )
        .fetch_optional(self.connection())
        .await?;
        if let Some(row) = there {
            return key(&row);
        }
        let id = random::name::<16>()?;
        let stored = Zeroizing::new(Base64UrlUnpadded::encode_string(private_key));
        sqlx::query("INSERT INTO signing_keys (id, private_key, made_at) VALUES ($1, $2, $3)")
            .bind(id.as_str())
            .bind(stored.as_str())
            .bind(now.millis())
            .execute(self.connection())
            .await?;
        Ok(SigningKey { id, private_key: Zeroizing::new(private_key.to_vec()) })
    }
}

fn key(row: &AnyRow) -> Result<SigningKey, DatabaseError> {
    let stored = Zeroizing::new(row.try_get::<String, _>("private_key")?);
    let private_key = Base64UrlUnpadded::decode_vec(&stored)
        .map_err(|_| DatabaseError::Unreadable("signing key"))?;
    Ok(SigningKey { id: row.try_get("id")?, private_key: Zeroizing::new(private_key) })
}
