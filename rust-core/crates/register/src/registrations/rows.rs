//! Reading registrations.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sqlx::{Any, Executor, Row as _, any::AnyRow};

use super::{Made, Registration, RegistrationId, RegistrationState, ids};
use crate::{Act, Database, DatabaseError, Moment, PersonId};

const COLUMNS: &str = "id, person, authority, state, issued_at, ends, browser, credential_id, \
                       witness, verdict, ended_at, ended_by";

impl Database {
    /// The registration of that name.
    pub async fn registration(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, DatabaseError> {
        named(&self.pool, id).await
    }

    /// The registration that a link is for.
    pub async fn registration_by_link(
        &self,
        token: &str,
    ) -> Result<Option<Registration>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM registrations WHERE link = $1");
        let row = sqlx::query(&query).bind(ids::hash(token)).fetch_optional(&self.pool).await?;
        row.as_ref().map(registration).transpose()
    }

    /// A person's registrations, newest first.
    pub async fn registrations_of(
        &self,
        person: &PersonId,
    ) -> Result<Vec<Registration>, DatabaseError> {
        let query = format!(
            "SELECT {COLUMNS} FROM registrations WHERE person = $1 ORDER BY issued_at DESC, id"
        );
        let rows = sqlx::query(&query).bind(person.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(registration).collect()
    }
}

impl Act<'_> {
    /// The registration as this act sees it.
    pub async fn registration(
        &mut self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, DatabaseError> {
        named(self.connection(), id).await
    }

    pub(super) async fn linked(
        &mut self,
        token: &str,
    ) -> Result<Option<Registration>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM registrations WHERE link = $1");
        let row =
            sqlx::query(&query).bind(ids::hash(token)).fetch_optional(self.connection()).await?;
        row.as_ref().map(registration).transpose()
    }

    /// The names of a person's links that nobody opened, of this authority or of the service itself.
    pub(super) async fn unopened(
        &mut self,
        person: &PersonId,
        authority: Option<&PersonId>,
    ) -> Result<Vec<RegistrationId>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT id FROM registrations WHERE person = $1 AND COALESCE(authority, '') = $2 \
             AND state = 'issued' ORDER BY issued_at, id",
        )
        .bind(person.as_str())
        .bind(authority.map_or("", PersonId::as_str))
        .fetch_all(self.connection())
        .await?;
        rows.iter().map(|row| Ok(RegistrationId(row.try_get("id")?))).collect()
    }
}

pub(super) async fn named(
    executor: impl Executor<'_, Database = Any>,
    id: &RegistrationId,
) -> Result<Option<Registration>, DatabaseError> {
    if !id.is_possible() {
        return Ok(None);
    }
    let query = format!("SELECT {COLUMNS} FROM registrations WHERE id = $1");
    let row = sqlx::query(&query).bind(id.as_str()).fetch_optional(executor).await?;
    row.as_ref().map(registration).transpose()
}

fn registration(row: &AnyRow) -> Result<Registration, DatabaseError> {
    let unreadable = || DatabaseError::Unreadable("registration");
    let person = |column| -> Result<_, DatabaseError> {
        Ok(row.try_get::<Option<String>, _>(column)?.map(PersonId::from_stored))
    };
    let state: String = row.try_get("state")?;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(Registration {
        id: RegistrationId(row.try_get("id")?),
        person: PersonId::from_stored(row.try_get("person")?),
        authority: person("authority")?,
        state: RegistrationState::parse(&state).ok_or_else(unreadable)?,
        issued_at: Moment::from_millis(row.try_get("issued_at")?),
        ends: Moment::from_millis(row.try_get("ends")?),
        passkey: made(row)?,
        ended_at: ended_at.map(Moment::from_millis),
        ended_by: person("ended_by")?,
        browser: row.try_get("browser")?,
    })
}

fn made(row: &AnyRow) -> Result<Option<Made>, DatabaseError> {
    let Some(id) = row.try_get::<Option<String>, _>("credential_id")? else { return Ok(None) };
    Ok(Some(Made {
        credential_id: Base64UrlUnpadded::decode_vec(&id)
            .map_err(|_| DatabaseError::Unreadable("credential id"))?,
        witness: row.try_get("witness")?,
        verdict: row.try_get::<Option<String>, _>("verdict")?.unwrap_or_default(),
    }))
}
