//! The authenticator: CTAP bytes in, CTAP bytes out.
//!
//! One [`Authenticator`] owns a key store, the list of credentials and a user interface, and runs one
//! ceremony at a time on them. Time and randomness come in with each ceremony as a [`Moment`].

mod error;
mod get_assertion;
mod key_guard;
mod make_credential;
mod policy;
mod user_interface;

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use crate::{
    ctap::{self, Command, get_info},
    keystore::{KeyAlias, KeyStore, Prompt, Verification, VerificationBinding},
    store::{Credential, CredentialStore, SnapshotStorage},
};

pub use error::Error;
pub use policy::{Assurance, AttestationFormat, Refusal};
pub use user_interface::{Account, Notice, UserError, UserInterface};

/// The model of this authenticator, WebAuthn Level 3 §6.5.1: made at random for Wardkey.
pub const AAGUID: [u8; 16] = [
    0xde, 0x11, 0xdd, 0x1b, 0x86, 0xac, 0x46, 0xbf, 0xb7, 0x63, 0xe9, 0x64, 0xc2, 0x59, 0x8d, 0x35,
];

/// What a host decides once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The model to report.
    pub aaguid: [u8; 16],
    /// How new credentials are vouched for.
    pub attestation: AttestationFormat,
    /// How much the host vouches for.
    pub assurance: Assurance,
}

impl Settings {
    /// Hardware keys of at least `minimum` with the hardware's own attestation; anything less fails.
    pub const fn release(minimum: crate::keystore::SecurityLevel) -> Self {
        Self {
            aaguid: AAGUID,
            attestation: AttestationFormat::AndroidKey,
            assurance: Assurance::Release { minimum },
        }
    }

    /// For hosts and tests: software keys are allowed, and whatever attestation the host names.
    pub const fn test(attestation: AttestationFormat) -> Self {
        Self { aaguid: AAGUID, attestation, assurance: Assurance::Test }
    }
}

/// When a ceremony starts, and the randomness it may use.
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

/// An authenticator with its keys, its credentials and its user.
#[derive(Debug)]
pub struct Authenticator<K, S, U> {
    keys: K,
    store: CredentialStore<S>,
    user_interface: U,
    settings: Settings,
}

impl<K: KeyStore, S: SnapshotStorage, U: UserInterface> Authenticator<K, S, U> {
    /// Reads the credentials and deletes keys that none of them names: what a ceremony that was killed
    /// in the middle left behind. If the credentials cannot be read, no key is touched.
    pub fn open(keys: K, storage: S, user_interface: U, settings: Settings) -> Result<Self, Error> {
        let store = CredentialStore::open(storage)?;
        sweep(&keys, store.credentials())?;
        Ok(Self { keys, store, user_interface, settings })
    }

    /// The credentials, oldest first.
    pub fn credentials(&self) -> &[Credential] {
        self.store.credentials()
    }

    /// Removes a credential and its key for good.
    pub fn remove(&mut self, credential_id: &[u8]) -> Result<(), Error> {
        let removed = self.store.remove(credential_id)?;
        Ok(self.keys.delete(&removed.key_alias())?)
    }

    /// The getInfo response, without the status byte.
    pub fn info(&self) -> Vec<u8> {
        get_info::encode(self.settings.aaguid)
    }

    /// Answers one CTAP2 message, whatever it is: command byte and parameters in, status byte and
    /// response out. Never fails otherwise than by its status.
    pub async fn handle(&mut self, moment: Moment, message: &[u8]) -> Vec<u8> {
        match self.dispatch(moment, message).await {
            Ok(response) => {
                let mut bytes = Vec::from([ctap::status::Status::Ok.code()]);
                bytes.extend(response);
                bytes
            }
            Err(error) => Vec::from([error.status().code()]),
        }
    }

    async fn dispatch(&mut self, moment: Moment, message: &[u8]) -> Result<Vec<u8>, Error> {
        let (command, parameters) = message.split_first().ok_or(Error::InvalidCommand)?;
        match Command::from_byte(*command).ok_or(Error::InvalidCommand)? {
            Command::MakeCredential => {
                let request = ctap::make_credential::Request::decode(parameters)?;
                Ok(self.make_credential(moment, &request).await?.encode())
            }
            Command::GetAssertion => {
                let request = ctap::get_assertion::Request::decode(parameters)?;
                Ok(self.get_assertion(moment, &request).await?.encode())
            }
            Command::GetInfo => Ok(self.info()),
        }
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

fn sweep<K: KeyStore>(keys: &K, credentials: &[Credential]) -> Result<(), Error> {
    let named: BTreeSet<_> = credentials.iter().map(Credential::key_alias).collect();
    for alias in keys.aliases()? {
        if !named.contains(&alias) {
            keys.delete(&alias)?;
        }
    }
    Ok(())
}
