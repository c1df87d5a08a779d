//! What a phone says of itself, and what is made of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code, reason = "other tests use the rest")]
mod kotlin;

use std::{collections::HashSet, sync::Arc};

use kotlin::{
    Keystore, NoNetwork, REQUEST, Screens, browser, browsers, creation, fit_phone, provider,
    request, run, wanted,
};
use proptest::prelude::*;
use wardkey_core::ffi::{
    BeginCreate, BeginGet, Biometrics, BluetoothState, CameraAccess, Check, Choice,
    ConfigurationReport, CreateRequest, CredentialStorage, Finding, Fix, GetRequest, KeyHardware,
    KeyProtection, ManagedEntry, ManagedValue, Message, Obstacle, PasskeyError, PasskeyProvider,
    PhoneClock, PhoneFacts, PhoneState, PlayServices, Power, ProviderState, Reason, SelectorLine,
    Step, StorageFailure, TunnelReach, Use, UserFailure, UserInterface, Verdict, examine_phone,
};

const STRICT: [(&str, bool); 2] = [("strongbox_required", true), ("pin_fallback_allowed", false)];

fn flags(flags: &[(&str, bool)]) -> Vec<ManagedEntry> {
    let entry = |(key, value): &(&str, bool)| ManagedEntry {
        key: (*key).into(),
        value: ManagedValue::Flag { value: *value },
    };
    flags.iter().map(entry).collect()
}

fn unmanaged() -> ConfigurationReport {
    provider().unwrap().configure(&[])
}

fn strict() -> ConfigurationReport {
    provider().unwrap().configure(&flags(&STRICT))
}

fn routes(routes: &[&str]) -> ConfigurationReport {
    let values = routes.iter().map(ToString::to_string).collect();
    let value = ManagedValue::Texts { values };
    provider().unwrap().configure(&[ManagedEntry { key: "routes".into(), value }])
}

fn with(change: impl FnOnce(&mut PhoneFacts)) -> PhoneFacts {
    let mut facts = fit_phone();
    change(&mut facts);
    facts
}

fn found(configuration: &ConfigurationReport, facts: PhoneFacts) -> Vec<Finding> {
    examine_phone(configuration, facts).findings
}

fn state(configuration: &ConfigurationReport, facts: PhoneFacts, check: Check) -> PhoneState {
    let findings = found(configuration, facts);
    findings.into_iter().find(|finding| finding.check == check).unwrap().state
}

const CHECKS: [Check; 11] = [
    Check::ScreenLock,
    Check::Biometrics,
    Check::Hardware,
    Check::Provider,
    Check::PlayServices,
    Check::Camera,
    Check::Bluetooth,
    Check::Nearby,
    Check::Tunnel,
    Check::Power,
    Check::Clock,
];

fn checks_without(absent: &[Check]) -> Vec<Check> {
    CHECKS.into_iter().filter(|check| !absent.contains(check)).collect()
}

fn checks(configuration: &ConfigurationReport) -> Vec<Check> {
    found(configuration, fit_phone()).into_iter().map(|finding| finding.check).collect()
}

