//! People: who can have authenticators, and who issues them.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use sqlx::{AnyPool, Row as _, any::AnyRow};

use crate::{Act, Database, DatabaseError, Moment, Names, random};

/// The people a new database for trials has.
const SEED: &str = include_str!("people.json");

const COLUMNS: &str = "id, name, display_name, names, uid, managed, issues_authenticators, roles";

/// The user handle (WebAuthn §5.4.3): random, says nothing about the person.
///
/// ```
/// use wardkey_register::PersonId;
///
/// let id = PersonId::generate()?;
/// let user_handle = id.to_bytes();
/// assert_eq!(user_handle.len(), 32);
/// assert_eq!(PersonId::from_bytes(&user_handle), id);
/// # Ok::<(), wardkey_register::DatabaseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PersonId(String);

impl PersonId {
    /// A new one.
    pub fn generate() -> Result<Self, DatabaseError> {
        Ok(Self(random::name::<32>()?))
    }

    /// The id of a user handle.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Base64UrlUnpadded::encode_string(bytes))
    }

    pub(crate) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The user handle.
    pub fn to_bytes(&self) -> Vec<u8> {
        Base64UrlUnpadded::decode_vec(&self.0).unwrap_or_default()
    }

    /// As base64url.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Somebody on the register.
///
/// ```
/// use wardkey_register::{Database, Person};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// let database = Database::temporary().await?;
/// database.seed_people(now).await?;
/// let clinicians: Vec<Person> = database.find_people("ward.", 10).await?;
/// assert!(clinicians.iter().all(|person| person.managed && !person.issues_authenticators));
/// assert_eq!(database.person(&clinicians[0].id).await?.as_ref(), Some(&clinicians[0]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user handle.
    pub id: PersonId,
    /// The name of the account, unique.
    pub name: String,
    /// For people to read.
    pub display_name: String,
    /// Its parts.
    pub names: Names,
    /// Twelve digits, as applications know the person.
    pub uid: String,
    /// Authenticators come from a registration authority only.
    pub managed: bool,
    /// May act as a registration authority.
    pub issues_authenticators: bool,
    /// What the person does where.
    pub roles: Vec<Role>,
}

impl Person {
    /// Whether they have the role of that `person_roleid`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wardkey_register::{Database, testing::with_passkey};
    /// # let database = Database::temporary().await?;
    /// let (clinician, _) = with_passkey(&database, "ward.one@example.org").await;
    /// assert!(clinician.has_role("600000000001"));
    /// assert!(!clinician.has_role("600000000002"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn has_role(&self, person_roleid: &str) -> bool {
        self.roles.iter().any(|role| role.person_roleid == person_roleid)
    }
}

/// A role, with the members that applications are given as claims.
///
/// ```
/// use wardkey_register::Role;
///
/// let role: Role = serde_json::from_str(
///     r#"{"person_orgid": "900000000001", "person_roleid": "600000000001", "org_code": "RX1",
///         "org_name": "Test Hospital", "role_name": "\"Clinical\":\"Clinical\":\"Nurse\"",
///         "role_code": "S8000:G8001:R8001", "activities": ["Read notes"], "activity_codes": ["B0001"]}"#,
/// )?;
/// assert_eq!(role.activities.len(), role.activity_codes.len());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The person in this organisation.
    pub person_orgid: String,
    /// The person in this role.
    pub person_roleid: String,
    /// The organisation.
    pub org_code: String,
    /// The organisation, for people to read.
    pub org_name: String,
    /// Three parts in quotation marks, with colons between them.
    pub role_name: String,
    /// The codes of the three parts.
    pub role_code: String,
    /// What the role may do.
    pub activities: Vec<String>,
    /// The codes of that.
    pub activity_codes: Vec<String>,
}

/// Somebody to be added.
///
/// ```
/// use wardkey_register::{Database, Names, NewPerson};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = wardkey_register::testing::NOW;
/// let database = Database::temporary().await?;
/// let person = NewPerson {
///     name: "clinician@example.org".into(),
///     display_name: "Test clinician".into(),
///     names: Names::default(),
///     managed: true,
///     issues_authenticators: false,
///     roles: Vec::new(),
/// };
/// let mut act = database.act().await?;
/// let id = act.add_person(&person, now).await?;
/// assert_eq!(act.add_person(&person, now).await?, id, "there is one already");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name of the account.
    pub name: String,
    /// For people to read.
    pub display_name: String,
    /// Its parts, as far as they are known.
    #[serde(default)]
    pub names: Names,
    /// Authenticators come from a registration authority only.
    pub managed: bool,
    /// May act as a registration authority.
    pub issues_authenticators: bool,
    /// What the person does where.
    pub roles: Vec<Role>,
}

impl Database {
    /// Adds the people that trials need, those of them who are not there yet.
    pub async fn seed_people(&self, now: Moment) -> Result<(), DatabaseError> {
        let people: Vec<NewPerson> = serde_json::from_str(SEED)
            .map_err(|_| DatabaseError::Unreadable("list of people to begin with"))?;
        let mut act = self.act().await?;
        for person in &people {
            act.add_person(person, now).await?;
        }
        act.commit().await
    }

