//! The role that somebody acts in during a session.

use super::SessionId;
use crate::{Act, DatabaseError, Moment};

/// The answer to which role somebody wants to act in.
///
/// ```
/// use wardkey_register::ChosenRole;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, at, signed_in, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let clinician = with_passkey(&database, "ward.one@example.org").await;
/// # let (id, cookie) = signed_in(&database, &clinician, None, now).await;
/// let mut act = database.act().await?;
/// assert!(act.choose_role(&id, Some("600000000001"), now).await?);
/// act.commit().await?;
/// let session = database.session(cookie.as_str(), at(now)).await?.ok_or("it lives")?;
/// assert_eq!(session.role, Some(ChosenRole { role: Some("600000000001".into()), at: now }));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenRole {
    /// The `person_roleid`; none for somebody who has no role and went on.
    pub role: Option<String>,
    /// When it was chosen.
    pub at: Moment,
}

impl Act<'_> {
    /// Notes the role chosen. `false` if the session has ended.
    pub async fn choose_role(
        &mut self,
        id: &SessionId,
        role: Option<&str>,
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "UPDATE sessions SET role = $2, role_chosen_at = $3 WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(id.as_str())
        .bind(role)
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }
}