/// Each state, what the phone says then, and whether under the strict configuration.
fn every_state() -> Vec<(PhoneState, bool, PhoneFacts)> {
    use PhoneState as S;
    let biometrics = |biometrics| with(|phone| phone.protection.biometrics = biometrics);
    let hardware = |hardware| with(|phone| phone.protection.hardware = hardware);
    let provider = |provider| with(|phone| phone.provider = provider);
    let play_services = |services| with(|phone| phone.play_services = services);
    let camera = |camera| with(|phone| phone.camera = camera);
    let bluetooth = |bluetooth| with(|phone| phone.bluetooth = bluetooth);
    let tunnel = |reach| with(|phone| phone.tunnel = Some(reach));
    let fit = fit_phone();
    vec![
        (S::ScreenLockSet, false, fit),
        (S::ScreenLockMissing, false, with(|phone| phone.protection.screen_lock = false)),
        (S::BiometricsReady, true, fit),
        (S::BiometricsPin, false, biometrics(Biometrics::NoneEnrolled)),
        (S::BiometricsPin, false, biometrics(Biometrics::NoHardware)),
        (S::BiometricsMissing, true, biometrics(Biometrics::NoneEnrolled)),
        (S::BiometricsUnusable, true, biometrics(Biometrics::NoHardware)),
        (S::BiometricsUpdate, false, biometrics(Biometrics::UpdateRequired)),
        (S::BiometricsUpdate, true, biometrics(Biometrics::UpdateRequired)),
        (S::BiometricsBusy, false, biometrics(Biometrics::Busy)),
        (S::BiometricsBusy, true, biometrics(Biometrics::Busy)),
        (S::StrongBox, true, fit),
        (S::TrustedEnvironment, false, hardware(KeyHardware::TrustedEnvironment)),
        (S::HardwareTooWeak, true, hardware(KeyHardware::TrustedEnvironment)),
        (S::HardwareTooWeak, true, hardware(KeyHardware::Unknown)),
        (S::HardwareUnknown, false, hardware(KeyHardware::Unknown)),
        (S::ProviderEnabled, false, fit),
        (S::ProviderDisabled, false, provider(ProviderState::Disabled)),
        (S::ProviderUnsupported, false, provider(ProviderState::Unsupported)),
        (S::ProviderUnknown, false, provider(ProviderState::Unknown)),
        (S::PlayServicesPresent, false, fit),
        (S::PlayServicesDisabled, false, play_services(PlayServices::Disabled)),
        (S::PlayServicesMissing, false, play_services(PlayServices::Missing)),
        (S::CameraAllowed, false, fit),
        (S::CameraDenied, false, camera(CameraAccess::Denied)),
        (S::CameraMissing, false, camera(CameraAccess::Missing)),
        (S::BluetoothOn, false, fit),
        (S::BluetoothOff, false, bluetooth(BluetoothState::Off)),
        (S::BluetoothNoAdverts, false, bluetooth(BluetoothState::NoAdverts)),
        (S::BluetoothMissing, false, bluetooth(BluetoothState::Missing)),
        (S::NearbyAllowed, false, fit),
        (S::NearbyDenied, false, with(|phone| phone.may_advertise = false)),
        (S::TunnelReached, false, fit),
        (S::TunnelOffline, false, tunnel(TunnelReach::Offline)),
        (S::TunnelBlocked, false, tunnel(TunnelReach::Blocked)),
        (S::TunnelIntercepted, false, tunnel(TunnelReach::Intercepted)),
        (S::PowerGood, false, fit),
        (S::PowerLow, false, with(|phone| phone.power.percent = Some(5))),
        (S::PowerSaver, false, with(|phone| phone.power.saver = true)),
        (S::ClockAutomatic, false, fit),
        (S::ClockByHand, false, with(|phone| phone.clock.automatic = false)),
        (S::ClockWrong, false, with(|phone| phone.clock.error = Some(3600))),
    ]
}

#[test]
fn a_phone_in_order_passes_every_check_in_order() {
    for configuration in [unmanaged(), strict()] {
        let readiness = examine_phone(&configuration, fit_phone());
        assert_eq!(checks(&configuration), CHECKS);
        assert!(readiness.findings.iter().all(|finding| finding.verdict == Verdict::Pass));
        assert_eq!((readiness.verdict, readiness.tunnel_to_reach), (Verdict::Pass, None));
    }
}

#[test]
fn every_state_is_found_and_no_other_with_it() {
    let mut reached = Vec::new();
    for (expected, is_strict, facts) in every_state() {
        let configuration = if is_strict { strict() } else { unmanaged() };
        let findings = found(&configuration, facts);
        assert!(findings.iter().any(|finding| finding.state == expected), "{expected:?}");
        let well = found(&configuration, fit_phone());
        let others = findings.iter().filter(|finding| !well.contains(finding));
        assert!(others.into_iter().all(|finding| finding.state == expected), "{expected:?}");
        if !reached.contains(&expected) {
            reached.push(expected);
        }
    }
    // As many as the words that Kotlin has for them, which its own tests count.
    assert_eq!(reached.len(), 38);
}

#[test]
fn whatever_must_be_fixed_can_be_fixed_or_needs_another_phone() {
    let hopeless = [
        PhoneState::BiometricsUnusable,
        PhoneState::HardwareTooWeak,
        PhoneState::BluetoothNoAdverts,
        PhoneState::BluetoothMissing,
    ];
    for (state, ..) in every_state() {
        let finding = Finding::from(state);
        match finding.verdict {
            Verdict::Pass => assert_eq!(finding.fix, None, "{state:?}"),
            Verdict::Fail => {
                assert_eq!(finding.fix.is_none(), hopeless.contains(&state), "{state:?}");
            }
            Verdict::Warn => (),
        }
    }
}

