//! How a session begins, and is renewed.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sqlx::{Any, any::AnyArguments, query::Query};

use super::{Session, SessionId};
use crate::{Act, DatabaseError, Moment, PersonId, Secret, random, secret::stored as hashed};

/// A sign-in that was verified.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::SignIn;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, at, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let (clinician, passkey) = with_passkey(&database, "ward.one@example.org").await;
/// let first = SignIn {
///     person: &clinician.id,
///     credential_id: &passkey.made.credential_id,
///     assurance: 3,
///     before: None,
///     life: Duration::from_hours(12),
/// };
/// let mut act = database.act().await?;
/// let (id, cookie) = act.sign_in(&first, now).await?;
/// act.commit().await?;
///
/// let before = database.session(cookie.as_str(), at(now)).await?;
/// let mut act = database.act().await?;
/// let (renewed, new_cookie) = act.sign_in(&SignIn { before: before.as_ref(), ..first }, now).await?;
/// assert!(renewed == id && new_cookie != cookie);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// With which passkey.
    pub credential_id: &'a [u8],
    /// What it proved: level 2 or 3.
    pub assurance: u8,
    /// The session that the browser had, if it had one.
    pub before: Option<&'a Session>,
    /// How long a session may last.
    pub life: Duration,
}

impl Act<'_> {
    /// Begins a session, or renews the one the browser had if it is the same person's: it keeps its
    /// name and its role, and gets a new secret. Somebody else's is [to be ended](Self::end_session)
    /// by the caller.
    ///
    /// A session is never renewed by less than began it: what was granted under it would outlive its proof.
    /// Such a sign-in ends it and begins another.
    pub async fn sign_in(
        &mut self,
        sign_in: &SignIn<'_>,
        now: Moment,
    ) -> Result<(SessionId, Secret), DatabaseError> {
        const BEGIN: &str = "INSERT INTO sessions (id, token, credential_id, assurance, signed_in_at, seen_at, \
             ends_at, person) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)";

        let secret = Secret::generate()?;
        if let Some(before) = sign_in.before.filter(|before| before.person == *sign_in.person) {
            if self.renew_session(&before.id, &secret, sign_in, now).await? {
                return Ok((before.id.clone(), secret));
            }
            self.end_session(&before.id, "a sign-in that proved less", now).await?;
        }
        let id = SessionId(random::name::<16>()?);
        let query = proved(BEGIN, &id, &secret, sign_in, now).bind(sign_in.person.as_str());
        query.execute(self.connection()).await?;
        Ok((id, secret))
    }

    async fn renew_session(
        &mut self,
        id: &SessionId,
        secret: &Secret,
        sign_in: &SignIn<'_>,
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        const RENEW: &str = "UPDATE sessions SET token = $2, credential_id = $3, assurance = $4, \
             signed_in_at = $5, seen_at = $5, ends_at = $6 \
             WHERE id = $1 AND ended_at IS NULL AND assurance <= $4 AND EXISTS (\
             SELECT 1 FROM authenticators AS former JOIN authenticators AS latter \
             ON latter.trial = former.trial \
             WHERE former.credential_id = sessions.credential_id AND latter.credential_id = $3)";

        let query = proved(RENEW, id, secret, sign_in, now);
        Ok(query.execute(self.connection()).await?.rows_affected() == 1)
    }
}

/// A statement whose first six values are what a sign-in proves of a session, and until when.
fn proved<'q>(
    statement: &'q str,
    id: &'q SessionId,
    secret: &Secret,
    sign_in: &SignIn<'_>,
    now: Moment,
) -> Query<'q, Any, AnyArguments<'q>> {
    sqlx::query(statement)
        .bind(id.as_str())
        .bind(hashed(secret.as_str()))
        .bind(Base64UrlUnpadded::encode_string(sign_in.credential_id))
        .bind(i64::from(sign_in.assurance))
        .bind(now.millis())
        .bind((now + sign_in.life).millis())
}
