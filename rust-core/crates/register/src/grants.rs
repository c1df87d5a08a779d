//! What applications were given: grants, and the codes and tokens that stand for them.

use std::{fmt, time::Duration};

use sqlx::{Row as _, any::AnyRow};

use crate::{
    Act, Database, DatabaseError, Liveness, Moment, Secret, SessionId, random,
    secret::stored as hashed, sessions::lives,
};

/// The name of a grant. It opens nothing.
///
/// ```
/// use wardkey_register::GrantId;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::time::Duration;
/// # use wardkey_register::{Database, Redeemed, TokenKind, testing::{NOW as now, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (session, _) = signed_in(&database, &clinician, None, now).await;
/// # let minute = Duration::from_mins(1);
/// # let mut act = database.act().await?;
/// let grant: GrantId = act.grant(&session, "ward-list", "{}", now).await?;
/// let code = act.issue(TokenKind::Code, &grant, "{}", now, minute).await?;
/// act.revoke(&grant, "the client's key was lost", now).await?;
/// let late = act.redeem(TokenKind::Code, code.as_str(), "ward-list", now).await?;
/// assert_eq!(late, Redeemed::Unknown);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantId(String);

impl fmt::Display for GrantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What an application was given.
///
/// ```
/// use wardkey_register::Grant;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::time::Duration;
/// # use wardkey_register::{Database, TokenKind, testing::{NOW as now, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (session, _) = signed_in(&database, &clinician, None, now).await;
/// # let hour = Duration::from_hours(1);
/// let mut act = database.act().await?;
/// let id = act.grant(&session, "ward-list", r#"{"scope":"openid"}"#, now).await?;
/// let token = act.issue(TokenKind::Access, &id, "{}", now, hour).await?;
/// act.commit().await?;
///
/// let found = database.access(token.as_str(), at(now)).await?.ok_or("a token that is good")?;
/// let facts = r#"{"scope":"openid"}"#.into();
/// assert_eq!(found.grant, Grant { id, session, client: "ward-list".into(), facts });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name.
    pub id: GrantId,
    /// The session it lives and ends with.
    pub session: SessionId,
    /// The application.
    pub client: String,
    /// What tokens say (JSON of the provider).
    pub facts: String,
}

/// What a code or token is for.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::TokenKind;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (session, _) = signed_in(&database, &clinician, None, now).await;
/// # let mut act = database.act().await?;
/// # let grant = act.grant(&session, "ward-list", "{}", now).await?;
/// let hour = Duration::from_hours(1);
/// let access = act.issue(TokenKind::Access, &grant, "{}", now, hour).await?;
/// let refresh = act.issue(TokenKind::Refresh, &grant, "{}", now, 12 * hour).await?;
/// act.commit().await?;
///
/// assert!(database.access(access.as_str(), at(now)).await?.is_some());
/// assert!(database.access(access.as_str(), at(now + hour)).await?.is_none());
/// assert!(database.access(refresh.as_str(), at(now)).await?.is_none(), "it opens nothing itself");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// To be changed into tokens, once.
    Code,
    /// Opens the user's claims, as often as wanted.
    Access,
    /// To be changed into newer tokens, once.
    Refresh,
}

impl TokenKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// A code or token that was handed in.
///
/// ```
/// use wardkey_register::{Redeemed, Token, TokenKind};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::time::Duration;
/// # use wardkey_register::{Database, testing::{NOW as now, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (session, _) = signed_in(&database, &clinician, None, now).await;
/// # let mut act = database.act().await?;
/// # let grant = act.grant(&session, "ward-list", "{}", now).await?;
/// # let minute = Duration::from_mins(1);
/// let bound_to = r#"{"redirect_uri":"https://ward-list.example.org/back"}"#;
/// let code = act.issue(TokenKind::Code, &grant, bound_to, now, minute).await?;
///
/// let redeemed = act.redeem(TokenKind::Code, code.as_str(), "ward-list", now).await?;
/// let Redeemed::Good(Token { grant: found, bound_to: read }) = redeemed else { return Err("lost".into()) };
/// assert_eq!((found.id, read.as_str()), (grant, bound_to));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it stands for.
    pub grant: Grant,
    /// What it is bound to (JSON of the provider).
    pub bound_to: String,
}

/// What became of a code or refresh token that was handed in.
///
/// ```
/// use wardkey_register::{Redeemed, TokenKind};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::time::Duration;
/// # use wardkey_register::{Database, testing::{NOW as now, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (session, _) = signed_in(&database, &clinician, None, now).await;
/// # let mut act = database.act().await?;
/// # let grant = act.grant(&session, "ward-list", "{}", now).await?;
/// # let code = act.issue(TokenKind::Code, &grant, "{}", now, Duration::from_mins(1)).await?;
/// let first = act.redeem(TokenKind::Code, code.as_str(), "ward-list", now).await?;
/// assert!(matches!(first, Redeemed::Good(_)));
/// let second = act.redeem(TokenKind::Code, code.as_str(), "ward-list", now).await?;
/// assert!(matches!(second, Redeemed::Reused(_)), "somebody has a copy");
/// let guess = act.redeem(TokenKind::Code, "a guess", "ward-list", now).await?;
/// assert_eq!(guess, Redeemed::Unknown);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// It was good, and is used up.
    Good(Token),
    /// It had been used before: somebody has a copy. The grant is revoked.
    Reused(Grant),
    /// There is none such, it is another client's, is too old, or its grant was revoked.
    Unknown,
}