#[test]
fn each_fix_leads_somewhere_of_its_own() {
    let fixes: Vec<Fix> =
        every_state().into_iter().filter_map(|(state, ..)| Finding::from(state).fix).collect();
    let distinct: HashSet<String> = fixes.iter().map(|fix| format!("{fix:?}")).collect();
    assert_eq!(distinct.len(), 10);
}

#[test]
fn the_worst_finding_names_the_phone() {
    let verdict = |facts| examine_phone(&unmanaged(), facts).verdict;
    assert_eq!(verdict(with(|phone| phone.camera = CameraAccess::Denied)), Verdict::Warn);
    let worse = with(|phone| {
        phone.camera = CameraAccess::Denied;
        phone.bluetooth = BluetoothState::Off;
    });
    assert_eq!(verdict(worse), Verdict::Fail);
}

#[test]
fn twenty_percent_is_enough_and_so_is_a_charger() {
    let power = |saver, percent, charging| {
        let facts = with(|phone| phone.power = Power { saver, percent, charging });
        state(&unmanaged(), facts, Check::Power)
    };
    assert_eq!(power(false, Some(20), false), PhoneState::PowerGood);
    assert_eq!(power(false, Some(19), false), PhoneState::PowerLow);
    assert_eq!(power(false, Some(1), true), PhoneState::PowerGood);
    assert_eq!(power(false, None, false), PhoneState::PowerGood);
    assert_eq!(power(true, Some(100), true), PhoneState::PowerSaver);
}

#[test]
fn a_clock_may_be_five_minutes_off_either_way() {
    let clock = |automatic, error| {
        let facts = with(|phone| phone.clock = PhoneClock { automatic, error });
        state(&unmanaged(), facts, Check::Clock)
    };
    for sign in [1, -1] {
        assert_eq!(clock(true, Some(300 * sign)), PhoneState::ClockAutomatic);
        assert_eq!(clock(true, Some(301 * sign)), PhoneState::ClockWrong);
        assert_eq!(clock(false, Some(86_400 * sign)), PhoneState::ClockWrong);
    }
    assert_eq!(clock(true, Some(i64::MIN)), PhoneState::ClockWrong);
    assert_eq!(clock(false, Some(0)), PhoneState::ClockByHand);
}

#[test]
fn what_the_organization_has_switched_off_does_not_count() {
    let own = routes(&["this_phone"]);
    let computers = [
        Check::PlayServices,
        Check::Camera,
        Check::Bluetooth,
        Check::Nearby,
        Check::Tunnel,
        Check::Power,
    ];
    assert_eq!(checks(&own), checks_without(&computers));
    assert_eq!(examine_phone(&own, with(|phone| phone.tunnel = None)).tunnel_to_reach, None);

    let scanner = routes(&["scanner"]);
    assert_eq!(checks(&scanner), checks_without(&[Check::Provider, Check::PlayServices]));

    let play_services = routes(&["play_services"]);
    let scanner_only = [Check::Camera, Check::Nearby, Check::Tunnel];
    assert_eq!(checks(&play_services), checks_without(&scanner_only));
}

#[test]
fn the_tunnel_service_in_force_is_to_be_reached() {
    let domain = ManagedValue::Text { value: "cable.auth.com".into() };
    let entry = ManagedEntry { key: "tunnel_domain".into(), value: domain };
    let configuration = provider().unwrap().configure(&[entry]);
    let readiness = examine_phone(&configuration, with(|phone| phone.tunnel = None));
    assert_eq!(readiness.tunnel_to_reach.as_deref(), Some("cable.auth.com"));
    assert!(readiness.findings.iter().all(|finding| finding.check != Check::Tunnel));
}

fn create_obstacle(provider: &PasskeyProvider, protection: KeyProtection) -> Option<Obstacle> {
    match run(provider.begin_create(creation(), None, protection)).unwrap() {
        BeginCreate::Offer { .. } => None,
        BeginCreate::Obstacle { obstacle } => Some(obstacle),
    }
}

fn get_obstacle(provider: &PasskeyProvider, protection: KeyProtection) -> Option<Obstacle> {
    match run(provider.begin_get(REQUEST.into(), None, None, protection)).unwrap() {
        BeginGet::Passkeys { passkeys } => {
            assert_eq!(passkeys.len(), 1);
            None
        }
        BeginGet::Obstacle { obstacle } => Some(obstacle),
    }
}

