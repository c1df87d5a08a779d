//! How an authenticator leaves it.

use super::{AuthenticatorState, stored};
use crate::{Act, DatabaseError, Moment, PersonId};

/// How an authenticator ended.
///
/// ```
/// use wardkey_register::{AuthenticatorState, End};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let (_, passkey) = with_passkey(&database, "ward.one@example.org").await;
/// # let id = passkey.made.credential_id;
/// let end = End { at: now, by: None, reason: "the phone was lost".into() };
/// let mut act = database.act().await?;
/// assert!(act.end_authenticator(&id, AuthenticatorState::Removed, &end).await?);
/// assert!(!act.end_authenticator(&id, AuthenticatorState::Removed, &end).await?);
/// let found = act.authenticator(&id).await?.ok_or("it stays on the register")?;
/// assert_eq!(found.end, Some(end));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Moment,
    /// Who ended it.
    pub by: Option<PersonId>,
    /// Why.
    pub reason: String,
}

impl Act<'_> {
    /// Takes an active authenticator off the register (`Removed`), or a pending one (`Destroyed`).
    /// `false` if it was not in that state.
    pub async fn end_authenticator(
        &mut self,
        credential_id: &[u8],
        ended: AuthenticatorState,
        end: &End,
    ) -> Result<bool, DatabaseError> {
        let from = match ended {
            AuthenticatorState::Destroyed => AuthenticatorState::Pending,
            _ => AuthenticatorState::Active,
        };
        let result = sqlx::query(
            "UPDATE authenticators SET state = $2, ended_at = $3, ended_by = $4, \
             ended_reason = $5 WHERE credential_id = $1 AND state = $6",
        )
        .bind(stored(credential_id))
        .bind(ended.as_str())
        .bind(end.at.millis())
        .bind(end.by.as_ref().map(PersonId::as_str))
        .bind(end.reason.as_str())
        .bind(from.as_str())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }
}
