//! How an operation fails, in terms that Kotlin treats differently.

use std::{fmt, string::String};

use thiserror::Error;

use super::{readiness::Fix, reason::Reason};

/// The exception Kotlin sees. Each variant is one it treats differently.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{PasskeyError, Reason};
///
/// # let phone = provider()?;
/// // What was scanned is a web address, and then a code that the camera saw half of.
/// for (scanned, reason) in
///     [("https://example.org", Reason::NotACode), (&CODE[..60], Reason::DamagedCode)]
/// {
///     match phone.scan(scanned, 0) {
///         Err(PasskeyError::NotAllowed { failure }) => assert_eq!(failure.reason, reason),
///         Err(other) => panic!("{other}"),
///         Ok(_) => panic!("it is no code of a sign-in"),
///     }
/// }
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum PasskeyError {
    /// The person called it off, or let it pass.
    #[error("{failure}")]
    Cancelled {
        /// What happened.
        failure: Failure,
    },
    /// It was called off, and not by the person: to ask again may help.
    #[error("{failure}")]
    Interrupted {
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

/// What happened, where, and what a web page may learn of it.
///
/// ```
/// use wardkey_core::ffi::{DomError, Failure, Fix, PasskeyError, Reason, Step};
///
/// let failure = Failure {
///     step: Step::Nearby,
///     reason: Reason::BluetoothOff,
///     detail: "Bluetooth is off. Switch it on and scan again".into(),
///     dom_error: DomError::NotAllowed,
///     for_caller: None,
///     silent: false,
///     fix: Some(Fix::Bluetooth),
/// };
/// let error = PasskeyError::Hardware { failure };
/// assert_eq!(
///     error.to_string(),
///     "BluetoothOff at Nearby: Bluetooth is off. Switch it on and scan again"
/// );
/// ```
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
    /// What that page or application may be told besides. What was wrong with the request or its caller
    /// helps those who wrote it; the rest, such as what the hardware lacks, is between a phone and its owner.
    #[uniffi(default = None)]
    pub for_caller: Option<String>,
    /// Whether there is nothing left to tell the person: they did it themselves, were told while it lasted,
    /// or never asked for anything.
    #[uniffi(default = false)]
    pub silent: bool,
    /// Where the person can do something about it, if that is in Android's settings.
    #[uniffi(default = None)]
    pub fix: Option<Fix>,
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

/// Where a person stands in an operation.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, Step};
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// let shown = |now, event| {
///     let orders = phone.step(now, event).orders.into_iter();
///     let step = |order| if let HybridOrder::Show { step } = order { Some(step) } else { None };
///     orders.filter_map(step).collect::<Vec<_>>()
/// };
/// assert_eq!(shown(0, HybridEvent::Started), [Step::Tunnel]);
/// let opened = HybridEvent::TunnelOpened { routing_id: Some("c49c24".into()) };
/// assert_eq!(shown(40, opened), [Step::Nearby]);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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

/// The exception of WebAuthn that the caller sees: part of each [`Failure`].
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CREATION, Keystore, Screens, browser, provider, run, wanted};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{DomError, PasskeyError};
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// // The site takes RSA alone, which this phone does not make.
/// let options = CREATION.replace(r#""alg": -7"#, r#""alg": -257"#);
/// let made = run(phone.create(wanted(options), browser(), keys, screens));
/// let Err(PasskeyError::NotAllowed { failure }) = made else { panic!("there is no such key") };
/// assert_eq!(failure.dom_error, DomError::NotSupported);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
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
    /// `UnknownError`.
    Unknown,
}

impl PasskeyError {
    pub(super) fn new(step: Step, reason: Reason, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let to_its_author = matches!(step, Step::Caller | Step::Request);
        Self::of(Failure {
            step,
            reason,
            for_caller: to_its_author.then(|| detail.clone()),
            detail,
            dom_error: DomError::NotAllowed,
            silent: is_known(reason),
            fix: fix(reason),
        })
    }

    /// A request that nobody made: refused without a word to the person.
    pub(super) fn unasked(detail: &str) -> Self {
        let mut error = Self::new(Step::Request, Reason::InvalidRequest, detail);
        error.failure_mut().silent = true;
        error
    }

