//! A key store, a storage and a user that record what happens and fail on demand.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use p256::ecdsa::{
    DerSignature, Signature, SigningKey, VerifyingKey, signature::Signer, signature::Verifier,
};
use wardkey_core::{
    authenticator::{
        Account, AttestationFormat, Authenticator, Moment, Notice, Settings, UserError,
        UserInterface,
    },
    ctap::{
        cose::PublicKey,
        make_credential,
        request::{RelyingParty, User},
    },
    keystore::{
        GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, Prompt, SecurityLevel,
        UserVerified, Verification, VerificationBinding,
    },
    store::{CredentialStore, SnapshotStorage, StorageError},
};

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Consent,
    Choose(usize),
    Verify,
    Inform(Notice),
    Generate,
    Sign,
    Delete,
    Save,
}

/// The state behind every fake; a test keeps a handle to it and looks or meddles.
pub struct World {
    pub events: Vec<Event>,
    pub keys: BTreeMap<KeyAlias, SigningKey>,
    pub snapshot: Option<Vec<u8>>,
    pub binding: VerificationBinding,
    pub level: SecurityLevel,
    pub chain: Vec<Vec<u8>>,
    pub challenge: Option<[u8; 32]>,
    pub generate_error: Option<KeyError>,
    pub sign_error: Option<KeyError>,
    pub list_error: Option<KeyError>,
    pub load_error: Option<StorageError>,
    pub save_error: Option<StorageError>,
    /// Whether a save that fails has taken place all the same.
    pub saves_in_spite: bool,
    /// Whether a save that nobody waits for any more is made all the same, before the next load.
    pub saves_when_dropped: bool,
    saving: Option<Vec<u8>>,
    pub consent: Result<(), UserError>,
    pub choice: Result<usize, UserError>,
    pub verification: Result<(), UserError>,
    pub acknowledgement: Result<(), UserError>,
    pub prompts: Vec<Prompt>,
    next_key: u8,
}

/// A handle to a [`World`], usable as key store, storage and user interface.
#[derive(Clone)]
pub struct Handle(Arc<Mutex<World>>);

pub type TestAuthenticator = Authenticator<Handle, Handle, Handle>;

impl Handle {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(World {
            events: vec![],
            keys: BTreeMap::new(),
            snapshot: None,
            binding: VerificationBinding::PerUse,
            level: SecurityLevel::StrongBox,
            chain: vec![b"leaf".to_vec(), b"root".to_vec()],
            challenge: None,
            generate_error: None,
            sign_error: None,
            list_error: None,
            load_error: None,
            save_error: None,
            saves_in_spite: false,
            saves_when_dropped: false,
            saving: None,
            consent: Ok(()),
            choice: Ok(0),
            verification: Ok(()),
            acknowledgement: Ok(()),
            prompts: vec![],
            next_key: 1,
        })))
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.world().events)
    }

    /// Neither saves nor loads from now on, each of which fails as told.
    pub fn break_disk(&self) -> StorageError {
        let failure = StorageError("the disk is gone".into());
        let mut world = self.world();
        (world.save_error, world.load_error) = (Some(failure.clone()), Some(failure.clone()));
        failure
    }

    /// Saves and loads again.
    pub fn mend_disk(&self) {
        let mut world = self.world();
        (world.save_error, world.load_error) = (None, None);
    }

    /// An authenticator, and only the events that follow: a new one saves that its list is empty.
    pub fn open(&self, settings: Settings) -> TestAuthenticator {
        let before = self.take_events();
        let opening = Authenticator::open(self.clone(), self.clone(), self.clone(), settings);
        let authenticator = run(opening).unwrap();
        self.world().events = before;
        authenticator
    }

    /// How many credentials are saved.
    pub fn saved(&self) -> usize {
        run(CredentialStore::open(self.clone())).unwrap().credentials().len()
    }

    /// An authenticator as it is shipped.
    pub fn release(&self) -> TestAuthenticator {
        self.open(Settings::release(SecurityLevel::StrongBox))
    }

    /// An authenticator for tests, with this attestation.
    pub fn test(&self, attestation: AttestationFormat) -> TestAuthenticator {
        self.open(Settings::test(attestation))
    }

    fn note(&self, event: Event) {
        self.world().events.push(event);
    }
}

