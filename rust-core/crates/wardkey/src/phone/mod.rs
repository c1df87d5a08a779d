//! A phone that runs on a host.
//!
//! Its keys are files and its user is a terminal or a script, so it always is a test authenticator: the
//! release policy of the core refuses such keys.

mod credentials;
pub(crate) mod ctap;
mod frames;
mod keepalives;
pub(crate) mod open;
mod qr;
pub(crate) mod scan;

use std::path::Path;

use wardkey_core::{
    authenticator::{AttestationFormat, Authenticator, Error, Settings},
    keystore::software::{Claim, OpenError, SoftwareKeys, TestAttestation},
    store::{SnapshotError, StoreError},
};

pub(crate) use credentials::{delete, list, show};
pub(crate) use scan::{Done, Wallet};

use crate::{
    cli::PhoneArguments,
    failure::Failure,
    moment,
    state::{KeyFiles, SnapshotFile, StateFolder},
    user::HostUser,
};

/// The authenticator of a phone on a host.
pub(crate) type HostPhone = Authenticator<SoftwareKeys<KeyFiles>, SnapshotFile, HostUser>;

/// What a phone keeps between runs.
#[derive(Debug)]
pub(crate) struct PhoneFolder {
    state: StateFolder,
    attestation: AttestationFormat,
    claims: Vec<Claim>,
}

impl PhoneFolder {
    /// For commands that make use of a phone: a new one has an empty folder.
    pub(crate) fn open_or_create(
        path: &Path,
        attestation: impl Into<AttestationFormat>,
    ) -> Result<Self, Failure> {
        let state = StateFolder::open_or_create(path)?;
        Ok(Self { state, attestation: attestation.into(), claims: Vec::new() })
    }

    /// The phone of a command that makes use of one.
    pub(crate) fn of(arguments: &PhoneArguments) -> Result<Self, Failure> {
        let folder = Self::open_or_create(&arguments.state.state, arguments.attestation)?;
        Ok(Self { claims: arguments.claim.clone(), ..folder })
    }

    /// For commands that look at a phone, which should be there.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let state = StateFolder::open(path)?;
        Ok(Self { state, attestation: AttestationFormat::AndroidKey, claims: Vec::new() })
    }

    /// Switches the phone on.
    pub(crate) async fn phone(&self, user: HostUser) -> Result<HostPhone, Failure> {
        let attestation = self.test_attestation()?.claiming(self.claims.iter().copied());
        let keys = SoftwareKeys::open(self.state.key_files(), attestation, moment::seconds)
            .map_err(|error| self.unusable(&error))?;
        let settings = Settings::test(self.attestation);
        Authenticator::open(keys, self.state.snapshot(), user, settings)
            .await
            .map_err(|error| unreadable(&error))
    }

    /// The phone's test attestation; made the first time it is asked for.
    pub(crate) fn test_attestation(&self) -> Result<TestAttestation, Failure> {
        if let Some(bytes) = self.state.read_attestation()? {
            return TestAttestation::from_bytes(&bytes).map_err(|error| self.unusable(&error));
        }
        let attestation = TestAttestation::generate(moment::seconds());
        let attestation = attestation.map_err(|error| unreadable(&error.into()))?;
        self.state.write_attestation(&attestation.to_bytes())?;
        Ok(attestation)
    }

    /// A file of keys or certificates is not what was kept. It is named, and left as it is.
    fn unusable(&self, error: &OpenError) -> Failure {
        let (path, remedy) = match error {
            OpenError::Records(error) => return unreadable(&error.clone().into()),
            OpenError::NotAKey(alias) => (
                self.state.key_files().path(alias),
                "restore this file from a copy, or start a new phone in another folder with --state",
            ),
            OpenError::NewerAttestation { .. } => (
                self.state.attestation_path(),
                "use the newer wardkey, or another folder with --state",
            ),
            OpenError::DamagedAttestation(_) => (
                self.state.attestation_path(),
                "restore this file from a copy; or move it away, and the next command makes a new test root, \
                 which relying parties under test then need (wardkey phone root)",
            ),
        };
        let problem = format!("{}: {error}", path.display());
        Failure::new("reading the phone's keys", problem, format!("{remedy}; nothing was changed"))
    }
}

/// The phone cannot be switched on, and nothing of it was changed.
fn unreadable(error: &Error) -> Failure {
    let remedy = match error {
        Error::Store(StoreError::Snapshot(SnapshotError::Newer { .. })) => {
            "use the newer wardkey, or another folder with --state"
        }
        Error::Store(StoreError::Snapshot(SnapshotError::Missing)) => {
            "put credentials.cbor back into the folder, or start a new phone in another folder with \
             --state; nothing was changed"
        }
        _ => {
            "check the folder's owner and permissions, restore it from a copy, or start a new phone in \
             another folder with --state; nothing was changed"
        }
    };
    Failure::new("reading the phone's passkeys", error, remedy)
}