    /// A request whose answer nobody waits for any more.
    pub(super) fn too_late(detail: &str) -> Self {
        let failure = Self::new(Step::Request, Reason::TimedOut, detail).failure().clone();
        Self::Interrupted { failure: Failure { silent: false, ..failure } }
    }

    /// Chooses the variant.
    fn of(failure: Failure) -> Self {
        use Reason as R;
        match failure.reason {
            R::Declined | R::TimedOut => Self::Cancelled { failure },
            R::Cancelled => Self::Interrupted { failure },
            R::AlreadyRegistered => Self::Excluded { failure },
            R::NoPasskey | R::KeyInvalidated => Self::NoCredential { failure },
            R::InvalidRequest
            | R::UntrustedCaller
            | R::SiteNotAllowed
            | R::RouteNotAllowed
            | R::WeakHardware
            | R::NotACode
            | R::DamagedCode
            | R::DigitalCredential
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
            | Self::Interrupted { failure }
            | Self::Excluded { failure }
            | Self::NoCredential { failure }
            | Self::NotAllowed { failure }
            | Self::Hardware { failure }
            | Self::Network { failure }
            | Self::Internal { failure } => failure,
        }
    }

    const fn failure_mut(&mut self) -> &mut Failure {
        match self {
            Self::Cancelled { failure }
            | Self::Interrupted { failure }
            | Self::Excluded { failure }
            | Self::NoCredential { failure }
            | Self::NotAllowed { failure }
            | Self::Hardware { failure }
            | Self::Network { failure }
            | Self::Internal { failure } => failure,
        }
    }

    pub(super) fn with_dom_error(mut self, dom_error: DomError) -> Self {
        self.failure_mut().dom_error = dom_error;
        self
    }
}

/// What the person did themselves, or was told before it was given up, is not said again.
const fn is_known(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Declined
            | Reason::Cancelled
            | Reason::TimedOut
            | Reason::AlreadyRegistered
            | Reason::NoPasskey
            | Reason::KeyInvalidated
    )
}

const fn fix(reason: Reason) -> Option<Fix> {
    match reason {
        Reason::BluetoothOff | Reason::BluetoothFailed => Some(Fix::Bluetooth),
        Reason::BluetoothDenied => Some(Fix::Permissions),
        Reason::NoScreenLock => Some(Fix::ScreenLock),
        Reason::NetworkBlocked | Reason::Intercepted => Some(Fix::Network),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fix, PasskeyError, Reason, Step};

    fn failure(step: Step, reason: Reason) -> super::Failure {
        PasskeyError::new(step, reason, "in detail").failure().clone()
    }

    #[test]
    fn what_the_person_did_or_was_told_is_not_said_again() {
        let known = [
            Reason::Declined,
            Reason::Cancelled,
            Reason::TimedOut,
            Reason::AlreadyRegistered,
            Reason::NoPasskey,
            Reason::KeyInvalidated,
        ];
        let unknown = [Reason::LockedOut, Reason::InvalidRequest, Reason::Busy, Reason::Unexpected];
        assert!(known.into_iter().all(|reason| failure(Step::User, reason).silent));
        assert!(unknown.into_iter().all(|reason| !failure(Step::User, reason).silent));
    }

    #[test]
    fn whoever_asked_is_told_what_was_wrong_with_the_request_alone() {
        for step in [Step::Caller, Step::Request] {
            let told = failure(step, Reason::InvalidRequest).for_caller;
            assert_eq!(told.as_deref(), Some("in detail"));
        }
        for step in [Step::User, Step::Key, Step::Storage, Step::Tunnel, Step::Answer] {
            assert_eq!(failure(step, Reason::KeyStoreFailed).for_caller, None);
        }
    }

    #[test]
    fn what_settings_can_put_right_leads_there() {
        let fixes = [
            (Reason::BluetoothOff, Some(Fix::Bluetooth)),
            (Reason::BluetoothFailed, Some(Fix::Bluetooth)),
            (Reason::BluetoothDenied, Some(Fix::Permissions)),
            (Reason::NoScreenLock, Some(Fix::ScreenLock)),
            (Reason::NetworkBlocked, Some(Fix::Network)),
            (Reason::Intercepted, Some(Fix::Network)),
            (Reason::TooFarAway, None),
            (Reason::Declined, None),
        ];
        for (reason, fix) in fixes {
            assert_eq!(failure(Step::Key, reason).fix, fix, "{reason:?}");
        }
    }
}
