//! How an operation fails, in terms that Kotlin treats differently.

use std::{fmt, string::String};

use thiserror::Error;

/// The exception Kotlin sees. Each variant is one it treats differently. The [module's example](super)
/// catches two.
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum PasskeyError {
    /// The user, or the other side, called it off.
    #[error("{failure}")]
    Cancelled {
        /// What happened.
        failure: Failure,
    },
    /// The account has a passkey on this phone already.
    #[error("{failure}")]
    Excluded {
        /// What happened.
        failure: Failure,
    },
    /// There is no passkey that could answer.
    #[error("{failure}")]
    NoCredential {
        /// What happened.
        failure: Failure,
    },
    /// The caller, the request or the policy forbids it.
    #[error("{failure}")]
    NotAllowed {
        /// What happened.
        failure: Failure,
    },
    /// The key store, its prompt or the radio failed.
    #[error("{failure}")]
    Hardware {
        /// What happened.
        failure: Failure,
    },
    /// Something between the two devices, or on the way to the relying party, failed.
    #[error("{failure}")]
    Network {
        /// What happened.
        failure: Failure,
    },
    /// The saved credentials, or this program, failed.
    #[error("{failure}")]
    Internal {
        /// What happened.
        failure: Failure,
    },
}

/// What happened, where, and what a web page may learn of it. The [module's example](super) reads
/// some.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Failure {
    /// Where the person stood.
    pub step: Step,
    /// Why, as one of the reasons there are words for.
    pub reason: Reason,
    /// Why, in English and in detail. Holds no secret: it may be shown, copied and sent on.
    pub detail: String,
    /// The exception for the page or application that asked.
    pub dom_error: DomError,
}

impl Failure {
    /// What a log may keep: the detail can name the site.
    pub(super) fn outline(&self) -> impl fmt::Display {
        fmt::from_fn(|f| write!(f, "{:?} at {:?}", self.reason, self.step))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}: {}", self.reason, self.step, self.detail)
    }
}

/// Where a person stands in an operation, as in the [module's example](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Step {
    /// Who asks is being established.
    Caller,
    /// The request is being read.
    Request,
    /// The person decides or is verified.
    User,
    /// The key is made or used.
    Key,
    /// The list of passkeys is read or written.
    Storage,
    /// The code is being read.
    Code,
    /// The tunnel service is being reached.
    Tunnel,
    /// The other device is to notice this phone.
    Nearby,
    /// The two devices agree on keys.
    Handshake,
    /// The other device is to say what it wants.
    Command,
    /// The answer is on its way.
    Answer,
}

/// Why an operation failed: everything a screen has words and a remedy for. The [module's example](super)
/// has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Reason {
    /// The person said no, or closed the prompt.
    Declined,
    /// The other side, or the program, called it off.
    Cancelled,
    /// The person did not answer in time.
    TimedOut,
    /// Finger, face or PIN was not accepted.
    NotVerified,
    /// Too many failures: the device wants a pause, or its PIN.
    LockedOut,
    /// The account has a passkey here already.
    AlreadyRegistered,
    /// No passkey fits.
    NoPasskey,
    /// Screen lock or biometrics changed and the hardware destroyed the key.
    KeyInvalidated,
    /// A secure element is required and there is none.
    NoStrongBox,
    /// The hardware cannot attest; with a network it may later.
    AttestationUnavailable,
    /// The device was never given attestation keys.
    NotProvisioned,
    /// The device is locked.
    DeviceLocked,
    /// The device has no screen lock.
    NoScreenLock,
    /// The key store is full.
    KeyStoreFull,
    /// The key store failed in another way.
    KeyStoreFailed,
    /// The hardware proved less than the policy requires.
    WeakHardware,
    /// The request cannot be read or asks for what does not exist here.
    InvalidRequest,
    /// The caller is not who it would have to be.
    UntrustedCaller,
    /// The organization does not let the phone be used with this site.
    SiteNotAllowed,
    /// The organization does not allow this way of asking.
    RouteNotAllowed,
    /// Another request is still open on this phone.
    Busy,
    /// The saved passkeys cannot be reached.
    StorageFailed,
    /// The saved passkeys are damaged.
    StorageDamaged,
    /// The saved passkeys are of a newer version.
    StorageNewer,
    /// No room for another passkey.
    StorageFull,
    /// Not a code of a sign-in.
    NotACode,
    /// A code that cannot be read to the end.
    DamagedCode,
    /// The code is too old, or was used.
    CodeExpired,
    /// Bluetooth is off.
    BluetoothOff,
    /// The permission for Bluetooth is missing.
    BluetoothDenied,
    /// There is no Bluetooth, or none that can do this.
    BluetoothMissing,
    /// Bluetooth failed in another way.
    BluetoothFailed,
    /// No way to the tunnel service.
    NetworkBlocked,
    /// Somebody sits between this phone and the tunnel service.
    Intercepted,
    /// The tunnel service is not working.
    TunnelServiceFailed,
    /// The connection was cut.
    ConnectionCut,
    /// The other device did not notice this phone.
    TooFarAway,
    /// The other device left or kept silent.
    OtherDeviceLeft,
    /// The other device does not speak the same language.
    OtherDeviceIncompatible,
    /// Something tampers with the connection, or the code was for somebody else.
    Tampered,
    /// The relying party's list of applications cannot be fetched.
    SiteUnreachable,
    /// A bug.
    Unexpected,
}

