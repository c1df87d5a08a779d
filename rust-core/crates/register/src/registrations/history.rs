use sqlx::AnyConnection;

use super::{Registration, RegistrationEvent, RegistrationId, events, rows};
use crate::{Database, DatabaseError};

/// A registration and what happened in it, as both were at one moment: the state is the one that the last
/// events led to.
///
/// ```
/// use wardkey_register::registrations::{History, RegistrationState};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// let seen = 1;
/// let mut act = database.act().await?;
/// act.open_registration(token.as_str(), None, now).await?;
/// act.commit().await?;
/// let history: History = database.registration_history(&id).await?.ok_or("it was issued")?;
/// assert_eq!(history.registration.state, RegistrationState::Opened);
/// assert_eq!(history.after(seen)[0].kind.as_str(), "opened");
/// assert_eq!(history.last(), 2);
/// assert!(history.after(history.last()).is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Where it is.
    pub registration: Registration,
    /// All that happened, in order.
    pub events: Vec<RegistrationEvent>,
}

impl History {
    /// What happened after the event of that number (0 for all), in order.
    pub fn after(&self, number: u64) -> &[RegistrationEvent] {
        let seen = self.events.partition_point(|event| event.number <= number);
        self.events.get(seen..).unwrap_or_default()
    }

    /// The number of the last event, 0 if nothing happened.
    pub fn last(&self) -> u64 {
        self.events.last().map_or(0, |event| event.number)
    }
}

impl Database {
    /// The registration of that name, with all that happened in it.
    pub async fn registration_history(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<History>, DatabaseError> {
        let mut snapshot = self.snapshot().await?;
        let history = read(&mut snapshot, id).await?;
        snapshot.commit().await?;
        Ok(history)
    }
}

async fn read(
    connection: &mut AnyConnection,
    id: &RegistrationId,
) -> Result<Option<History>, DatabaseError> {
    let Some(registration) = rows::named(&mut *connection, id).await? else { return Ok(None) };
    let events = events::of(connection, id).await?;
    Ok(Some(History { registration, events }))
}
