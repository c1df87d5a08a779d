//! Registrations that took too long.

use sqlx::Row as _;

use super::{RegistrationId, RegistrationState};
use crate::{Database, DatabaseError, Moment};

/// What came of ending what took too long.
///
/// ```
/// use wardkey_register::registrations::Expired;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let database = wardkey_register::Database::temporary().await?;
/// # let now = wardkey_register::testing::NOW;
/// let Expired { ended, broken } = database.expire_registrations(now).await?;
/// assert!(ended == 0 && broken.is_empty(), "nothing was due");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Expired {
    /// How many registrations ended.
    pub ended: usize,
    /// Those that could not be ended, and why.
    pub broken: Vec<(RegistrationId, DatabaseError)>,
}

impl Database {
    /// Ends every registration whose time is over, each by itself: one that cannot be read keeps no other
    /// open.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wardkey_register::registrations::RegistrationState;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW, link}};
    /// # let database = Database::temporary().await?;
    /// # let (id, _) = link(&database).await;
    /// let late = NOW + Duration::from_mins(15);
    /// let expired = database.expire_registrations(late).await?;
    /// assert!(expired.ended == 1 && expired.broken.is_empty());
    /// assert_eq!(database.expire_registrations(late).await?.ended, 0);
    /// let state = database.registration(&id).await?.map(|found| found.state);
    /// assert_eq!(state, Some(RegistrationState::Expired));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn expire_registrations(&self, now: Moment) -> Result<Expired, DatabaseError> {
        let mut expired = Expired::default();
        for id in self.due(now).await? {
            match self.expire_registration(&id, now).await {
                Ok(_) => expired.ended += 1,
                Err(error) => expired.broken.push((id, error)),
            }
        }
        Ok(expired)
    }

    /// Ends one registration if its time is over. Says where it is then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wardkey_register::registrations::RegistrationState;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::{NOW, link}};
    /// # let database = Database::temporary().await?;
    /// # let (id, _) = link(&database).await;
    /// let state = database.expire_registration(&id, NOW).await?;
    /// assert_eq!(state, RegistrationState::Issued);
    /// let state = database.expire_registration(&id, NOW + Duration::from_mins(15)).await?;
    /// assert_eq!(state, RegistrationState::Expired);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn expire_registration(
        &self,
        id: &RegistrationId,
        now: Moment,
    ) -> Result<RegistrationState, DatabaseError> {
        let mut act = self.act().await?;
        let state = act.current(id, now).await?.state;
        act.commit().await?;
        Ok(state)
    }

    /// The names of registrations whose time is over, the oldest first.
    async fn due(&self, now: Moment) -> Result<Vec<RegistrationId>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT id FROM registrations WHERE ends <= $1 \
             AND state IN ('issued', 'opened', 'checked', 'made') ORDER BY ends LIMIT 1000",
        )
        .bind(now.millis())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(RegistrationId(row.try_get("id")?))).collect()
    }
}
