//! For tests: every database that has to work, fresh.
//!
//! ```no_run
//! # async fn example() {
//! use wardkey_register::testing::{Fresh, each};
//!
//! each(|fresh: Fresh| async move {
//!     let database = fresh.open().await;
//!     assert!(database.people().await.unwrap().is_empty());
//! })
//! .await;
//! # }
//! ```
//!
//! And what most of them begin with:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), wardkey_register::DatabaseError> {
//! use wardkey_register::Database;
//! use wardkey_register::testing::{IDLE, LIFE, NOW, at, link, signed_in, with_passkey};
//!
//! let database = Database::temporary().await?;
//! let clinician = with_passkey(&database, "ward.one@example.org").await;
//! let (session, cookie) = signed_in(&database, &clinician, None, NOW).await;
//! assert!(database.session(cookie.as_str(), at(NOW)).await?.is_some());
//! for late in [NOW + IDLE, NOW + LIFE] {
//!     assert!(database.session(cookie.as_str(), at(late)).await?.is_none());
//! }
//!
//! let (id, token) = link(&database).await;
//! assert!(database.registration_by_link(token.as_str()).await?.is_some());
//! # Ok(()) }
//! ```
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "it fails the test that calls"
)]

use std::{sync::Arc, time::Duration};

use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;

use crate::{
    Authenticator, Database, Liveness, Moment, NewAuthenticator, Person, PersonId, Role, Secret,
    Session, SessionId, SignIn, random,
    registrations::{LinkToken, NewRegistration, RegistrationId},
};

/// The variable that `scripts/with-postgres` sets: the address of a cluster for tests.
const POSTGRES: &str = "WARDKEY_TEST_POSTGRES";

/// An address where a database of nobody else can be opened, as often as wanted.
///
/// ```
/// use wardkey_register::{Database, testing::Fresh};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fresh = Fresh::sqlite();
/// fresh.open().await.seed_people(wardkey_register::testing::NOW).await?;
/// let reopened = Database::open_existing(fresh.url()).await?;
/// assert!(!reopened.people().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Fresh {
    url: String,
    _folder: Option<Arc<TempDir>>,
}

impl Fresh {
    /// A SQLite file in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("register.sqlite").display());
        Self { url, _folder: Some(Arc::new(folder)) }
    }

    /// A new database of the PostgreSQL cluster for tests.
    ///
    /// ```no_run
    /// # async fn example() {
    /// use wardkey_register::testing::Fresh;
    ///
    /// let [one, other] = [Fresh::postgres().await, Fresh::postgres().await];
    /// assert_ne!(one.url(), other.url());
    /// # }
    /// ```
    pub async fn postgres() -> Self {
        let cluster = std::env::var(POSTGRES).unwrap_or_else(|_| {
            panic!(
                "this test needs PostgreSQL: run it with `scripts/with-postgres cargo test …`, which \
                 starts one and sets {POSTGRES}"
            )
        });
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&cluster).await.expect("the cluster answers");
        let name = format!("t{}", random::digits().expect("random digits"));
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(&create).execute(&mut connection).await.expect("a new database");
        connection.close().await.expect("a connection that ends");
        let mut url = url::Url::parse(&cluster).expect("the address of the cluster");
        url.set_path(&name);
        Self { url: url.into(), _folder: None }
    }

    /// For [`Database::open`] and `--database`. Not a field: a closure that used it would leave the
    /// folder behind.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it.
    pub async fn open(&self) -> Database {
        Database::open(&self.url).await.unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }
}

/// When tests take place.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, testing::{NOW, with_passkey}};
///
/// let database = Database::temporary().await?;
/// let (_, passkey) = with_passkey(&database, "ward.one@example.org").await;
/// assert_eq!(passkey.activated_at, Some(NOW));
/// # Ok(())
/// # }
/// ```
pub const NOW: Moment = Moment::from_millis(1_795_000_000_000);

/// How long a session may last.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, testing::{IDLE, LIFE, NOW, at, signed_in, with_passkey}};
///
/// let database = Database::temporary().await?;
/// let clinician = with_passkey(&database, "ward.one@example.org").await;
/// let (id, cookie) = signed_in(&database, &clinician, None, NOW).await;
/// // Used every ten minutes, it is over all the same.
/// let step = IDLE * 2 / 3;
/// let mut now = NOW + step;
/// while now < NOW + LIFE {
///     let mut act = database.act().await?;
///     assert!(act.saw_session(&id, at(now)).await?);
///     act.commit().await?;
///     now = now + step;
/// }
/// assert!(database.session(cookie.as_str(), at(NOW + LIFE)).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub const LIFE: Duration = Duration::from_hours(12);

/// How long one may stay unused.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use wardkey_register::{Database, testing::{IDLE, NOW, at, signed_in, with_passkey}};
///
/// let database = Database::temporary().await?;
/// let clinician = with_passkey(&database, "ward.one@example.org").await;
/// let (_, cookie) = signed_in(&database, &clinician, None, NOW).await;
/// let last = IDLE - Duration::from_millis(1);
/// assert!(database.session(cookie.as_str(), at(NOW + last)).await?.is_some());
/// assert!(database.session(cookie.as_str(), at(NOW + IDLE)).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub const IDLE: Duration = Duration::from_mins(15);

/// What makes a session live at that time.
///
/// ```
/// use wardkey_register::testing::{IDLE, NOW, at};
///
/// let later = at(NOW + IDLE);
/// assert_eq!((later.now, later.idle), (NOW + IDLE, IDLE));
/// ```
pub const fn at(now: Moment) -> Liveness {
    Liveness { now, idle: IDLE }
}

