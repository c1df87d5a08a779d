//! The authenticator: CTAP bytes in, CTAP bytes out.
//!
//! One [`Authenticator`] owns a key store, the list of credentials and a user interface, and runs one
//! ceremony at a time on them. Time and randomness come in with each ceremony as a [`Moment`].
//!
//! ```
//! # #[cfg(feature = "software")] {
//! # use std::{pin::pin, sync::{Mutex, PoisonError}, task::{Context, Poll, Waker}};
//! use wardkey_core::{
//!     authenticator::{
//!         Account, AttestationFormat, Authenticator, Moment, Notice, Settings, UserError,
//!         UserInterface,
//!     },
//!     ctap::{Command, get_assertion, make_credential, request::{RelyingParty, User}, status::Status},
//!     keystore::{
//!         Prompt, UserVerified,
//!         software::{MemoryRecords, SoftwareKeys, TestAttestation},
//!     },
//!     store::{SnapshotStorage, StorageError},
//! };
//!
//! /// Agrees to everything.
//! struct Willing;
//!
//! impl UserInterface for Willing {
//!     async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
//!         Ok(())
//!     }
//!
//!     async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
//!         Ok(0)
//!     }
//!
//!     async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
//!         Ok(UserVerified::by_user_interface())
//!     }
//!
//!     async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
//!         Ok(())
//!     }
//! }
//! # #[derive(Default)]
//! # struct Memory(Mutex<Option<Vec<u8>>>);
//! # impl SnapshotStorage for Memory {
//! #     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
//! #         Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
//! #     }
//! #     async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
//! #         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.to_vec());
//! #         Ok(())
//! #     }
//! # }
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
//! #         Poll::Ready(output) => output,
//! #         Poll::Pending => unreachable!(),
//! #     }
//! # }
//!
//! let now = 1_767_225_600;
//! let attestation = TestAttestation::generate(now)?;
//! let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
//! let settings = Settings::test(AttestationFormat::AndroidKey);
//! let opened = Authenticator::open(keys, Memory::default(), Willing, settings);
//! let mut authenticator = block_on(opened)?;
//!
//! let rp = RelyingParty { id: "example.org".into(), name: None };
//! let user = User { id: vec![1; 32], name: None, display_name: Some("Test clinician".into()) };
//! let mut request = make_credential::Request::new([0x5a; 32], rp, user);
//! request.options.discoverable = Some(true);
//! let message = [vec![Command::MakeCredential.byte()], request.encode()].concat();
//! // Random bytes, in earnest.
//! let moment = Moment { now, entropy: [1; 32] };
//! let answer = block_on(authenticator.handle(moment, &message));
//! assert_eq!(answer[0], Status::Ok.code());
//! assert_eq!(make_credential::Response::decode(&answer[1..])?.format, "android-key");
//!
//! let request = get_assertion::Request::new("example.org", [0x5b; 32]);
//! let message = [vec![Command::GetAssertion.byte()], request.encode()].concat();
//! let moment = Moment { now, entropy: [2; 32] };
//! let answer = block_on(authenticator.handle(moment, &message));
//! let response = get_assertion::Response::decode(&answer[1..], None)?;
//! assert_eq!(response.credential_id, [1; 32]);
//! assert_eq!(authenticator.credentials()[0].counter, 1);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod get_assertion;
mod key_guard;
mod make_credential;
mod orphans;
mod policy;
mod user_interface;

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use crate::{
    attestation::WitnessCode,
    ctap::{self, Command, get_info},
    keystore::{KeyAlias, KeyStore, Prompt, Verification, VerificationBinding},
    store::{Credential, CredentialStore, SnapshotStorage},
};

pub use error::Error;
pub(crate) use orphans::delete_orphans;
pub use policy::{Assurance, AttestationFormat, Refusal, RelyingParties, applicable};
pub use user_interface::{Account, Notice, UserError, UserInterface};

/// The model of this authenticator, WebAuthn Level 3 §6.5.1: made at random for Wardkey.
///
/// ```
/// use wardkey_core::{authenticator::{AAGUID, Settings}, keystore::SecurityLevel};
///
/// assert_eq!(Settings::release(SecurityLevel::StrongBox).aaguid, AAGUID);
/// ```
pub const AAGUID: [u8; 16] = [
    0xde, 0x11, 0xdd, 0x1b, 0x86, 0xac, 0x46, 0xbf, 0xb7, 0x63, 0xe9, 0x64, 0xc2, 0x59, 0x8d, 0x35,
];

