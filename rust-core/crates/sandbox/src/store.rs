//! What the sandbox remembers: users, their passkeys, and challenges that wait for an answer.
//!
//! Nothing here reads a clock; the moment is an argument.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use webauthn_rs_core::proto::{AuthenticationState, Credential, RegistrationState};

use crate::{refusal::Refusal, requests::Conveyance};

/// More than a tester makes; a bound so that a loop against the sandbox cannot fill the memory.
const MOST_PENDING: usize = 10_000;
const MOST_PASSKEYS: usize = 10_000;

const USER_ID_BYTES: usize = 32;
const SESSION_BYTES: usize = 16;

/// An account of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) user: User,
    pub(crate) state: RegistrationState,
    pub(crate) conveyance: Conveyance,
    pub(crate) excluded: Vec<Vec<u8>>,
}

/// A sign-in that was offered.
#[derive(Debug)]
pub(crate) struct Signin {
    pub(crate) state: AuthenticationState,
    /// Empty: any passkey, found by its own account.
    pub(crate) allowed: Vec<Vec<u8>>,
}

/// Which ceremony a session is for; a session of one kind does not answer the other.
#[derive(Debug)]
pub(crate) enum Ceremony {
    Registration(Box<Registration>),
    Signin(Box<Signin>),
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    users: HashMap<String, User>,
    passkeys: Vec<Passkey>,
    pending: HashMap<String, (Instant, Ceremony)>,
}

impl Store {
    /// The account of that name, or a new one that is kept once it has a passkey.
    pub(crate) fn user(&self, name: &str, display_name: &str) -> Result<User, Refusal> {
        match self.users.get(name) {
            Some(known) => Ok(User { display_name: display_name.to_owned(), ..known.clone() }),
            None => Ok(User {
                id: random::<USER_ID_BYTES>()?.to_vec(),
                name: name.to_owned(),
                display_name: display_name.to_owned(),
            }),
        }
    }

    pub(crate) fn passkeys(&self) -> &[Passkey] {
        &self.passkeys
    }

    pub(crate) fn passkeys_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Passkey> {
        self.passkeys.iter().filter(move |passkey| passkey.user.name == name)
    }

    pub(crate) fn find(&self, credential_id: &[u8]) -> Option<&Passkey> {
        self.passkeys.iter().find(|passkey| passkey.credential.cred_id == credential_id)
    }

    pub(crate) fn add(&mut self, passkey: Passkey) -> Result<(), Refusal> {
        if self.passkeys.len() >= MOST_PASSKEYS {
            return Err(Refusal::Full);
        }
        self.users.insert(passkey.user.name.clone(), passkey.user.clone());
        self.passkeys.push(passkey);
        Ok(())
    }

    pub(crate) fn update(&mut self, credential_id: &[u8], counter: u32, backup_state: bool) {
        let found =
            self.passkeys.iter_mut().find(|passkey| passkey.credential.cred_id == credential_id);
        if let Some(passkey) = found {
            passkey.credential.counter = counter;
            passkey.credential.backup_state = backup_state;
        }
    }

    /// Keeps a ceremony until it is answered or `life` has passed, and names it.
    pub(crate) fn offer(
        &mut self,
        ceremony: Ceremony,
        now: Instant,
        life: Duration,
    ) -> Result<String, Refusal> {
        self.pending.retain(|_, (ends, _)| *ends > now);
        if self.pending.len() >= MOST_PENDING {
            return Err(Refusal::Full);
        }
        let session = Base64UrlUnpadded::encode_string(&random::<SESSION_BYTES>()?);
        self.pending.insert(session.clone(), (now + life, ceremony));
        Ok(session)
    }

    /// Takes a ceremony out: whatever comes of it, it cannot be answered again.
    pub(crate) fn take(&mut self, session: &str, now: Instant) -> Result<Ceremony, Refusal> {
        match self.pending.remove(session) {
            Some((ends, ceremony)) if ends > now => Ok(ceremony),
            _ => Err(Refusal::Session),
        }
    }
}

fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Refusal::Random)?;
    Ok(bytes)
}