/// Every protection there is, against what stands in the way under each configuration.
#[test]
fn what_stands_in_the_way_of_a_passkey() {
    let provider = provider().unwrap();
    run(provider.create(creation(), browser(), Keystore::new(), Arc::new(Screens::default())))
        .unwrap();
    for pin_allowed in [true, false] {
        for strong_box_required in [true, false] {
            provider.configure(&flags(&[
                ("pin_fallback_allowed", pin_allowed),
                ("strongbox_required", strong_box_required),
            ]));
            for (protection, usable) in protections() {
                let get = match (protection.screen_lock, usable || pin_allowed) {
                    (false, _) => Some(Obstacle::NoScreenLock),
                    (true, false) => Some(Obstacle::NoBiometrics),
                    (true, true) => None,
                };
                assert_eq!(get_obstacle(&provider, protection), get, "{protection:?}");
                let weak = strong_box_required && protection.hardware != KeyHardware::StrongBox;
                let create = get.or(weak.then_some(Obstacle::NoSecureElement));
                assert_eq!(create_obstacle(&provider, protection), create, "{protection:?}");
            }
        }
    }
}

/// With whether their biometrics may come to be used by the time of the prompt.
fn protections() -> Vec<(KeyProtection, bool)> {
    let mut all = vec![];
    for screen_lock in [true, false] {
        for (biometrics, usable) in [
            (Biometrics::Ready, true),
            (Biometrics::NoneEnrolled, false),
            (Biometrics::NoHardware, false),
            (Biometrics::UpdateRequired, false),
            (Biometrics::Busy, true),
        ] {
            for hardware in
                [KeyHardware::StrongBox, KeyHardware::TrustedEnvironment, KeyHardware::Unknown]
            {
                all.push((KeyProtection { screen_lock, biometrics, hardware }, usable));
            }
        }
    }
    all
}

struct Broken(Vec<u8>);

#[async_trait::async_trait]
impl CredentialStorage for Broken {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure> {
        match &self.0[..] {
            [] => Err(StorageFailure::Failed { detail: "no such disk".into() }),
            snapshot => Ok(Some(snapshot.into())),
        }
    }

    async fn replace(&self, _: Vec<u8>) -> Result<(), StorageFailure> {
        Err(StorageFailure::Failed { detail: "no such disk".into() })
    }
}

#[test]
fn passkeys_that_cannot_be_read_stand_in_the_way_and_a_refused_caller_does_not_hear_of_them() {
    let protection = fit_phone().protection;
    for storage in [vec![], vec![0xff; 40]] {
        let storage = Arc::new(Broken(storage));
        let provider =
            PasskeyProvider::new(storage, Arc::new(NoNetwork), &browsers(), false).unwrap();
        assert_eq!(create_obstacle(&provider, protection), Some(Obstacle::Storage));
        assert_eq!(get_obstacle(&provider, protection), Some(Obstacle::Storage));
        assert!(run(provider.begin_create(wanted("{}"), None, protection)).is_err());
        let others = ManagedValue::Text { value: "example.com".into() };
        provider
            .configure(&[ManagedEntry { key: "allowed_relying_parties".into(), value: others }]);
        assert!(run(provider.begin_create(creation(), None, protection)).is_err());
    }
}

#[test]
fn nobody_makes_a_passkey_in_passing() {
    let provider = provider().unwrap();
    let passing = || CreateRequest { conditional: true, ..creation() };
    let begun = run(provider.begin_create(passing(), None, fit_phone().protection)).err();
    let keys = Keystore::new();
    let made = run(provider.create(passing(), browser(), keys, Arc::new(Screens::default()))).err();
    for refused in [begun, made] {
        let Some(PasskeyError::NotAllowed { failure }) = refused else { panic!("{refused:?}") };
        assert_eq!((failure.step, failure.reason), (Step::Request, Reason::InvalidRequest));
        assert!(failure.silent);
        assert!(failure.for_caller.is_some_and(|detail| detail.contains("conditional")));
    }
    assert!(run(provider.passkeys()).unwrap().is_empty());
}