/// What a host decides once.
///
/// ```
/// use wardkey_core::{
///     authenticator::{Assurance, AttestationFormat, Settings},
///     keystore::SecurityLevel,
/// };
///
/// let phone = Settings::release(SecurityLevel::TrustedEnvironment);
/// assert_eq!(phone.attestation, AttestationFormat::AndroidKey);
///
/// let host = Settings::test(AttestationFormat::PackedSelf);
/// assert_eq!(host.assurance, Assurance::Test);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The model to report.
    pub aaguid: [u8; 16],
    /// How new credentials are vouched for.
    pub attestation: AttestationFormat,
    /// How much the host vouches for.
    pub assurance: Assurance,
    /// Whom this authenticator serves.
    pub relying_parties: RelyingParties,
}

impl Settings {
    /// Hardware keys of at least `minimum` with the hardware's own attestation; anything less fails.
    pub const fn release(minimum: crate::keystore::SecurityLevel) -> Self {
        Self {
            aaguid: AAGUID,
            attestation: AttestationFormat::AndroidKey,
            assurance: Assurance::Release { minimum },
            relying_parties: RelyingParties::Any,
        }
    }

    /// For hosts and tests: software keys are allowed, and whatever attestation the host names.
    pub const fn test(attestation: AttestationFormat) -> Self {
        Self {
            aaguid: AAGUID,
            attestation,
            assurance: Assurance::Test,
            relying_parties: RelyingParties::Any,
        }
    }
}

/// When a ceremony starts, and the randomness it may use.
///
/// ```
/// use ring::rand::{SecureRandom, SystemRandom};
/// use std::time::{SystemTime, UNIX_EPOCH};
/// use wardkey_core::authenticator::Moment;
///
/// let mut entropy = [0; 32];
/// SystemRandom::new().fill(&mut entropy).expect("the operating system gives random bytes");
/// let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
/// let moment = Moment { now, entropy };
/// assert_eq!(format!("{moment:?}"), format!("Moment {{ now: {now}, .. }}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Moment {
    /// Seconds since 1970.
    pub now: u64,
    /// Fresh random bytes; become the credential id of a registration.
    pub entropy: [u8; 32],
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moment").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The answer to one CTAP2 message.
///
/// ```
/// use wardkey_core::authenticator::{Answer, Error, UserError};
///
/// /// What a phone writes on its screen. The other device gets the message alone.
/// fn words(answer: &Answer) -> String {
///     answer.failure.as_ref().map_or("Done".into(), ToString::to_string)
/// }
///
/// let error = Error::from(UserError::LockedOut);
/// let refused =
///     Answer { message: vec![error.status().code()], failure: Some(error), witness: None };
/// assert_eq!(words(&refused), UserError::LockedOut.to_string());
/// let done = Answer { message: vec![0x00, 201], failure: None, witness: None };
/// assert_eq!(words(&done), "Done");
/// assert!(!format!("{done:?}").contains("201"), "the response may name the user");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the client gets: status byte, and the response if that is success.
    pub message: Vec<u8>,
    /// Why there is no response.
    pub failure: Option<Error>,
    /// After a registration: the code to compare with the registration authority.
    pub witness: Option<WitnessCode>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("failure", &self.failure).finish_non_exhaustive()
    }
}

/// An authenticator with its keys, its credentials and its user.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::{Memory, Willing, run};
/// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
/// use wardkey_core::authenticator::{AAGUID, AttestationFormat, Authenticator, Moment, Settings};
/// use wardkey_core::ctap::{Command, get_info, status::Status};
///
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// let settings = Settings::test(AttestationFormat::PackedSelf);
/// let mut authenticator = run(Authenticator::open(keys, Memory::default(), Willing, settings))?;
///
/// let moment = Moment { now, entropy: [1; 32] };
/// let answer = run(authenticator.handle(moment, &[Command::GetInfo.byte()]));
/// assert_eq!(answer[0], Status::Ok.code());
/// assert_eq!(answer[1..], get_info::encode(AAGUID));
/// assert_eq!(answer[1..], authenticator.info());
/// assert!(authenticator.credentials().is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Authenticator<K, S, U> {
    keys: K,
    store: CredentialStore<S>,
    user_interface: U,
    settings: Settings,
}

