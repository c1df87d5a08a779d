//! Authenticators: the passkeys of people, from their making to their end.

mod end;
mod new;
mod state;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sqlx::{Row as _, any::AnyRow};

use crate::{Act, Database, DatabaseError, Moment, PersonId};

pub use end::End;
pub use new::NewAuthenticator;
pub use state::AuthenticatorState;

const COLUMNS: &str = "credential_id, person, state, credential, transports, sign_count, assurance, \
                       verdict, issued_by, registered_at, activated_at, last_used_at, ended_at, \
                       ended_by, ended_reason, trial";

/// A passkey of somebody.
///
/// ```
/// use wardkey_register::{Authenticator, Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::testing::{NOW as now, with_passkey};
/// let database = Database::temporary().await?;
/// # let (clinician, _) = with_passkey(&database, "ward.one@example.org").await;
/// let found: Vec<Authenticator> = database.authenticators_of(&clinician.id).await?;
/// let passkey = &found[0];
/// assert!(passkey.is_active());
/// assert_eq!(passkey.last_used_at, None);
///
/// let mut act = database.act().await?;
/// act.used_authenticator(&passkey.made.credential_id, "{}", 1, now).await?;
/// act.commit().await?;
/// let used = database.authenticator(&passkey.made.credential_id).await?;
/// assert_eq!(used.and_then(|passkey| passkey.last_used_at), Some(now));
///
/// // They are on the register, and so no tester's.
/// assert!(database.testers_authenticators(10).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// What it was when it was added.
    pub made: NewAuthenticator,
    /// Where in its life it is.
    pub state: AuthenticatorState,
    /// When it was added.
    pub registered_at: Moment,
    /// When it could first sign in.
    pub activated_at: Option<Moment>,
    /// When it last signed in.
    pub last_used_at: Option<Moment>,
    /// How it ended, if it did.
    pub end: Option<End>,
    /// Whether a test policy accepted it.
    pub trial: bool,
}

impl Authenticator {
    /// Whether it can sign in.
    pub fn is_active(&self) -> bool {
        self.state == AuthenticatorState::Active
    }
}

impl Database {
    /// The authenticator of that credential id, whatever its state.
    pub async fn authenticator(
        &self,
        credential_id: &[u8],
    ) -> Result<Option<Authenticator>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM authenticators WHERE credential_id = $1");
        let row =
            sqlx::query(&query).bind(stored(credential_id)).fetch_optional(&self.pool).await?;
        row.as_ref().map(authenticator).transpose()
    }

    /// All authenticators a person ever had, oldest first.
    pub async fn authenticators_of(
        &self,
        person: &PersonId,
    ) -> Result<Vec<Authenticator>, DatabaseError> {
        let query = format!(
            "SELECT {COLUMNS} FROM authenticators WHERE person = $1 \
             ORDER BY registered_at, credential_id"
        );
        let rows = sqlx::query(&query).bind(person.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(authenticator).collect()
    }

    /// The newest authenticators that can sign in, newest first, each with the name of its account, which a
    /// tester made. Those of people on the register are nobody's business who tests.
    pub async fn testers_authenticators(
        &self,
        most: u32,
    ) -> Result<Vec<(String, Authenticator)>, DatabaseError> {
        let query = format!(
            "SELECT name, {COLUMNS} FROM authenticators JOIN people ON people.id = person \
             WHERE state = 'active' AND managed = 0 ORDER BY registered_at DESC, credential_id LIMIT $1"
        );
        let rows = sqlx::query(&query).bind(i64::from(most)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, authenticator(row)?))).collect()
    }
}

impl Act<'_> {
    /// The authenticator of that credential id as this act sees it.
    pub async fn authenticator(
        &mut self,
        credential_id: &[u8],
    ) -> Result<Option<Authenticator>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM authenticators WHERE credential_id = $1");
        let row = sqlx::query(&query)
            .bind(stored(credential_id))
            .fetch_optional(self.connection())
            .await?;
        row.as_ref().map(authenticator).transpose()
    }

    /// Whether a person has an authenticator that can sign in at level 3. One of a trial does so only where
    /// [trials count](Database::counting_trials).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::with_passkey};
    /// # let database = Database::temporary().await?;
    /// let (clinician, _) = with_passkey(&database, "ward.one@example.org").await;
    /// let other = database.person_by_name("ward.none@example.org").await?.ok_or("seeded")?;
    /// let mut act = database.act().await?;
    /// assert!(act.can_sign_in(&clinician.id).await?);
    /// assert!(!act.can_sign_in(&other.id).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn can_sign_in(&mut self, person: &PersonId) -> Result<bool, DatabaseError> {
        let found = sqlx::query(
            "SELECT credential_id FROM authenticators \
             WHERE person = $1 AND state = 'active' AND assurance = 3 AND trial <= $2 LIMIT 1",
        )
        .bind(person.as_str())
        .bind(i64::from(self.trials_count))
        .fetch_optional(self.connection())
        .await?;
        Ok(found.is_some())
    }

    /// Notes that an active authenticator signed in. `false` if it is not active.
    pub async fn used_authenticator(
        &mut self,
        credential_id: &[u8],
        credential: &str,
        sign_count: u32,
        now: Moment,
    ) -> Result<bool, DatabaseError> {
        let result = sqlx::query(
            "UPDATE authenticators SET credential = $2, sign_count = $3, last_used_at = $4 \
             WHERE credential_id = $1 AND state = 'active'",
        )
        .bind(stored(credential_id))
        .bind(credential)
        .bind(i64::from(sign_count))
        .bind(now.millis())
        .execute(self.connection())
        .await?;
        Ok(result.rows_affected() == 1)
    }
}

fn stored(credential_id: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(credential_id)
}

fn authenticator(row: &AnyRow) -> Result<Authenticator, DatabaseError> {
    let unreadable = |what| move |_| DatabaseError::Unreadable(what);
    let id: String = row.try_get("credential_id")?;
    let person = |column| -> Result<_, DatabaseError> {
        Ok(row.try_get::<Option<String>, _>(column)?.map(PersonId::from_stored))
    };
    let moment = |column| -> Result<_, DatabaseError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Moment::from_millis))
    };
    let ended_by = person("ended_by")?;
    let reason: Option<String> = row.try_get("ended_reason")?;
    let made = NewAuthenticator {
        credential_id: Base64UrlUnpadded::decode_vec(&id)
            .map_err(|_| DatabaseError::Unreadable("credential id"))?,
        person: PersonId::from_stored(row.try_get("person")?),
        credential: row.try_get("credential")?,
        transports: serde_json::from_str(&row.try_get::<String, _>("transports")?)
            .map_err(|_| DatabaseError::Unreadable("transport"))?,
        sign_count: u32::try_from(row.try_get::<i64, _>("sign_count")?)
            .map_err(unreadable("signature counter"))?,
        assurance: u8::try_from(row.try_get::<i64, _>("assurance")?)
            .map_err(unreadable("assurance level"))?,
        verdict: row.try_get("verdict")?,
        issued_by: person("issued_by")?,
    };
    Ok(Authenticator {
        made,
        state: AuthenticatorState::parse(&row.try_get::<String, _>("state")?)?,
        registered_at: Moment::from_millis(row.try_get("registered_at")?),
        activated_at: moment("activated_at")?,
        last_used_at: moment("last_used_at")?,
        end: moment("ended_at")?.map(|at| End {
            at,
            by: ended_by,
            reason: reason.unwrap_or_default(),
        }),
        trial: row.try_get::<i64, _>("trial")? != 0,
    })
}