    /// The person of that name.
    pub async fn person_by_name(&self, name: &str) -> Result<Option<Person>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM people WHERE name = $1");
        let row = sqlx::query(&query).bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(person).transpose()
    }

    /// The person of that user handle.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
        let row = sqlx::query(&query).bind(id.as_str()).fetch_optional(&self.pool).await?;
        row.as_ref().map(person).transpose()
    }

    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<Person>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM people ORDER BY name");
        let rows = sqlx::query(&query).fetch_all(&self.pool).await?;
        rows.iter().map(person).collect()
    }

    /// People whose name or display name holds a text, capital or small, by name.
    pub async fn find_people(&self, text: &str, most: u32) -> Result<Vec<Person>, DatabaseError> {
        let query = format!(
            "SELECT {COLUMNS} FROM people WHERE search LIKE $1 ESCAPE '\\' ORDER BY name LIMIT $2"
        );
        let rows = sqlx::query(&query)
            .bind(pattern(text))
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(person).collect()
    }
}

impl Act<'_> {
    /// The person of that user handle as this act sees it.
    pub async fn person(&mut self, id: &PersonId) -> Result<Option<Person>, DatabaseError> {
        let query = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
        let row = sqlx::query(&query).bind(id.as_str()).fetch_optional(self.connection()).await?;
        row.as_ref().map(person).transpose()
    }

    /// Adds a person, unless there is one of that name already; then that one stays as it is.
    pub async fn add_person(
        &mut self,
        person: &NewPerson,
        now: Moment,
    ) -> Result<PersonId, DatabaseError> {
        self.add_person_as(&PersonId::generate()?, person, now).await
    }

    /// The same, for a user handle that was given out already.
    ///
    /// ```
    /// use wardkey_register::{Database, NewPerson, PersonId};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let now = wardkey_register::testing::NOW;
    /// # let database = Database::temporary().await?;
    /// # let person = NewPerson {
    /// #     name: "clinician@example.org".into(),
    /// #     display_name: "Test clinician".into(),
    /// #     names: Default::default(),
    /// #     managed: false,
    /// #     issues_authenticators: false,
    /// #     roles: Vec::new(),
    /// # };
    /// // A browser was told it before anybody was on the register.
    /// let user_handle = PersonId::generate()?;
    /// let mut act = database.act().await?;
    /// assert_eq!(act.add_person_as(&user_handle, &person, now).await?, user_handle);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add_person_as(
        &mut self,
        id: &PersonId,
        person: &NewPerson,
        now: Moment,
    ) -> Result<PersonId, DatabaseError> {
        // An account of a tester takes the new display name, and one of before the parts of it; the row that
        // was there is returned too.
        let row = sqlx::query(
            "INSERT INTO people \
             (id, name, display_name, uid, managed, issues_authenticators, roles, added_at, search, \
             names) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (name) DO UPDATE SET \
             display_name = CASE people.managed WHEN 0 \
             THEN excluded.display_name ELSE people.display_name END, \
             search = CASE people.managed WHEN 0 THEN excluded.search ELSE people.search END, \
             names = CASE people.names WHEN '{}' THEN excluded.names ELSE people.names END \
             RETURNING id",
        )
        .bind(id.as_str())
        .bind(person.name.as_str())
        .bind(person.display_name.as_str())
        .bind(random::digits()?)
        .bind(i64::from(person.managed))
        .bind(i64::from(person.issues_authenticators))
        .bind(stored_roles(person)?)
        .bind(now.millis())
        .bind(search(&person.name, &person.display_name))
        .bind(stored_names(&person.names)?)
        .fetch_one(self.connection())
        .await?;
        Ok(PersonId(row.try_get("id")?))
    }
}

/// What a person is found by: both names in small letters, as Unicode has them. Databases differ in that.
fn search(name: &str, display_name: &str) -> String {
    format!("{}\n{}", name.to_lowercase(), display_name.to_lowercase())
}

/// Writes that down for people whom a program added that did not know of it.
pub(crate) async fn fill_search(pool: &AnyPool) -> Result<(), DatabaseError> {
    let rows = sqlx::query("SELECT id, name, display_name FROM people WHERE search = ''")
        .fetch_all(pool)
        .await?;
    for row in rows {
        let (name, display_name): (String, String) =
            (row.try_get("name")?, row.try_get("display_name")?);
        // Unless somebody was faster, perhaps with another name.
        sqlx::query(
            "UPDATE people SET search = $4 \
             WHERE id = $1 AND name = $2 AND display_name = $3 AND search = ''",
        )
        .bind(row.try_get::<String, _>("id")?)
        .bind(name.as_str())
        .bind(display_name.as_str())
        .bind(search(&name, &display_name))
        .execute(pool)
        .await?;
    }
    Ok(())
}

fn stored_roles(person: &NewPerson) -> Result<String, DatabaseError> {
    serde_json::to_string(&person.roles).map_err(|_| DatabaseError::Unreadable("role"))
}

fn stored_names(names: &Names) -> Result<String, DatabaseError> {
    serde_json::to_string(names).map_err(|_| DatabaseError::Unreadable("name"))
}

fn person(row: &AnyRow) -> Result<Person, DatabaseError> {
    let roles: String = row.try_get("roles")?;
    let names: String = row.try_get("names")?;
    Ok(Person {
        id: PersonId(row.try_get("id")?),
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        names: serde_json::from_str(&names).map_err(|_| DatabaseError::Unreadable("name"))?,
        uid: row.try_get("uid")?,
        managed: row.try_get::<i64, _>("managed")? != 0,
        issues_authenticators: row.try_get::<i64, _>("issues_authenticators")? != 0,
        roles: serde_json::from_str(&roles).map_err(|_| DatabaseError::Unreadable("role"))?,
    })
}

/// A text to be found anywhere, with nothing in it that means more than itself.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
