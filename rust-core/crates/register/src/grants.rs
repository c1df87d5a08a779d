//! What applications were given: grants, and the codes and tokens that stand for them.

use std::{fmt, time::Duration};

use sqlx::{Row as _, any::AnyRow};

use crate::{
    Act, Database, DatabaseError, Moment, Secret, SessionId, random, secret::stored as hashed,
};

/// The name of a grant. It opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantId(String);

impl fmt::Display for GrantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What an application was given.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it stands for.
    pub grant: Grant,
    /// What it is bound to (JSON of the provider).
    pub bound_to: String,
}

/// What became of a code or refresh token that was handed in.
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
    /// The grant of an access token that is good.
    pub async fn access(&self, token: &str, now: Moment) -> Result<Option<Token>, DatabaseError> {
        let row = sqlx::query(
            "SELECT openid_grants.id, session, client, facts, bound_to FROM openid_tokens \
             JOIN openid_grants ON openid_grants.id = openid_tokens.granted \
             WHERE token = $1 AND kind = 'access' AND ends_at > $2 AND revoked_at IS NULL",
        )
        .bind(hashed(token))
        .bind(now.millis())
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

    /// Forgets codes, tokens, requests and assertions that ended before a time. Until then a used one is
    /// remembered, so that its second use is seen.
    pub async fn forget_openid(&mut self, before: Moment) -> Result<(), DatabaseError> {
        for table in ["openid_tokens", "openid_requests", "openid_assertions"] {
            let statement = format!("DELETE FROM {table} WHERE ends_at < $1");
            sqlx::query(&statement).bind(before.millis()).execute(self.connection()).await?;
        }
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
