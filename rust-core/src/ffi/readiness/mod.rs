//! Is a phone fit to be signed in with? Kotlin asks the phone; what its answers mean is decided here.

mod finding;
mod obstacle;
mod phone;

use std::{string::String, vec::Vec};

pub use self::{
    finding::{Check, Finding, Fix, PhoneState, Verdict},
    obstacle::Obstacle,
    phone::{
        Biometrics, BluetoothState, CameraAccess, KeyHardware, KeyProtection, PhoneClock,
        PhoneFacts, PlayServices, Power, ProviderState, TunnelReach,
    },
};
use super::configuration::ConfigurationReport;

/// Percent of the battery below which most makers' phones start to save power by themselves.
const LOW_BATTERY: u8 = 20;

/// Seconds that a clock may be wrong: certificates and attestations of the minute are refused beyond it.
const TOLERABLE_CLOCK_ERROR: u64 = 5 * 60;

/// How a phone stands.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{PhoneFacts, Readiness, TunnelReach, Verdict, examine_phone};
///
/// # let (configuration, phone) = (provider()?.configure(&[]), fit_phone());
/// // What takes no time comes first.
/// let at_once = PhoneFacts { tunnel: None, ..phone };
/// let Readiness { verdict, tunnel_to_reach, .. } = examine_phone(&configuration, at_once);
/// assert_eq!((verdict, tunnel_to_reach.as_deref()), (Verdict::Pass, Some("cable.ua5v.com")));
///
/// let tunnel = Some(TunnelReach::Offline);
/// let whole = examine_phone(&configuration, PhoneFacts { tunnel, ..at_once });
/// assert_eq!((whole.verdict, whole.tunnel_to_reach), (Verdict::Fail, None));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Readiness {
    /// The worst of the findings: what the whole phone is to be called.
    pub verdict: Verdict,
    /// What was found, in the order of [`Check`].
    pub findings: Vec<Finding>,
    /// The host name of the tunnel service, if it has yet to be found out whether it can be reached.
    pub tunnel_to_reach: Option<String>,
}

/// Examines a phone under the configuration in force. What the organization has switched off does not count.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{fit_phone, provider};
/// use wardkey_core::ffi::{
///     BluetoothState, ManagedEntry, ManagedValue, PhoneFacts, Verdict, examine_phone,
/// };
///
/// # let (provider, phone) = (provider()?, fit_phone());
/// let off = PhoneFacts { bluetooth: BluetoothState::Off, ..phone };
/// assert_eq!(examine_phone(&provider.configure(&[]), off).verdict, Verdict::Fail);
///
/// // Passkeys are for this phone's own browser and apps alone: nobody has to notice it.
/// let value = ManagedValue::Texts { values: vec!["this_phone".into()] };
/// let own = provider.configure(&[ManagedEntry { key: "routes".into(), value }]);
/// assert_eq!(examine_phone(&own, off).verdict, Verdict::Pass);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[uniffi::export]
pub fn examine_phone(configuration: &ConfigurationReport, phone: PhoneFacts) -> Readiness {
    let findings: Vec<_> = states(configuration, phone).into_iter().map(Finding::from).collect();
    let unknown = configuration.scanner && phone.tunnel.is_none();
    Readiness {
        verdict: findings.iter().map(|found| found.verdict).max().unwrap_or(Verdict::Pass),
        findings,
        tunnel_to_reach: unknown.then(|| configuration.tunnel_domain.clone()),
    }
}