#[test]
fn a_line_stays_good_for_ten_minutes() {
    let (provider, keys) = (provider().unwrap(), Keystore::new());
    let choose = |offered, now| {
        let (line, screens) = (Some(SelectorLine { offered, now }), Arc::new(Screens::default()));
        let create = CreateRequest { line, ..creation() };
        let made = run(provider.create(create, browser(), keys.clone(), screens.clone())).err();
        let get = GetRequest { line, ..request() };
        let signed = run(provider.get(get, browser(), keys.clone(), screens)).err();
        (made, signed)
    };
    for (offered, now) in [(0, 0), (0, 600_000), (7, 600_007), (u64::MAX, u64::MAX)] {
        assert_eq!(choose(Some(offered), now), (None, None));
    }
    for (offered, now) in [(Some(0), 600_001), (Some(1), 0), (None, 0), (Some(u64::MAX), 0)] {
        let (made, signed) = choose(offered, now);
        for refused in [made, signed] {
            let Some(PasskeyError::Interrupted { failure }) = refused else {
                panic!("{offered:?} is too old at {now}, or yet to come: {refused:?}")
            };
            assert_eq!((failure.step, failure.reason), (Step::Request, Reason::TimedOut));
            assert!(!failure.silent, "nobody has told the person");
        }
    }
    assert_eq!(run(provider.passkeys()).unwrap().len(), 1, "the account has the last alone");
}

/// Declines whatever it is asked.
struct Unwilling;

#[async_trait::async_trait]
impl UserInterface for Unwilling {
    async fn consent(&self, _: Use, _: String, _: String) -> Result<(), UserFailure> {
        Err(UserFailure::Declined)
    }

    async fn choose(&self, _: String, _: Vec<Choice>) -> Result<u32, UserFailure> {
        Err(UserFailure::Declined)
    }

    async fn inform(&self, _: String, _: Message) -> Result<(), UserFailure> {
        Ok(())
    }
}

#[test]
fn whoever_chose_a_line_is_not_asked_again_and_whoever_did_not_is() {
    let (provider, keys) = (provider().unwrap(), Keystore::new());
    for line in [None, Some(SelectorLine { offered: Some(0), now: 1 })] {
        let create = CreateRequest { line, ..creation() };
        let made = run(provider.create(create, browser(), keys.clone(), Arc::new(Unwilling)));
        assert_eq!(made.is_ok(), line.is_some());
        if made.is_ok() {
            let get = GetRequest { line, ..request() };
            run(provider.get(get, browser(), keys.clone(), Arc::new(Unwilling))).unwrap();
        }
    }
    let refused = run(provider.get(request(), browser(), keys, Arc::new(Unwilling)));
    assert!(matches!(refused, Err(PasskeyError::Cancelled { .. })));
}

fn any_phone() -> impl Strategy<Value = PhoneFacts> {
    let power = (any::<bool>(), any::<Option<u8>>(), any::<bool>());
    let clock = (any::<bool>(), any::<Option<i64>>());
    let reach = [TunnelReach::Reached, TunnelReach::Offline, TunnelReach::Intercepted];
    let tunnel = prop::option::of(prop::sample::select(reach.to_vec()));
    let biometrics = [Biometrics::Ready, Biometrics::NoneEnrolled, Biometrics::NoHardware];
    let protection = (any::<bool>(), prop::sample::select(biometrics.to_vec()));
    (power, clock, tunnel, protection).prop_map(|(power, clock, tunnel, protection)| {
        with(|phone| {
            phone.power = Power { saver: power.0, percent: power.1, charging: power.2 };
            phone.clock = PhoneClock { automatic: clock.0, error: clock.1 };
            phone.tunnel = tunnel;
            phone.protection.screen_lock = protection.0;
            phone.protection.biometrics = protection.1;
        })
    })
}

fn any_configuration() -> impl Strategy<Value = ConfigurationReport> {
    (any::<[bool; 5]>(), any::<String>()).prop_map(|(switches, tunnel_domain)| {
        let [pin_allowed, strong_box_required, this_phone, play_services, scanner] = switches;
        let switches = ConfigurationReport {
            pin_allowed,
            strong_box_required,
            this_phone,
            play_services,
            scanner,
            ..unmanaged()
        };
        ConfigurationReport { tunnel_domain, ..switches }
    })
}

proptest! {
    #[test]
    fn each_check_is_made_once_at_most_and_the_worst_counts(
        configuration in any_configuration(),
        phone in any_phone(),
    ) {
        let readiness = examine_phone(&configuration, phone);
        let checks: Vec<_> = readiness.findings.iter().map(|finding| finding.check).collect();
        prop_assert!(checks.is_sorted_by(|one, next| one < next), "{checks:?}");
        let worst = readiness.findings.iter().map(|finding| finding.verdict).max();
        prop_assert_eq!(Some(readiness.verdict), worst);
        let unknown = configuration.scanner && phone.tunnel.is_none();
        let host = unknown.then_some(configuration.tunnel_domain);
        prop_assert_eq!(readiness.tunnel_to_reach, host);
        prop_assert_eq!(checks.contains(&Check::Tunnel), configuration.scanner && !unknown);
    }
}
