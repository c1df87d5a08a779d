//! Which failure of the core is which of Kotlin's.

use std::{format, string::ToString};

use super::{
    failure::{DomError, PasskeyError, Step},
    reason::Reason,
};
use crate::{
    authenticator::{self, Refusal, UserError},
    hybrid::{
        Cause, LocalFault, NetworkFault, PeerFault, RadioFailure, Stage, TunnelFailure, qr::QrError,
    },
    keystore::KeyError,
    store::{SnapshotError, StoreError},
    webauthn::{self, CallerError, DomException},
};

impl From<webauthn::Error> for PasskeyError {
    fn from(error: webauthn::Error) -> Self {
        let dom_error = DomError::from(error.dom_exception());
        let mapped = match error {
            webauthn::Error::Authenticator(error) => Self::from(error),
            webauthn::Error::Scope(error) => {
                Self::new(Step::Caller, Reason::UntrustedCaller, error.to_string())
            }
            webauthn::Error::Options(_)
            | webauthn::Error::Attachment
            | webauthn::Error::NoAlgorithm
            | webauthn::Error::NoKnownCredential => {
                Self::new(Step::Request, Reason::InvalidRequest, error.to_string())
            }
            // This phone's own authenticator answered what its own client cannot read.
            webauthn::Error::Refused(_) | webauthn::Error::Response(_) => {
                Self::new(Step::Answer, Reason::Unexpected, error.to_string())
            }
        };
        mapped.with_dom_error(dom_error)
    }
}

impl From<authenticator::Error> for PasskeyError {
    fn from(error: authenticator::Error) -> Self {
        use authenticator::Error as E;
        let detail = error.to_string();
        let (step, reason) = match &error {
            E::InvalidCommand
            | E::Request(_)
            | E::PinNotSet
            | E::UnsupportedAlgorithm
            | E::UnsupportedOption
            | E::InvalidOption => (Step::Request, Reason::InvalidRequest),
            E::Excluded => (Step::User, Reason::AlreadyRegistered),
            E::NoCredentials => (Step::User, Reason::NoPasskey),
            E::User(error) => (Step::User, user_reason(*error)),
            E::Key(error) => (key_step(error), key_reason(error)),
            E::Store(error) => (Step::Storage, store_reason(error)),
            E::Policy(Refusal::RelyingParty) => (Step::Request, Reason::SiteNotAllowed),
            E::Policy(_) => (Step::Key, Reason::WeakHardware),
        };
        let dom_error = webauthn::Error::Authenticator(error).dom_exception();
        Self::new(step, reason, detail).with_dom_error(dom_error.into())
    }
}

impl From<StoreError> for PasskeyError {
    fn from(error: StoreError) -> Self {
        authenticator::Error::from(error).into()
    }
}

impl From<CallerError> for PasskeyError {
    fn from(error: CallerError) -> Self {
        let failed = Self::new(Step::Caller, Reason::UntrustedCaller, error.to_string());
        failed.with_dom_error(DomError::Security)
    }
}

impl From<QrError> for PasskeyError {
    fn from(error: QrError) -> Self {
        let reason = match error {
            QrError::NotFido => Reason::NotACode,
            QrError::DigitalCredential => Reason::DigitalCredential,
            _ => Reason::DamagedCode,
        };
        Self::new(Step::Code, reason, error.to_string())
    }
}

impl From<crate::hybrid::Error> for PasskeyError {
    fn from(error: crate::hybrid::Error) -> Self {
        let reason = match error.cause {
            Cause::Peer(fault) => peer_reason(fault, error.stage),
            Cause::Network(fault) => network_reason(fault),
            Cause::Local(fault) => local_reason(fault),
            Cause::Cancelled => Reason::Cancelled,
        };
        Self::new(hybrid_step(error.stage), reason, format!("{error}. {}", error.remedy()))
    }
}

const fn user_reason(error: UserError) -> Reason {
    match error {
        UserError::Denied => Reason::Declined,
        UserError::VerificationFailed => Reason::NotVerified,
        UserError::LockedOut => Reason::LockedOut,
        UserError::TimedOut => Reason::TimedOut,
        UserError::Cancelled => Reason::Cancelled,
    }
}

