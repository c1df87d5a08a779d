//! Where in its life an authenticator is.

use crate::DatabaseError;

/// Where in its life an authenticator is.
///
/// ```
/// use wardkey_register::{AuthenticatorState, NewAuthenticator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, with_passkey}};
/// # let database = Database::temporary().await?;
/// # let (_, passkey) = with_passkey(&database, "ward.one@example.org").await;
/// let pending = NewAuthenticator { credential_id: vec![0x5a; 32], ..passkey.made };
/// let mut act = database.act().await?;
/// act.add_authenticator(&pending, false, now).await?;
/// let found = act.authenticator(&pending.credential_id).await?.ok_or("just added")?;
/// assert_eq!(found.state, AuthenticatorState::Pending);
/// assert!(!found.is_active());
///
/// assert!(act.activate_authenticator(&pending.credential_id, now).await?);
/// assert!(!act.activate_authenticator(&pending.credential_id, now).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticatorState {
    /// Made, and waiting for the registration authority's word: it cannot sign in.
    Pending,
    /// It can sign in.
    Active,
    /// Taken off the register, with a reason.
    Removed,
    /// The codes differed.
    Destroyed,
}

impl AuthenticatorState {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Removed => "removed",
            Self::Destroyed => "destroyed",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, DatabaseError> {
        [Self::Pending, Self::Active, Self::Removed, Self::Destroyed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(DatabaseError::Unreadable("state of an authenticator"))
    }
}
