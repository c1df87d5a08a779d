//! Challenges that wait for one answer.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::digest::{SHA256, digest};
use sqlx::Row as _;

use crate::{Act, DatabaseError, Moment, random};

/// The name of a ceremony, which only the client that began it knows: 128 random bits, base64url.
///
/// ```
/// use wardkey_register::{Ceremony, CeremonyId, Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// # let database = Database::temporary().await?;
/// # let ceremony = Ceremony { kind: "sign-in".into(), state: "{}".into() };
/// let mut act = database.act().await?;
/// let id: CeremonyId = act.offer(&ceremony, now, now + std::time::Duration::from_mins(5)).await?;
/// let cookie = format!("ceremony={}; HttpOnly; Secure; SameSite=Strict", id.as_str());
/// # assert!(cookie.len() > 64);
/// assert_eq!(format!("{id:?}"), "CeremonyId(…)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CeremonyId(String);

/// What was remembered of a ceremony.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::{Ceremony, Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// # let database = Database::temporary().await?;
/// let ceremony = Ceremony { kind: "sign-in".into(), state: r#"{"challenge":"…"}"#.into() };
/// let mut act = database.act().await?;
/// let id = act.offer(&ceremony, now, now + Duration::from_mins(5)).await?;
///
/// assert_eq!(act.take(id.as_str(), now).await?, Some(ceremony));
/// assert_eq!(act.take(id.as_str(), now).await?, None);
/// assert!(Ceremony::COUNTED_EVERY < u64::from(Ceremony::MOST_PENDING), "so that few are too many");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Which ceremony; one does not answer another.
    pub kind: String,
    /// What the one who offered it needs to judge the answer (JSON).
    pub state: String,
}

impl Ceremony {
    /// As many of each kind wait at most. Who is in a ceremony now matters more than who walked away from
    /// one, so the oldest give way; those of one kind never to those of another, which anybody may ask for.
    pub const MOST_PENDING: u32 = 10_000;
    /// They are counted in a few of so many acts.
    pub const COUNTED_EVERY: u64 = 64;
    /// A request may be several acts, of which only one offers: one of so many in a row does.
    const COUNTED_IN_A_ROW: u64 = 4;
}

impl CeremonyId {
    /// As the client has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CeremonyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CeremonyId(…)")
    }
}

impl Act<'_> {
    /// Remembers a ceremony until it is answered or `ends`.
    pub async fn offer(
        &mut self,
        ceremony: &Ceremony,
        now: Moment,
        ends: Moment,
    ) -> Result<CeremonyId, DatabaseError> {
        self.forget_ceremonies(now).await?;
        let id = CeremonyId(random::name::<16>()?);
        sqlx::query("INSERT INTO ceremonies (id, kind, state, ends) VALUES ($1, $2, $3, $4)")
            .bind(stored(id.as_str()))
            .bind(ceremony.kind.as_str())
            .bind(ceremony.state.as_str())
            .bind(ends.millis())
            .execute(self.connection())
            .await?;
        Ok(id)
    }

    /// Takes a ceremony out: once this act is committed, it cannot be answered again. `None` if it was
    /// never offered, was answered, or has ended.
    pub async fn take(&mut self, id: &str, now: Moment) -> Result<Option<Ceremony>, DatabaseError> {
        let row = sqlx::query("DELETE FROM ceremonies WHERE id = $1 RETURNING kind, state, ends")
            .bind(stored(id))
            .fetch_optional(self.connection())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let is_late = row.try_get::<i64, _>("ends")? <= now.millis();
        let ceremony = Ceremony { kind: row.try_get("kind")?, state: row.try_get("state")? };
        Ok((!is_late).then_some(ceremony))
    }

    /// Drops those that have ended and, now and then, the oldest if there are too many.
    async fn forget_ceremonies(&mut self, now: Moment) -> Result<(), DatabaseError> {
        sqlx::query("DELETE FROM ceremonies WHERE ends <= $1")
            .bind(now.millis())
            .execute(self.connection())
            .await?;
        let rest = Ceremony::COUNTED_EVERY - 1 - self.number() % Ceremony::COUNTED_EVERY;
        if rest >= Ceremony::COUNTED_IN_A_ROW {
            return Ok(());
        }
        sqlx::query(
            "DELETE FROM ceremonies WHERE id IN (SELECT id FROM (SELECT id, \
             ROW_NUMBER() OVER (PARTITION BY kind ORDER BY ends DESC, id) AS place \
             FROM ceremonies) AS placed WHERE place > $1)",
        )
        .bind(i64::from(Ceremony::MOST_PENDING))
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

/// Who reads the database must not be able to answer for others.
fn stored(id: &str) -> String {
    Base64UrlUnpadded::encode_string(digest(&SHA256, id.as_bytes()).as_ref())
}
