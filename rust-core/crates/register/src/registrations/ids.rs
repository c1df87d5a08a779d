use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::digest::{SHA256, digest};

use crate::{DatabaseError, random};

/// The name of a registration: 128 random bits, base64url. Says nothing, and opens nothing.
///
/// ```
/// use wardkey_register::registrations::RegistrationId;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::link};
/// # let database = Database::temporary().await?;
/// # let (id, _) = link(&database).await;
/// let address = format!("https://desk.example.org/desk/registrations/{id}");
/// let read = address.rsplit('/').next().map(RegistrationId::from_text).ok_or("no id")?;
/// assert_eq!(read, id);
/// let unknown = RegistrationId::from_text("AAAAAAAAAAAAAAAAAAAAAA");
/// assert!(database.registration(&unknown).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationId(pub(super) String);

/// What a link ends in: 256 random bits, base64url. Whoever has it can open the link; only its hash is
/// stored.
///
/// ```
/// use wardkey_register::registrations::LinkToken;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::link};
/// # let database = Database::temporary().await?;
/// let (id, token): (_, LinkToken) = link(&database).await;
/// let found = database.registration_by_link(token.as_str()).await?;
/// assert_eq!(found.map(|registration| registration.id), Some(id));
/// assert_eq!(format!("{token:?}"), "LinkToken(…)", "a log does not give it away");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

/// What the browser that opened a link has to show from then on: 256 random bits, base64url. Only its
/// hash is stored.
///
/// ```
/// use wardkey_register::registrations::{BrowserToken, Opening};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (_, token) = link(&database).await;
/// let mut act = database.act().await?;
/// let opening = act.open_registration(token.as_str(), None, now).await?;
/// let Opening::Opened(registration, browser) = opening else { return Err("taken".into()) };
/// let cookie: &BrowserToken = &browser;
/// assert!(registration.is_of(cookie.as_str()));
/// assert!(!registration.is_of("a guess"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserToken(String);

impl RegistrationId {
    /// The id in an address; whether there is such a registration is another question.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn generate() -> Result<Self, DatabaseError> {
        Ok(Self(random::name::<16>()?))
    }

    /// Whether it is one that could have been made. What is not may hold what PostgreSQL takes for no text.
    pub(super) fn is_possible(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    /// As base64url.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

macro_rules! secret {
    ($name:ident) => {
        impl $name {
            pub(super) fn generate() -> Result<Self, DatabaseError> {
                Ok(Self(random::name::<32>()?))
            }

            /// The secret itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret!(LinkToken);
secret!(BrowserToken);

/// Who reads the database must not be able to open links. Secrets are looked up by this, which takes the
/// same time for every wrong guess.
pub(super) fn hash(secret: &str) -> String {
    Base64UrlUnpadded::encode_string(digest(&SHA256, secret.as_bytes()).as_ref())
}
