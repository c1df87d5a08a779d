//! What applications asked for and users have not finished with.

use std::time::Duration;

use sqlx::Row as _;

use crate::{Act, Database, DatabaseError, Moment, random, secret::stored as hashed};

/// A request of an application, and when it was made.
///
/// ```
/// use wardkey_register::{Database, OpenIdRequest};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// # let life = std::time::Duration::from_mins(10);
/// let database = Database::temporary().await?;
/// let mut act = database.act().await?;
/// let name = act.remember_openid_request(r#"{"client_id":"ward-list"}"#, now, life).await?;
/// act.commit().await?;
///
/// let OpenIdRequest { request, made_at } =
///     database.openid_request(&name, now).await?.ok_or("it waits")?;
/// assert_eq!((request.as_str(), made_at), (r#"{"client_id":"ward-list"}"#, now));
///
/// let mut act = database.act().await?;
/// assert!(act.answer_openid_request(&name).await?);
/// assert!(!act.answer_openid_request(&name).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIdRequest {
    /// As the provider wrote it (JSON).
    pub request: String,
    /// When it came.
    pub made_at: Moment,
}

impl Database {
    /// The request of that name, while it waits.
    pub async fn openid_request(
        &self,
        name: &str,
        now: Moment,
    ) -> Result<Option<OpenIdRequest>, DatabaseError> {
        let row = sqlx::query(
            "SELECT request, made_at FROM openid_requests WHERE id = $1 AND ends_at > $2",
        )
        .bind(hashed(name))
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(OpenIdRequest {
                request: row.try_get("request")?,
                made_at: Moment::from_millis(row.try_get("made_at")?),
            })
        })
        .transpose()
    }
}

impl Act<'_> {
    /// Remembers a request while its user signs in, under a name that only that browser is told.
    pub async fn remember_openid_request(
        &mut self,
        request: &str,
        now: Moment,
        life: Duration,
    ) -> Result<String, DatabaseError> {
        let name = random::name::<16>()?;
        sqlx::query(
            "INSERT INTO openid_requests (id, request, made_at, ends_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(hashed(&name))
        .bind(request)
        .bind(now.millis())
        .bind((now + life).millis())
        .execute(self.connection())
        .await?;
        Ok(name)
    }

    /// Takes a request out, as it is answered. `false` if it was answered before.
    pub async fn answer_openid_request(&mut self, name: &str) -> Result<bool, DatabaseError> {
        let result = sqlx::query("DELETE FROM openid_requests WHERE id = $1")
            .bind(hashed(name))
            .execute(self.connection())
            .await?;
        Ok(result.rows_affected() == 1)
    }

    /// Notes that a client's assertion was used. `false` if it was used before (RFC 7523 §3).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let ends = wardkey_register::testing::NOW;
    /// # let database = wardkey_register::Database::temporary().await?;
    /// let mut act = database.act().await?;
    /// assert!(act.use_assertion("ward-list", "jti-1", ends).await?);
    /// assert!(!act.use_assertion("ward-list", "jti-1", ends).await?, "somebody has a copy");
    /// assert!(act.use_assertion("theatre", "jti-1", ends).await?, "the name is each client's own");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn use_assertion(
        &mut self,
        client: &str,
        jti: &str,
        ends: Moment,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "INSERT INTO openid_assertions (client, jti, ends_at) VALUES ($1, $2, $3) \
             ON CONFLICT (client, jti) DO NOTHING",
        )
        .bind(client)
        .bind(hashed(jti))
        .bind(ends.millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }
}