impl Database {
    /// The grant of an access token that is good. It opens nothing once its session does not live, whether
    /// anybody has ended that or not.
    pub async fn access(
        &self,
        token: &str,
        liveness: Liveness,
    ) -> Result<Option<Token>, DatabaseError> {
        let query = format!(
            "SELECT openid_grants.id, openid_grants.session, openid_grants.client, \
             openid_grants.facts, openid_tokens.bound_to FROM openid_tokens \
             JOIN openid_grants ON openid_grants.id = openid_tokens.granted \
             JOIN sessions ON sessions.id = openid_grants.session \
             JOIN authenticators ON authenticators.credential_id = sessions.credential_id \
             WHERE openid_tokens.token = $1 AND openid_tokens.kind = 'access' \
             AND openid_tokens.ends_at > $3 AND openid_grants.revoked_at IS NULL AND {}",
            lives(self.trials_count)
        );
        let row = sqlx::query(&query)
            .bind(hashed(token))
            .bind((liveness.now - liveness.idle).millis())
            .bind(liveness.now.millis())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(token_of).transpose()
    }
}

impl Act<'_> {
    /// Puts down what an application is given in a session.
    pub async fn grant(
        &mut self,
        session: &SessionId,
        client: &str,
        facts: &str,
        now: Moment,
    ) -> Result<GrantId, DatabaseError> {
        let id = GrantId(random::name::<16>()?);
        sqlx::query(
            "INSERT INTO openid_grants (id, session, client, facts, made_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id.0.as_str())
        .bind(session.as_str())
        .bind(client)
        .bind(facts)
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        Ok(id)
    }

    /// Makes a code or token for a grant.
    pub async fn issue(
        &mut self,
        kind: TokenKind,
        grant: &GrantId,
        bound_to: &str,
        now: Moment,
        life: Duration,
    ) -> Result<Secret, DatabaseError> {
        let secret = Secret::generate()?;
        sqlx::query(
            "INSERT INTO openid_tokens (token, kind, granted, bound_to, ends_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hashed(secret.as_str()))
        .bind(kind.as_str())
        .bind(grant.0.as_str())
        .bind(bound_to)
        .bind((now + life).millis())
        .execute(self.connection())
        .await?;
        Ok(secret)
    }

    /// Uses up a code or refresh token of this client. A second use revokes everything that came of the
    /// first (RFC 6749 §4.1.2, RFC 9700 §4.14.2); another client's is not touched.
    pub async fn redeem(
        &mut self,
        kind: TokenKind,
        token: &str,
        client: &str,
        now: Moment,
    ) -> Result<Redeemed, DatabaseError> {
        let found = sqlx::query(
            "SELECT openid_grants.id, session, client, facts, bound_to, ends_at, used_at, \
             revoked_at FROM openid_tokens \
             JOIN openid_grants ON openid_grants.id = openid_tokens.granted \
             WHERE token = $1 AND kind = $2 AND client = $3",
        )
        .bind(hashed(token))
        .bind(kind.as_str())
        .bind(client)
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = found else { return Ok(Redeemed::Unknown) };
        let found = token_of(&row)?;
        if row.try_get::<Option<i64>, _>("used_at")?.is_some() {
            self.revoke(&found.grant.id, "a code or token was used twice", now).await?;
            return Ok(Redeemed::Reused(found.grant));
        }
        let over = row.try_get::<i64, _>("ends_at")? <= now.millis();
        if over || row.try_get::<Option<i64>, _>("revoked_at")?.is_some() {
            return Ok(Redeemed::Unknown);
        }
        // Acts come one after the other, so nobody else used it in between.
        sqlx::query("UPDATE openid_tokens SET used_at = $2 WHERE token = $1")
            .bind(hashed(token))
            .bind(now.millis())
            .execute(self.connection())
            .await?;
        Ok(Redeemed::Good(found))
    }

    /// Takes back a grant with all its tokens.
    pub async fn revoke(
        &mut self,
        grant: &GrantId,
        why: &str,
        now: Moment,
    ) -> Result<(), DatabaseError> {
        sqlx::query(
            "UPDATE openid_grants SET revoked_at = $2, revoked_why = $3 \
             WHERE id = $1 AND revoked_at IS NULL",
        )
        .bind(grant.0.as_str())
        .bind(now.millis())
        .bind(why)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

fn token_of(row: &AnyRow) -> Result<Token, DatabaseError> {
    let grant = Grant {
        id: GrantId(row.try_get("id")?),
        session: SessionId(row.try_get("session")?),
        client: row.try_get("client")?,
        facts: row.try_get("facts")?,
    };
    Ok(Token { grant, bound_to: row.try_get("bound_to")? })
}
