//! What a phone says of itself when Kotlin asks it.

/// What protects the keys of a phone: all there is to say before a passkey is made or used.
///
/// ```
/// use wardkey_core::ffi::{Biometrics, KeyHardware, KeyProtection};
///
/// let protection = KeyProtection {
///     screen_lock: true,
///     biometrics: Biometrics::Ready,
///     hardware: KeyHardware::StrongBox,
/// };
/// assert!(protection.screen_lock);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct KeyProtection {
    /// Whether there is a screen lock.
    pub screen_lock: bool,
    /// The biometrics that may unlock a key.
    pub biometrics: Biometrics,
    /// The best place for keys.
    pub hardware: KeyHardware,
}

/// Biometrics of class 3, which Android calls strong: the only ones that may unlock a key.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{Biometrics, KeyProtection, PhoneFacts, PhoneState, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let protection = KeyProtection { biometrics: Biometrics::NoneEnrolled, ..phone.protection };
/// let readiness = examine_phone(&configuration, PhoneFacts { protection, ..phone });
/// // The PIN will do, unless the organization says otherwise.
/// assert_eq!(readiness.findings[1].state, PhoneState::BiometricsPin);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Biometrics {
    /// They can be used.
    Ready,
    /// There is a sensor, and nobody has enrolled.
    NoneEnrolled,
    /// There is no such sensor.
    NoHardware,
    /// The sensor may not be used before a security update.
    UpdateRequired,
    /// The sensor cannot be used just now.
    Busy,
}

/// The best place for keys that a phone says it has. What a key's certificate proves, counts more.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{
///     KeyHardware, KeyProtection, ManagedEntry, ManagedValue, PhoneFacts, PhoneState, examine_phone,
/// };
///
/// # let (provider, phone) = (provider()?, fit_phone());
/// let value = ManagedValue::Flag { value: true };
/// let strict = provider.configure(&[ManagedEntry { key: "strongbox_required".into(), value }]);
/// let protection = KeyProtection { hardware: KeyHardware::TrustedEnvironment, ..phone.protection };
/// let readiness = examine_phone(&strict, PhoneFacts { protection, ..phone });
/// assert_eq!(readiness.findings[2].state, PhoneState::HardwareTooWeak);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum KeyHardware {
    /// A separate secure element.
    StrongBox,
    /// The trusted execution environment.
    TrustedEnvironment,
    /// It does not say.
    Unknown,
}

/// Everything that a phone can be asked about itself. It changes whenever its owner opens Settings.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::provider;
/// use wardkey_core::ffi::{
///     Biometrics, BluetoothState, CameraAccess, KeyHardware, KeyProtection, PhoneClock, PhoneFacts,
///     PlayServices, Power, ProviderState, TunnelReach, Verdict, examine_phone,
/// };
///
/// let phone = PhoneFacts {
///     protection: KeyProtection {
///         screen_lock: true,
///         biometrics: Biometrics::Ready,
///         hardware: KeyHardware::StrongBox,
///     },
///     provider: ProviderState::Enabled,
///     play_services: PlayServices::Present,
///     camera: CameraAccess::Allowed,
///     bluetooth: BluetoothState::On,
///     may_advertise: true,
///     power: Power { saver: false, percent: Some(80), charging: false },
///     clock: PhoneClock { automatic: true, error: Some(0) },
///     tunnel: Some(TunnelReach::Reached),
/// };
/// # let configuration = provider()?.configure(&[]);
/// assert_eq!(examine_phone(&configuration, phone).verdict, Verdict::Pass);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PhoneFacts {
    /// What protects its keys.
    pub protection: KeyProtection,
    /// Whether Android asks this app for passkeys.
    pub provider: ProviderState,
    /// Google Play services.
    pub play_services: PlayServices,
    /// The camera, for this app.
    pub camera: CameraAccess,
    /// Bluetooth.
    pub bluetooth: BluetoothState,
    /// Whether this app may send adverts.
    pub may_advertise: bool,
    /// Its battery.
    pub power: Power,
    /// Its clock.
    pub clock: PhoneClock,
    /// Whether the tunnel service can be reached; `None` while nobody has tried, which takes a while.
    #[uniffi(default = None)]
    pub tunnel: Option<TunnelReach>,
}

