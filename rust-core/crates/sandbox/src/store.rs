//! What the sandbox keeps in the register, as its ceremonies need it.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wardkey_register::{Act, Authenticator, DatabaseError, Moment, Person};
use webauthn_rs_core::proto::{AuthenticationState, Credential, RegistrationState};

use crate::{refusal::Refusal, requests::Conveyance};

/// A person as WebAuthn knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    /// The user handle (WebAuthn §5.4.3): random, says nothing about the person.
    pub(crate) id: Vec<u8>,
    pub(crate) name: String,
    pub(crate) display_name: String,
}

/// A registered passkey.
#[derive(Clone, Debug)]
pub(crate) struct Passkey {
    pub(crate) user: User,
    pub(crate) credential: Credential,
    pub(crate) transports: Vec<String>,
}

/// A registration that was offered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) user: User,
    pub(crate) state: RegistrationState,
    pub(crate) conveyance: Conveyance,
    pub(crate) excluded: Vec<Vec<u8>>,
}

/// A sign-in that was offered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Signin {
    pub(crate) state: AuthenticationState,
    /// Empty: any passkey, found by its own account.
    pub(crate) allowed: Vec<Vec<u8>>,
}

impl From<&Person> for User {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.to_bytes(),
            name: person.name.clone(),
            display_name: person.display_name.clone(),
        }
    }
}

impl Passkey {
    pub(crate) fn read(authenticator: &Authenticator, person: &Person) -> Result<Self, Refusal> {
        let unreadable = |_| DatabaseError::Unreadable("credential");
        Ok(Self {
            user: person.into(),
            credential: serde_json::from_str(&authenticator.made.credential).map_err(unreadable)?,
            transports: authenticator.made.transports.clone(),
        })
    }
}

/// Takes a ceremony out of the register: once the act is committed, whatever came of the answer, it
/// cannot be answered again. One of another kind is spent too.
pub(crate) async fn take<T: DeserializeOwned>(
    act: &mut Act<'_>,
    session: &str,
    kind: &'static str,
    now: Moment,
) -> Result<T, Refusal> {
    let ceremony = act.take(session, now).await?.ok_or(Refusal::Session)?;
    if ceremony.kind != kind {
        return Err(Refusal::WrongCeremony);
    }
    let state = serde_json::from_str(&ceremony.state);
    Ok(state.map_err(|_| DatabaseError::Unreadable("ceremony"))?)
}