/// Adds the people of trials, and a passkey of one of them that can sign in.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, testing::with_passkey};
///
/// let database = Database::temporary().await?;
/// let (clinician, passkey) = with_passkey(&database, "ward.one@example.org").await;
/// assert_eq!(passkey.made.person, clinician.id);
/// assert!(database.act().await?.can_sign_in(&clinician.id).await?);
/// # Ok(())
/// # }
/// ```
pub async fn with_passkey(database: &Database, name: &str) -> (Person, Authenticator) {
    database.seed_people(NOW).await.expect("the people of trials");
    let person = database.person_by_name(name).await.expect("people").expect("a name of theirs");
    let made = NewAuthenticator {
        credential_id: name.as_bytes().to_vec(),
        person: person.id.clone(),
        credential: "{}".to_owned(),
        transports: Vec::new(),
        sign_count: 0,
        assurance: 3,
        verdict: None,
        issued_by: None,
    };
    let mut act = database.act().await.expect("an act");
    act.add_authenticator(&made, true, NOW).await.expect("a new passkey");
    act.commit().await.expect("an act that ends");
    let passkey = database.authenticator(&made.credential_id).await.expect("passkeys");
    (person, passkey.expect("the passkey added"))
}

/// Signs somebody in, in the browser that had the session `before`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, testing::{NOW, at, signed_in, with_passkey}};
///
/// let database = Database::temporary().await?;
/// let clinician = with_passkey(&database, "ward.one@example.org").await;
/// let (id, cookie) = signed_in(&database, &clinician, None, NOW).await;
/// let before = database.session(cookie.as_str(), at(NOW)).await?;
///
/// // Again, in the same browser: its session goes on under a new secret.
/// let (same, renewed) = signed_in(&database, &clinician, before.as_ref(), NOW).await;
/// assert!(same == id && renewed != cookie);
/// assert!(database.session(cookie.as_str(), at(NOW)).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub async fn signed_in(
    database: &Database,
    (person, passkey): &(Person, Authenticator),
    before: Option<&Session>,
    now: Moment,
) -> (SessionId, Secret) {
    let mut act = database.act().await.expect("an act");
    let sign_in = SignIn {
        person: &person.id,
        credential_id: &passkey.made.credential_id,
        assurance: passkey.made.assurance,
        before,
        life: LIFE,
    };
    let session = act.sign_in(&sign_in, now).await.expect("a session");
    act.commit().await.expect("an act that ends");
    session
}

/// Adds the people of trials, and a link of a registration authority, `desk.a`, for a clinician, `ward.one`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, testing::link};
///
/// let database = Database::temporary().await?;
/// let (id, token) = link(&database).await;
/// let found = database.registration_by_link(token.as_str()).await?.ok_or("just issued")?;
/// assert_eq!(found.id, id);
/// let clinician = database.person_by_name("ward.one@example.org").await?.ok_or("seeded")?;
/// assert_eq!(found.person, clinician.id);
/// # Ok(())
/// # }
/// ```
pub async fn link(database: &Database) -> (RegistrationId, LinkToken) {
    database.seed_people(NOW).await.expect("the people of trials");
    let people = [
        database.person_by_name("ward.one@example.org").await,
        database.person_by_name("desk.a@example.org").await,
    ];
    let [clinician, authority] =
        people.map(|person| person.expect("people").expect("a name of theirs").id);
    let new = NewRegistration { person: clinician, authority: Some(authority), ends: NOW + IDLE };
    let mut act = database.act().await.expect("an act");
    let issued = act.issue_registration(&new, NOW).await.expect("a link");
    act.commit().await.expect("an act that ends");
    issued
}

/// Gives somebody other roles, as whoever keeps the register may.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, testing::{give_roles, with_passkey}};
///
/// let database = Database::temporary().await?;
/// let (clinician, _) = with_passkey(&database, "ward.three@example.org").await;
/// give_roles(&database, &clinician.id, &clinician.roles[1..]).await;
/// let found = database.person(&clinician.id).await?.ok_or("still there")?;
/// assert_eq!(found.roles, clinician.roles[1..]);
/// # Ok(())
/// # }
/// ```
pub async fn give_roles(database: &Database, person: &PersonId, roles: &[Role]) {
    let roles = serde_json::to_string(roles).expect("roles are JSON");
    let mut act = database.act().await.expect("an act");
    sqlx::query("UPDATE people SET roles = $2 WHERE id = $1")
        .bind(person.as_str())
        .bind(roles)
        .execute(act.connection())
        .await
        .expect("a person");
    act.commit().await.expect("an act that ends");
}

/// Takes a database away from who uses it: from then on it does not answer.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wardkey_register::DatabaseError> {
/// use wardkey_register::{Database, testing::lose};
///
/// let database = Database::temporary().await?;
/// database.check().await?;
/// lose(&database).await;
/// assert!(database.check().await.is_err());
/// # Ok(())
/// # }
/// ```
pub async fn lose(database: &Database) {
    database.pool.close().await;
}

/// Runs a test on SQLite, then on PostgreSQL.
///
/// ```no_run
/// # async fn example() {
/// use wardkey_register::testing::{Fresh, each};
///
/// each(|fresh: Fresh| async move {
///     let database = fresh.open().await;
///     assert!(database.people().await.unwrap().is_empty());
/// })
/// .await;
/// # }
/// ```
pub async fn each<F: Future<Output = ()>>(test: impl Fn(Fresh) -> F) {
    test(Fresh::sqlite()).await;
    test(Fresh::postgres().await).await;
}