/// Pends once, so that a test can drop the ceremony right here.
async fn pause() {
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a ceremony to its end.
pub fn run<F: Future>(future: F) -> F::Output {
    run_at_most(future, usize::MAX).expect("never pends for ever")
}

/// Polls a ceremony `polls` times, then drops it.
pub fn run_at_most<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

impl KeyStore for Handle {
    fn verification(&self) -> VerificationBinding {
        self.world().binding
    }

    async fn generate(&self, request: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
        pause().await;
        let (public_key, security_level, certificate_chain) = {
            let mut world = self.world();
            world.events.push(Event::Generate);
            if let Some(error) = world.generate_error.clone() {
                return Err(error);
            }
            let key = SigningKey::from_slice(&[world.next_key; 32]).unwrap();
            world.next_key += 1;
            world.challenge = request.attestation_challenge.copied();
            let point = key.verifying_key().to_sec1_point(false);
            world.keys.insert(request.alias.clone(), key);
            (PublicKey::from_sec1(point.as_bytes()).unwrap(), world.level, world.chain.clone())
        };
        // The key exists and the caller does not know yet.
        pause().await;
        Ok(GeneratedKey { public_key, security_level, certificate_chain })
    }

    async fn sign(
        &self,
        alias: &KeyAlias,
        message: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        pause().await;
        let mut world = self.world();
        world.events.push(Event::Sign);
        match (world.binding, verification) {
            (VerificationBinding::PerUse, Verification::PerUse(prompt)) => {
                world.prompts.push(prompt.clone());
            }
            (VerificationBinding::UserInterface, Verification::Performed(_)) => {}
            _ => return Err(KeyError::NotAuthenticated),
        }
        if let Some(error) = world.sign_error.clone() {
            return Err(error);
        }
        let signature: DerSignature =
            world.keys.get(alias).ok_or(KeyError::NotFound)?.sign(message);
        Ok(signature.as_bytes().to_vec())
    }

    fn delete(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        let mut world = self.world();
        world.events.push(Event::Delete);
        world.keys.remove(alias);
        Ok(())
    }

    fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError> {
        let world = self.world();
        world.list_error.clone().map_or_else(|| Ok(world.keys.keys().cloned().collect()), Err)
    }
}

impl SnapshotStorage for Handle {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        pause().await;
        let mut world = self.world();
        if let Some(given_up) = world.saving.take()
            && world.saves_when_dropped
        {
            world.snapshot = Some(given_up);
        }
        world.load_error.clone().map_or_else(|| Ok(world.snapshot.clone()), Err)
    }

    async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        {
            let mut world = self.world();
            world.events.push(Event::Save);
            if let Some(error) = world.save_error.clone() {
                if world.saves_in_spite {
                    world.snapshot = Some(snapshot.to_vec());
                }
                return Err(error);
            }
            world.saving = Some(snapshot.to_vec());
        }
        pause().await;
        let mut world = self.world();
        world.snapshot = world.saving.take();
        Ok(())
    }
}

impl UserInterface for Handle {
    async fn consent(&self, prompt: &Prompt) -> Result<(), UserError> {
        pause().await;
        self.note(Event::Consent);
        self.world().prompts.push(prompt.clone());
        self.world().consent
    }

    async fn choose(&self, _rp_id: &str, accounts: &[Account]) -> Result<usize, UserError> {
        pause().await;
        self.note(Event::Choose(accounts.len()));
        self.world().choice
    }

    async fn verify(&self, _prompt: &Prompt) -> Result<UserVerified, UserError> {
        pause().await;
        self.note(Event::Verify);
        self.world().verification.map(|()| UserVerified::by_user_interface())
    }

    async fn inform(&self, _rp_id: &str, notice: Notice) -> Result<(), UserError> {
        pause().await;
        self.note(Event::Inform(notice));
        self.world().acknowledgement
    }
}

pub const RP: &str = "example.org";
pub const HASH: [u8; 32] = [0x0a; 32];

/// The `n`th ceremony of a test.
pub fn moment(n: u8) -> Moment {
    Moment { now: 1_700_000_000 + u64::from(n), entropy: [n; 32] }
}

/// A request to register `user` for [`RP`], discoverable as browsers ask for it.
pub fn registration(user: &[u8]) -> make_credential::Request {
    let rp = RelyingParty { id: RP.into(), name: Some("Example".into()) };
    let name = Some(format!("user-{}", user.len()));
    let user = User { id: user.to_vec(), name: name.clone(), display_name: name };
    let mut request = make_credential::Request::new(HASH, rp, user);
    request.options.discoverable = Some(true);
    request
}

/// A CTAP2 message.
pub fn message(command: u8, parameters: &[u8]) -> Vec<u8> {
    [&[command], parameters].concat()
}

/// Checks that there is neither a key nor a credential.
pub fn assert_nothing_left(handle: &Handle) {
    assert!(handle.world().keys.is_empty());
    assert_eq!(handle.saved(), 0);
}

/// Whether `signature` is by the `n`th key that was made, over authenticator data ‖ [`HASH`].
pub fn is_signed_by(n: u8, auth_data: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from(&SigningKey::from_slice(&[n; 32]).unwrap());
    let signature = Signature::from_der(signature).unwrap();
    key.verify(&[auth_data, &HASH].concat(), &signature).is_ok()
}
