//! How an authenticator comes on the register.

use super::{AuthenticatorState, stored};
use crate::{Act, DatabaseError, Moment, PersonId, trials::is_trial};

/// A passkey to be added.
///
/// ```
/// use wardkey_register::NewAuthenticator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::NOW as now};
/// # let database = Database::temporary().await?;
/// # database.seed_people(now).await?;
/// # let clinician = database.person_by_name("ward.one@example.org").await?.ok_or("seeded")?;
/// let passkey = NewAuthenticator {
///     credential_id: vec![0x5a; 32],
///     person: clinician.id,
///     credential: r#"{"cose_key": "…"}"#.into(),
///     transports: vec!["hybrid".into(), "internal".into()],
///     sign_count: 0,
///     assurance: 3,
///     verdict: None,
///     issued_by: None,
/// };
/// let mut act = database.act().await?;
/// act.add_authenticator(&passkey, true, now).await?;
/// let again = act.add_authenticator(&passkey, true, now).await;
/// assert!(again.is_err_and(|error| error.is_duplicate()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuthenticator {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// Whose it is.
    pub person: PersonId,
    /// The verifier's record of it (JSON).
    pub credential: String,
    /// How it can be reached.
    pub transports: Vec<String>,
    /// The signature counter.
    pub sign_count: u32,
    /// The level a sign-in with it reaches: 2 or 3.
    pub assurance: u8,
    /// The verdict on its attestation (JSON), if there was one to judge.
    pub verdict: Option<String>,
    /// The registration authority, if there was one.
    pub issued_by: Option<PersonId>,
}

impl Act<'_> {
    /// Adds an authenticator, pending or active. A credential id that was ever there is a
    /// [duplicate](DatabaseError::is_duplicate).
    pub async fn add_authenticator(
        &mut self,
        made: &NewAuthenticator,
        is_active: bool,
        now: Moment,
    ) -> Result<(), DatabaseError> {
        let state =
            if is_active { AuthenticatorState::Active } else { AuthenticatorState::Pending };
        let transports = serde_json::to_string(&made.transports)
            .map_err(|_| DatabaseError::Unreadable("transport"))?;
        sqlx::query(
            "INSERT INTO authenticators (credential_id, person, state, credential, transports, \
             sign_count, assurance, verdict, issued_by, registered_at, activated_at, trial) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(stored(&made.credential_id))
        .bind(made.person.as_str())
        .bind(state.as_str())
        .bind(made.credential.as_str())
        .bind(transports)
        .bind(i64::from(made.sign_count))
        .bind(i64::from(made.assurance))
        .bind(made.verdict.as_deref())
        .bind(made.issued_by.as_ref().map(PersonId::as_str))
        .bind(now.millis())
        .bind(is_active.then_some(now.millis()))
        .bind(i64::from(is_trial(made.verdict.as_deref())))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Lets a pending authenticator sign in. `false` if it was not pending.
    pub async fn activate_authenticator(
        &mut self,
        credential_id: &[u8],
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "UPDATE authenticators SET state = 'active', activated_at = $2 \
             WHERE credential_id = $1 AND state = 'pending'",
        )
        .bind(stored(credential_id))
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }
}