/// The exception of WebAuthn that the caller sees: part of each [`Failure`], as in the
/// [module's example](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DomError {
    /// `ConstraintError`.
    Constraint,
    /// `EncodingError`.
    Encoding,
    /// `InvalidStateError`.
    InvalidState,
    /// `NotAllowedError`.
    NotAllowed,
    /// `NotSupportedError`.
    NotSupported,
    /// `SecurityError`.
    Security,
    /// `TimeoutError`.
    Timeout,
    /// `AbortError`.
    Abort,
    /// `UnknownError`.
    Unknown,
}

impl PasskeyError {
    pub(super) fn new(step: Step, reason: Reason, detail: impl Into<String>) -> Self {
        let dom_error = DomError::NotAllowed;
        Self::of(Failure { step, reason, detail: detail.into(), dom_error })
    }

    /// Chooses the variant: one reason always has the same.
    fn of(failure: Failure) -> Self {
        use Reason as R;
        match failure.reason {
            R::Declined | R::Cancelled | R::TimedOut => Self::Cancelled { failure },
            R::AlreadyRegistered => Self::Excluded { failure },
            R::NoPasskey | R::KeyInvalidated => Self::NoCredential { failure },
            R::InvalidRequest
            | R::UntrustedCaller
            | R::SiteNotAllowed
            | R::RouteNotAllowed
            | R::WeakHardware
            | R::NotACode
            | R::DamagedCode
            | R::CodeExpired => Self::NotAllowed { failure },
            R::NotVerified
            | R::LockedOut
            | R::NoStrongBox
            | R::AttestationUnavailable
            | R::NotProvisioned
            | R::DeviceLocked
            | R::NoScreenLock
            | R::KeyStoreFull
            | R::KeyStoreFailed
            | R::BluetoothOff
            | R::BluetoothDenied
            | R::BluetoothMissing
            | R::BluetoothFailed => Self::Hardware { failure },
            R::NetworkBlocked
            | R::Intercepted
            | R::TunnelServiceFailed
            | R::ConnectionCut
            | R::TooFarAway
            | R::OtherDeviceLeft
            | R::OtherDeviceIncompatible
            | R::Tampered
            | R::SiteUnreachable => Self::Network { failure },
            R::Busy
            | R::StorageFailed
            | R::StorageDamaged
            | R::StorageNewer
            | R::StorageFull
            | R::Unexpected => Self::Internal { failure },
        }
    }

    pub(super) const fn failure(&self) -> &Failure {
        match self {
            Self::Cancelled { failure }
            | Self::Excluded { failure }
            | Self::NoCredential { failure }
            | Self::NotAllowed { failure }
            | Self::Hardware { failure }
            | Self::Network { failure }
            | Self::Internal { failure } => failure,
        }
    }

    pub(super) fn with_dom_error(mut self, dom_error: DomError) -> Self {
        match &mut self {
            Self::Cancelled { failure }
            | Self::Excluded { failure }
            | Self::NoCredential { failure }
            | Self::NotAllowed { failure }
            | Self::Hardware { failure }
            | Self::Network { failure }
            | Self::Internal { failure } => failure.dom_error = dom_error,
        }
        self
    }
}