/// Whether Android asks this app for passkeys.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{Fix, PhoneFacts, ProviderState, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let disabled = PhoneFacts { provider: ProviderState::Disabled, ..phone };
/// let readiness = examine_phone(&configuration, disabled);
/// assert!(readiness.findings.iter().any(|finding| finding.fix == Some(Fix::Provider)));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ProviderState {
    /// It does.
    Enabled,
    /// Its owner has not chosen it.
    Disabled,
    /// This Android asks nobody.
    Unsupported,
    /// Android fails to say.
    Unknown,
}

/// Google Play services, which scan a computer's code with the phone's camera and ask for the passkey.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{PhoneFacts, PlayServices, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// // This app has a scanner of its own.
/// let without = PhoneFacts { play_services: PlayServices::Missing, ..phone };
/// assert_eq!(examine_phone(&configuration, without).verdict, Verdict::Warn);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PlayServices {
    /// They can be used.
    Present,
    /// Somebody switched them off.
    Disabled,
    /// There are none.
    Missing,
}

/// The camera, for this app's scanner.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{CameraAccess, PhoneFacts, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// // Google Play services have a camera permission of their own.
/// let denied = PhoneFacts { camera: CameraAccess::Denied, ..phone };
/// assert_eq!(examine_phone(&configuration, denied).verdict, Verdict::Warn);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CameraAccess {
    /// This app may use it.
    Allowed,
    /// It may not.
    Denied,
    /// There is none.
    Missing,
}

/// Bluetooth, as far as adverts need it.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{BluetoothState, PhoneFacts, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// for useless in [BluetoothState::Off, BluetoothState::NoAdverts, BluetoothState::Missing] {
///     let facts = PhoneFacts { bluetooth: useless, ..phone };
///     assert_eq!(examine_phone(&configuration, facts).verdict, Verdict::Fail);
/// }
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum BluetoothState {
    /// It is on, and can send adverts.
    On,
    /// It is off.
    Off,
    /// It cannot send adverts.
    NoAdverts,
    /// There is none.
    Missing,
}

/// The battery.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{PhoneFacts, Power, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let verdict = |power| examine_phone(&configuration, PhoneFacts { power, ..phone }).verdict;
/// let low = Power { saver: false, percent: Some(19), charging: false };
/// assert_eq!(verdict(low), Verdict::Warn);
/// assert_eq!(verdict(Power { charging: true, ..low }), Verdict::Pass);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Power {
    /// Whether Android saves power already.
    pub saver: bool,
    /// Percent left, if the phone says.
    pub percent: Option<u8>,
    /// Whether it is being charged.
    pub charging: bool,
}

/// The clock.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{PhoneClock, PhoneFacts, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let verdict = |clock| examine_phone(&configuration, PhoneFacts { clock, ..phone }).verdict;
/// assert_eq!(verdict(PhoneClock { automatic: true, error: Some(-3600) }), Verdict::Fail);
/// assert_eq!(verdict(PhoneClock { automatic: false, error: None }), Verdict::Warn);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PhoneClock {
    /// Whether Android sets it.
    pub automatic: bool,
    /// Seconds between it and the network's time; `None` while that is unknown.
    pub error: Option<i64>,
}

/// What came of trying to reach the tunnel service.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{PhoneFacts, PhoneState, TunnelReach, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// let tunnel = Some(TunnelReach::Intercepted);
/// let readiness = examine_phone(&configuration, PhoneFacts { tunnel, ..phone });
/// let intercepted = |state| state == PhoneState::TunnelIntercepted;
/// assert!(readiness.findings.iter().any(|finding| intercepted(finding.state)));
/// assert_eq!(readiness.verdict, Verdict::Fail);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TunnelReach {
    /// It answers, under a certificate that the phone trusts.
    Reached,
    /// The phone has no network.
    Offline,
    /// It does not answer, though there is a network.
    Blocked,
    /// Somebody else answers in its place.
    Intercepted,
}