const fn key_reason(error: &KeyError) -> Reason {
    match error {
        KeyError::StrongBoxUnavailable => Reason::NoStrongBox,
        KeyError::Invalidated => Reason::KeyInvalidated,
        KeyError::NotAuthenticated | KeyError::VerificationFailed => Reason::NotVerified,
        KeyError::AttestationUnavailable => Reason::AttestationUnavailable,
        KeyError::AttestationKeysNotProvisioned => Reason::NotProvisioned,
        KeyError::DeviceLocked => Reason::DeviceLocked,
        KeyError::NoScreenLock => Reason::NoScreenLock,
        KeyError::NotFound | KeyError::Platform(_) => Reason::KeyStoreFailed,
        KeyError::Cancelled => Reason::Declined,
        KeyError::LockedOut => Reason::LockedOut,
        KeyError::TimedOut => Reason::TimedOut,
        KeyError::Full => Reason::KeyStoreFull,
    }
}

/// The prompt belongs to the person, the rest to the hardware.
const fn key_step(error: &KeyError) -> Step {
    match error {
        KeyError::Cancelled
        | KeyError::VerificationFailed
        | KeyError::LockedOut
        | KeyError::TimedOut => Step::User,
        _ => Step::Key,
    }
}

const fn store_reason(error: &StoreError) -> Reason {
    match error {
        StoreError::Storage(_) => Reason::StorageFailed,
        StoreError::Snapshot(SnapshotError::Newer { .. }) => Reason::StorageNewer,
        StoreError::Snapshot(_) => Reason::StorageDamaged,
        StoreError::Full => Reason::StorageFull,
        StoreError::NotFound | StoreError::CounterExhausted => Reason::NoPasskey,
    }
}

pub(super) const fn hybrid_step(stage: Stage) -> Step {
    match stage {
        Stage::ShowingCode => Step::Code,
        Stage::OpeningTunnel => Step::Tunnel,
        Stage::Advertising => Step::Nearby,
        Stage::Handshake | Stage::Introduction => Step::Handshake,
        Stage::AwaitingCommand => Step::Command,
        Stage::AwaitingUser => Step::User,
        Stage::AwaitingResponse | Stage::ShuttingDown => Step::Answer,
    }
}

const fn peer_reason(fault: PeerFault, stage: Stage) -> Reason {
    match (fault, stage) {
        (PeerFault::Silent, Stage::Advertising) => Reason::TooFarAway,
        (PeerFault::Silent | PeerFault::Left, _) => Reason::OtherDeviceLeft,
        (PeerFault::HandshakeFailed | PeerFault::Undecryptable, _) => Reason::Tampered,
        _ => Reason::OtherDeviceIncompatible,
    }
}

const fn network_reason(fault: NetworkFault) -> Reason {
    match fault {
        NetworkFault::Tunnel(TunnelFailure::NameNotFound | TunnelFailure::Unreachable)
        | NetworkFault::TunnelTimedOut => Reason::NetworkBlocked,
        NetworkFault::Tunnel(TunnelFailure::Certificate) => Reason::Intercepted,
        NetworkFault::Tunnel(TunnelFailure::HttpStatus(404 | 410)) => Reason::CodeExpired,
        NetworkFault::Tunnel(_) => Reason::TunnelServiceFailed,
        NetworkFault::TunnelClosed => Reason::ConnectionCut,
    }
}

const fn local_reason(fault: LocalFault) -> Reason {
    match fault {
        LocalFault::Radio(RadioFailure::Unavailable) => Reason::BluetoothMissing,
        LocalFault::Radio(RadioFailure::Off) => Reason::BluetoothOff,
        LocalFault::Radio(RadioFailure::PermissionDenied) => Reason::BluetoothDenied,
        LocalFault::Radio(RadioFailure::Failed) => Reason::BluetoothFailed,
        LocalFault::UserTimedOut => Reason::TimedOut,
        LocalFault::EmptyResponse | LocalFault::MessageTooLarge | LocalFault::CounterExhausted => {
            Reason::Unexpected
        }
    }
}

impl From<DomException> for DomError {
    fn from(exception: DomException) -> Self {
        match exception {
            DomException::Encoding => Self::Encoding,
            DomException::Constraint => Self::Constraint,
            DomException::InvalidState => Self::InvalidState,
            DomException::NotAllowed => Self::NotAllowed,
            DomException::NotSupported => Self::NotSupported,
            DomException::Security => Self::Security,
            DomException::Unknown => Self::Unknown,
        }
    }
}
