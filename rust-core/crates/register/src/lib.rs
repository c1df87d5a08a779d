//! The register: people, their authenticators, and the evidence of what was done to them.
//!
//! The only place with SQL. It speaks to SQLite and PostgreSQL alike: [`Database::open`] takes either
//! URL and brings the schema up to date. Every change is one [`Act`]: the state and the record that
//! tells of it are written together or not at all. Nothing here reads a clock; the [`Moment`] is an
//! argument.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use wardkey_register::{Database, Moment};
//!
//! let now = Moment::from_millis(1_795_000_000_000);
//! let database = Database::temporary().await?;
//! database.seed_people(now).await?;
//! let person = database.person_by_name("desk.a@example.org").await?.unwrap();
//! assert!(person.issues_authenticators);
//! # Ok::<(), wardkey_register::DatabaseError>(())
//! # }).unwrap();
//! ```
#![forbid(unsafe_code)]

mod act;
mod attempts;
mod audit;
mod authenticators;
mod ceremonies;
mod database;
mod error;
mod evidence;
mod forget;
mod grants;
mod limits;
mod logouts;
mod migrations;
mod names;
mod people;
mod random;
pub mod registrations;
mod requests;
mod secret;
mod sessions;
mod signing_keys;
mod sqlite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod trials;

pub use act::Act;
pub use audit::{AuditLine, AuditPlace};
pub use authenticators::{Authenticator, AuthenticatorState, End, NewAuthenticator};
pub use ceremonies::{Ceremony, CeremonyId};
pub use database::Database;
pub use error::DatabaseError;
pub use forget::Kept;
pub use grants::{Grant, GrantId, Redeemed, Token, TokenKind};
pub use limits::Limits;
pub use logouts::Logout;
pub use names::Names;
pub use people::{NewPerson, Person, PersonId, Role};
pub use requests::OpenIdRequest;
pub use secret::Secret;
pub use sessions::{ChosenRole, Liveness, Session, SessionId, SignIn};
pub use signing_keys::SigningKey;
pub use wardkey_evidence::Moment;
