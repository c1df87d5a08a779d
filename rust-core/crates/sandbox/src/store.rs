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
        // Who is in a ceremony now matters more than who walked away from one.
        if self.pending.len() >= MOST_PENDING {
            let oldest = self
                .pending
                .iter()
                .min_by_key(|(_, (ends, _))| *ends)
                .map(|(session, _)| session.clone());
            oldest.and_then(|session| self.pending.remove(&session));
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use webauthn_rs_core::{WebauthnCore, proto::UserVerificationPolicy};

    use super::{Ceremony, MOST_PENDING, Signin, Store};
    use crate::refusal::Refusal;

    const LIFE: Duration = Duration::from_mins(5);

    fn ceremony() -> Ceremony {
        let origin = "https://localhost".parse().unwrap();
        let webauthn = WebauthnCore::new_unsafe_experts_only(
            "Test",
            "localhost",
            vec![origin],
            LIFE,
            None,
            None,
        );
        let builder = webauthn
            .new_challenge_authenticate_builder(Vec::new(), Some(UserVerificationPolicy::default()))
            .unwrap();
        let (_, state) = webauthn.generate_challenge_authenticate(builder).unwrap();
        Ceremony::Signin(Box::new(Signin { state, allowed: Vec::new() }))
    }

    #[test]
    fn a_ceremony_is_taken_once_and_within_its_time() {
        let (mut store, start) = (Store::default(), Instant::now());
        let in_time = store.offer(ceremony(), start, LIFE).unwrap();
        let late = store.offer(ceremony(), start, LIFE).unwrap();
        let last_moment = start + LIFE.saturating_sub(Duration::from_nanos(1));
        assert!(store.take(&in_time, last_moment).is_ok());
        assert!(matches!(store.take(&in_time, last_moment), Err(Refusal::Session)));
        assert!(matches!(store.take(&late, start + LIFE), Err(Refusal::Session)));
    }

    #[test]
    fn the_oldest_ceremony_gives_way_when_there_are_too_many() {
        let (mut store, start) = (Store::default(), Instant::now());
        let oldest = store.offer(ceremony(), start, LIFE).unwrap();
        let mut newest = String::new();
        for number in 1..=MOST_PENDING {
            let moment = start + Duration::from_millis(number as u64);
            newest = store.offer(ceremony(), moment, LIFE).unwrap();
        }
        assert_eq!(store.pending.len(), MOST_PENDING);
        assert!(store.take(&oldest, start).is_err());
        assert!(store.take(&newest, start).is_ok());
    }

    #[test]
    fn expired_ceremonies_are_forgotten() {
        let (mut store, start) = (Store::default(), Instant::now());
        store.offer(ceremony(), start, LIFE).unwrap();
        store.offer(ceremony(), start + LIFE, LIFE).unwrap();
        assert_eq!(store.pending.len(), 1);
    }
}