impl<K: KeyStore, S: SnapshotStorage, U: UserInterface> Authenticator<K, S, U> {
    /// Reads the credentials and deletes keys that none of them names: what a ceremony that was killed
    /// in the middle left behind. If the credentials cannot be read, no key is touched; nor if there are
    /// none, for a list is saved before the first key is made, so keys without a list have lost theirs.
    /// A key store that cannot tell which keys it has is left alone until it can; only where no list is
    /// saved does it have to.
    pub async fn open(
        keys: K,
        storage: S,
        user_interface: U,
        settings: Settings,
    ) -> Result<Self, Error> {
        let mut store = CredentialStore::open(storage).await?;
        store.begin(|| Ok::<_, Error>(!keys.aliases()?.is_empty())).await?;
        delete_orphans(&keys, keys.aliases().unwrap_or_default(), &store);
        Ok(Self { keys, store, user_interface, settings })
    }

    /// The credentials, oldest first.
    pub fn credentials(&self) -> &[Credential] {
        self.store.credentials()
    }

    /// Removes a credential and its key for good.
    pub async fn remove(&mut self, credential_id: &[u8]) -> Result<(), Error> {
        self.settle().await?;
        let removed = self.store.remove(credential_id).await?;
        Ok(self.keys.delete(&removed.key_alias())?)
    }

    /// The getInfo response, without the status byte.
    pub fn info(&self) -> Vec<u8> {
        get_info::encode(self.settings.aaguid)
    }

    /// Answers one CTAP2 message, whatever it is: command byte and parameters in, status byte and
    /// response out. Never fails otherwise than by its status.
    pub async fn handle(&mut self, moment: Moment, message: &[u8]) -> Vec<u8> {
        self.answer(moment, message).await.message
    }

    /// Like [`handle`](Self::handle), and says what became of the command, for the person who holds the
    /// authenticator: they may learn more than the client.
    pub async fn answer(&mut self, moment: Moment, message: &[u8]) -> Answer {
        match self.dispatch(moment, message).await {
            Ok((mut message, witness)) => {
                message.insert(0, ctap::status::Status::Ok.code());
                Answer { message, failure: None, witness }
            }
            Err(error) => Answer {
                message: Vec::from([error.status().code()]),
                failure: Some(error),
                witness: None,
            },
        }
    }

    async fn dispatch(
        &mut self,
        moment: Moment,
        message: &[u8],
    ) -> Result<(Vec<u8>, Option<WitnessCode>), Error> {
        let (command, parameters) = message.split_first().ok_or(Error::InvalidCommand)?;
        match Command::from_byte(*command).ok_or(Error::InvalidCommand)? {
            Command::MakeCredential => {
                let request = ctap::make_credential::Request::decode(parameters)?;
                let response = self.make_credential(moment, &request).await?.encode();
                // The newest credential is the last.
                let witness = self.credentials().last().and_then(|made| made.witness);
                Ok((response, witness))
            }
            Command::GetAssertion => {
                let request = ctap::get_assertion::Request::decode(parameters)?;
                Ok((self.get_assertion(moment, &request).await?.encode(), None))
            }
            Command::GetInfo => Ok((self.info(), None)),
        }
    }

    /// If a ceremony was dropped while its change was being saved, finds out which credentials there are,
    /// and deletes the key of the one that is not.
    async fn settle(&mut self) -> Result<(), Error> {
        if self.store.settle().await? {
            delete_orphans(&self.keys, self.keys.aliases().unwrap_or_default(), &self.store);
        }
        Ok(())
    }

    /// The keys that the key store says it has now.
    fn keys_present(&self) -> KeysPresent {
        KeysPresent(self.keys.aliases().ok().map(|aliases| aliases.into_iter().collect()))
    }

    /// Signs authenticator data ‖ client data hash, with the verification the key store demands.
    async fn sign(
        &self,
        alias: &KeyAlias,
        auth_data: &[u8],
        client_data_hash: &[u8; 32],
        prompt: &Prompt,
    ) -> Result<Vec<u8>, Error> {
        let verification = match self.keys.verification() {
            VerificationBinding::PerUse => Verification::PerUse(prompt),
            VerificationBinding::UserInterface => {
                Verification::Performed(self.user_interface.verify(prompt).await?)
            }
        };
        let message = [auth_data, client_data_hash].concat();
        Ok(self.keys.sign(alias, &message, verification).await?)
    }
}

/// The aliases of a key store at one moment; `None` if it could not tell.
struct KeysPresent(Option<BTreeSet<KeyAlias>>);

impl KeysPresent {
    /// Whether a credential's key is certainly not there.
    fn lacks(&self, credential: &Credential) -> bool {
        self.0.as_ref().is_some_and(|aliases| !aliases.contains(&credential.key_alias()))
    }
}
