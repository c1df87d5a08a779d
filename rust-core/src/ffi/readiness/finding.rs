//! What is found when a phone is examined: what was looked at, how it stands, and what that means.

/// One thing that was looked at.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{
///     BluetoothState, Check, Finding, Fix, PhoneFacts, PhoneState, Verdict, examine_phone,
/// };
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let off = PhoneFacts { bluetooth: BluetoothState::Off, ..phone };
/// let findings = examine_phone(&configuration, off).findings;
/// assert!(findings.contains(&Finding {
///     check: Check::Bluetooth,
///     state: PhoneState::BluetoothOff,
///     verdict: Verdict::Fail,
///     fix: Some(Fix::Bluetooth),
/// }));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it stands.
    pub state: PhoneState,
    /// How much that matters.
    pub verdict: Verdict,
    /// Where its owner can do something about it.
    pub fix: Option<Fix>,
}

/// What is looked at, in this order.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{Check, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let findings = examine_phone(&configuration, phone).findings;
/// assert!(findings.is_sorted_by_key(|finding| finding.check));
/// assert_eq!(findings[0].check, Check::ScreenLock);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum Check {
    /// The screen lock.
    ScreenLock,
    /// Fingerprint or face.
    Biometrics,
    /// The place for keys.
    Hardware,
    /// Whether Android asks this app for passkeys.
    Provider,
    /// Google Play services.
    PlayServices,
    /// The camera.
    Camera,
    /// Bluetooth.
    Bluetooth,
    /// The permission to send adverts.
    Nearby,
    /// The tunnel service.
    Tunnel,
    /// The battery.
    Power,
    /// The clock.
    Clock,
}

/// How much a finding matters, from nothing to do to nothing will work.
///
/// ```
/// use wardkey_core::ffi::Verdict;
///
/// // The worst names the phone.
/// assert_eq!([Verdict::Warn, Verdict::Fail, Verdict::Pass].into_iter().max(), Some(Verdict::Fail));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum Verdict {
    /// All is well.
    Pass,
    /// It works, with limits.
    Warn,
    /// It does not work.
    Fail,
}

/// Where the owner of a phone can put something right.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{Fix, KeyProtection, PhoneFacts, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let protection = KeyProtection { screen_lock: false, ..phone.protection };
/// let findings = examine_phone(&configuration, PhoneFacts { protection, ..phone }).findings;
/// assert_eq!(findings[0].fix, Some(Fix::ScreenLock));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Fix {
    /// Where a screen lock is chosen.
    ScreenLock,
    /// Where fingers and faces are enrolled.
    Biometrics,
    /// Where the apps are chosen that Android asks for passkeys.
    Provider,
    /// The page of Google Play services.
    PlayServices,
    /// This app's permissions.
    Permissions,
    /// The switch for Bluetooth.
    Bluetooth,
    /// The networks.
    Network,
    /// The switch for the battery saver.
    BatterySaver,
    /// Date and time.
    Clock,
    /// Updates of Android.
    Update,
}