/// In the order of [`Check`].
fn states(configuration: &ConfigurationReport, phone: PhoneFacts) -> Vec<PhoneState> {
    let scanner = configuration.scanner;
    let computers = scanner || configuration.play_services;
    let asked = configuration.this_phone || configuration.play_services;
    let protection = phone.protection;
    [
        Some(screen_lock(protection.screen_lock)),
        Some(biometrics(protection.biometrics, configuration.pin_allowed)),
        Some(hardware(protection.hardware, configuration.strong_box_required)),
        asked.then(|| provider(phone.provider)),
        configuration.play_services.then(|| play_services(phone.play_services)),
        scanner.then(|| camera(phone.camera)),
        computers.then(|| bluetooth(phone.bluetooth)),
        scanner.then(|| nearby(phone.may_advertise)),
        phone.tunnel.filter(|_| scanner).map(tunnel),
        computers.then(|| power(phone.power)),
        Some(clock(phone.clock)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const fn screen_lock(set: bool) -> PhoneState {
    if set { PhoneState::ScreenLockSet } else { PhoneState::ScreenLockMissing }
}

const fn biometrics(biometrics: Biometrics, pin_allowed: bool) -> PhoneState {
    match biometrics {
        Biometrics::Ready => PhoneState::BiometricsReady,
        // Nothing is missing where the PIN will do.
        Biometrics::NoneEnrolled | Biometrics::NoHardware if pin_allowed => {
            PhoneState::BiometricsPin
        }
        Biometrics::NoneEnrolled => PhoneState::BiometricsMissing,
        Biometrics::NoHardware => PhoneState::BiometricsUnusable,
        Biometrics::UpdateRequired => PhoneState::BiometricsUpdate,
        Biometrics::Busy => PhoneState::BiometricsBusy,
    }
}

const fn hardware(hardware: KeyHardware, strong_box_required: bool) -> PhoneState {
    match hardware {
        KeyHardware::StrongBox => PhoneState::StrongBox,
        _ if strong_box_required => PhoneState::HardwareTooWeak,
        KeyHardware::TrustedEnvironment => PhoneState::TrustedEnvironment,
        KeyHardware::Unknown => PhoneState::HardwareUnknown,
    }
}

const fn provider(provider: ProviderState) -> PhoneState {
    match provider {
        ProviderState::Enabled => PhoneState::ProviderEnabled,
        ProviderState::Disabled => PhoneState::ProviderDisabled,
        ProviderState::Unsupported => PhoneState::ProviderUnsupported,
        ProviderState::Unknown => PhoneState::ProviderUnknown,
    }
}

const fn play_services(play_services: PlayServices) -> PhoneState {
    match play_services {
        PlayServices::Present => PhoneState::PlayServicesPresent,
        PlayServices::Disabled => PhoneState::PlayServicesDisabled,
        PlayServices::Missing => PhoneState::PlayServicesMissing,
    }
}

const fn camera(camera: CameraAccess) -> PhoneState {
    match camera {
        CameraAccess::Allowed => PhoneState::CameraAllowed,
        CameraAccess::Denied => PhoneState::CameraDenied,
        CameraAccess::Missing => PhoneState::CameraMissing,
    }
}

const fn bluetooth(bluetooth: BluetoothState) -> PhoneState {
    match bluetooth {
        BluetoothState::On => PhoneState::BluetoothOn,
        BluetoothState::Off => PhoneState::BluetoothOff,
        BluetoothState::NoAdverts => PhoneState::BluetoothNoAdverts,
        BluetoothState::Missing => PhoneState::BluetoothMissing,
    }
}

const fn nearby(may_advertise: bool) -> PhoneState {
    if may_advertise { PhoneState::NearbyAllowed } else { PhoneState::NearbyDenied }
}

const fn tunnel(reach: TunnelReach) -> PhoneState {
    match reach {
        TunnelReach::Reached => PhoneState::TunnelReached,
        TunnelReach::Offline => PhoneState::TunnelOffline,
        TunnelReach::Blocked => PhoneState::TunnelBlocked,
        TunnelReach::Intercepted => PhoneState::TunnelIntercepted,
    }
}

const fn power(power: Power) -> PhoneState {
    match power.percent {
        _ if power.saver => PhoneState::PowerSaver,
        Some(percent) if percent < LOW_BATTERY && !power.charging => PhoneState::PowerLow,
        _ => PhoneState::PowerGood,
    }
}

const fn clock(clock: PhoneClock) -> PhoneState {
    match clock.error {
        Some(error) if error.unsigned_abs() > TOLERABLE_CLOCK_ERROR => PhoneState::ClockWrong,
        _ if clock.automatic => PhoneState::ClockAutomatic,
        _ => PhoneState::ClockByHand,
    }
}
