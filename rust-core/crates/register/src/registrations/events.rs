use sqlx::{AnyConnection, Row as _};

use super::RegistrationId;
use crate::{Act, DatabaseError, Moment};

/// What happened in a registration.
///
/// ```
/// use wardkey_register::registrations::{EventKind, Hindrance};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// # let (stage, why, tell) = ("prompt".into(), "no screen lock".into(), String::new());
/// # let hindrance = Hindrance { stage, why, tell };
/// let mut act = database.act().await?;
/// act.open_registration(token.as_str(), None, now).await?;
/// act.hinder_registration(&id, &hindrance, now).await?;
/// act.commit().await?;
///
/// let history = database.registration_history(&id).await?.ok_or("it was issued")?;
/// let kinds: Vec<EventKind> = history.events.iter().map(|event| event.kind).collect();
/// assert_eq!(kinds, [EventKind::Issued, EventKind::Opened, EventKind::Problem]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The link was made.
    Issued,
    /// One browser opened it.
    Opened,
    /// Another browser tried.
    Reopened,
    /// The browser can make a passkey; the detail is what it said of itself.
    Checked,
    /// Something did not work, and can be tried again: `{"stage", "why"}`.
    Problem,
    /// There is a passkey.
    Made,
    /// The codes were the same.
    Confirmed,
    /// The codes differed.
    Differed,
    /// It was taken back.
    Revoked,
    /// The verdict was to refuse.
    Refused,
    /// It ended without a passkey: `{"stage", "why"}`.
    Failed,
    /// The time was over.
    Expired,
}

impl EventKind {
    const ALL: [Self; 12] = [
        Self::Issued,
        Self::Opened,
        Self::Reopened,
        Self::Checked,
        Self::Problem,
        Self::Made,
        Self::Confirmed,
        Self::Differed,
        Self::Revoked,
        Self::Refused,
        Self::Failed,
        Self::Expired,
    ];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Checked => "checked",
            Self::Problem => "problem",
            Self::Made => "made",
            Self::Confirmed => "confirmed",
            Self::Differed => "differed",
            Self::Revoked => "revoked",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// One thing that happened in a registration.
///
/// ```
/// use wardkey_register::registrations::RegistrationEvent;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// let mut act = database.act().await?;
/// act.open_registration(token.as_str(), None, now).await?;
/// act.commit().await?;
/// let history = database.registration_history(&id).await?.ok_or("it was issued")?;
/// let opened: &RegistrationEvent = &history.events[1];
/// assert_eq!(opened.number, 2);
/// assert_eq!(opened.kind.as_str(), "opened");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationEvent {
    /// From 1, without gaps.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// What.
    pub kind: EventKind,
    /// More of it (JSON).
    pub detail: String,
}

/// What happened in a registration, in order.
pub(super) async fn of(
    connection: &mut AnyConnection,
    id: &RegistrationId,
) -> Result<Vec<RegistrationEvent>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT number, at, kind, detail FROM registration_events \
         WHERE registration = $1 ORDER BY number",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(event).collect()
}

impl Act<'_> {
    pub(super) async fn tell(
        &mut self,
        id: &RegistrationId,
        kind: EventKind,
        detail: &str,
        now: Moment,
    ) -> Result<(), DatabaseError> {
        sqlx::query(
            "INSERT INTO registration_events (registration, number, at, kind, detail) \
             SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4 \
             FROM registration_events WHERE registration = $1",
        )
        .bind(id.as_str())
        .bind(now.millis())
        .bind(kind.as_str())
        .bind(detail)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// How often something happened.
    pub(super) async fn told(
        &mut self,
        id: &RegistrationId,
        kind: EventKind,
    ) -> Result<i64, DatabaseError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS times FROM registration_events \
             WHERE registration = $1 AND kind = $2",
        )
        .bind(id.as_str())
        .bind(kind.as_str())
        .fetch_one(self.connection())
        .await?;
        Ok(row.try_get("times")?)
    }
}

fn event(row: &sqlx::any::AnyRow) -> Result<RegistrationEvent, DatabaseError> {
    let unreadable = || DatabaseError::Unreadable("event of a registration");
    let kind: String = row.try_get("kind")?;
    Ok(RegistrationEvent {
        number: u64::try_from(row.try_get::<i64, _>("number")?).map_err(|_| unreadable())?,
        at: Moment::from_millis(row.try_get("at")?),
        kind: EventKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(unreadable)?,
        detail: row.try_get("detail")?,
    })
}