/// Every state that is told, each for one [`Check`].
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{PhoneState, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let findings = examine_phone(&configuration, phone).findings;
/// let states: Vec<_> = findings[..3].iter().map(|finding| finding.state).collect();
/// assert_eq!(
///     states,
///     [PhoneState::ScreenLockSet, PhoneState::BiometricsReady, PhoneState::StrongBox]
/// );
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PhoneState {
    /// There is a screen lock.
    ScreenLockSet,
    /// There is none.
    ScreenLockMissing,
    /// Finger or face can be used.
    BiometricsReady,
    /// They cannot, and the PIN will do.
    BiometricsPin,
    /// Nobody has enrolled, and the PIN will not do.
    BiometricsMissing,
    /// There is no strong sensor, and the PIN will not do.
    BiometricsUnusable,
    /// The sensor needs a security update.
    BiometricsUpdate,
    /// The sensor cannot be used just now.
    BiometricsBusy,
    /// Keys live in a separate secure element.
    StrongBox,
    /// Keys live in the trusted environment.
    TrustedEnvironment,
    /// There is no secure element, which the organization requires.
    HardwareTooWeak,
    /// The phone does not say where keys live.
    HardwareUnknown,
    /// Android asks this app.
    ProviderEnabled,
    /// It does not yet.
    ProviderDisabled,
    /// It never will.
    ProviderUnsupported,
    /// It fails to say.
    ProviderUnknown,
    /// Google Play services can be used.
    PlayServicesPresent,
    /// They are switched off.
    PlayServicesDisabled,
    /// There are none.
    PlayServicesMissing,
    /// The camera may be used.
    CameraAllowed,
    /// It may not.
    CameraDenied,
    /// There is none.
    CameraMissing,
    /// Bluetooth is on.
    BluetoothOn,
    /// It is off.
    BluetoothOff,
    /// It cannot send adverts.
    BluetoothNoAdverts,
    /// There is none.
    BluetoothMissing,
    /// Adverts may be sent.
    NearbyAllowed,
    /// They may not.
    NearbyDenied,
    /// The tunnel service answers.
    TunnelReached,
    /// There is no network.
    TunnelOffline,
    /// The network blocks it.
    TunnelBlocked,
    /// Somebody else answers in its place.
    TunnelIntercepted,
    /// There is power enough.
    PowerGood,
    /// Little is left.
    PowerLow,
    /// Android saves it.
    PowerSaver,
    /// Android sets the clock.
    ClockAutomatic,
    /// Its owner does.
    ClockByHand,
    /// It is wrong.
    ClockWrong,
}

impl From<PhoneState> for Finding {
    fn from(state: PhoneState) -> Self {
        use Fix as F;
        use PhoneState as S;
        use Verdict::{Fail, Pass, Warn};
        let (check, verdict, fix) = match state {
            S::ScreenLockSet => (Check::ScreenLock, Pass, None),
            S::ScreenLockMissing => (Check::ScreenLock, Fail, Some(F::ScreenLock)),

            S::BiometricsReady => (Check::Biometrics, Pass, None),
            S::BiometricsPin => (Check::Biometrics, Warn, Some(F::Biometrics)),
            S::BiometricsMissing => (Check::Biometrics, Fail, Some(F::Biometrics)),
            S::BiometricsUnusable => (Check::Biometrics, Fail, None),
            S::BiometricsUpdate => (Check::Biometrics, Fail, Some(F::Update)),
            S::BiometricsBusy => (Check::Biometrics, Warn, None),

            S::StrongBox | S::TrustedEnvironment => (Check::Hardware, Pass, None),
            S::HardwareTooWeak => (Check::Hardware, Fail, None),
            S::HardwareUnknown => (Check::Hardware, Warn, None),

            S::ProviderEnabled => (Check::Provider, Pass, None),
            S::ProviderDisabled => (Check::Provider, Fail, Some(F::Provider)),
            S::ProviderUnsupported => (Check::Provider, Warn, None),
            S::ProviderUnknown => (Check::Provider, Warn, Some(F::Provider)),

            S::PlayServicesPresent => (Check::PlayServices, Pass, None),
            S::PlayServicesDisabled => (Check::PlayServices, Warn, Some(F::PlayServices)),
            S::PlayServicesMissing => (Check::PlayServices, Warn, None),

            S::CameraAllowed => (Check::Camera, Pass, None),
            S::CameraDenied => (Check::Camera, Warn, Some(F::Permissions)),
            S::CameraMissing => (Check::Camera, Warn, None),

            S::BluetoothOn => (Check::Bluetooth, Pass, None),
            S::BluetoothOff => (Check::Bluetooth, Fail, Some(F::Bluetooth)),
            S::BluetoothNoAdverts | S::BluetoothMissing => (Check::Bluetooth, Fail, None),

            S::NearbyAllowed => (Check::Nearby, Pass, None),
            S::NearbyDenied => (Check::Nearby, Warn, Some(F::Permissions)),

            S::TunnelReached => (Check::Tunnel, Pass, None),
            S::TunnelOffline | S::TunnelBlocked | S::TunnelIntercepted => {
                (Check::Tunnel, Fail, Some(F::Network))
            }

            S::PowerGood => (Check::Power, Pass, None),
            S::PowerLow => (Check::Power, Warn, None),
            S::PowerSaver => (Check::Power, Warn, Some(F::BatterySaver)),

            S::ClockAutomatic => (Check::Clock, Pass, None),
            S::ClockByHand => (Check::Clock, Warn, Some(F::Clock)),
            S::ClockWrong => (Check::Clock, Fail, Some(F::Clock)),
        };
        Self { check, state, verdict, fix }
    }
}
