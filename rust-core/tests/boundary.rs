//! What Kotlin may call, with what it may bring.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kotlin;

use std::sync::{Arc, Mutex};

use kotlin::{
    CODE, CREATION, File, Keystore, NoNetwork, Screens, browser, browsers, creation, fit_phone,
    provider, request, run, wanted,
};
use proptest::prelude::*;
use wardkey_core::{
    ffi::{
        AndroidCaller, CreatedPasskey, CredentialStorage, HardwareKeys, HybridEvent, HybridOrder,
        KeyFailure, KeySpec, ManagedEntry, ManagedValue, Message, PasskeyError, PasskeyProvider,
        Reason, SigningPrompt, Step,
    },
    hybrid::{
        keys::QrSecret,
        point::PrivateKey,
        qr::{QrCode, RequestType},
    },
    keystore::software::Claim,
};

fn create(
    phone: &PasskeyProvider,
    keys: &Arc<Keystore>,
    options: &str,
    caller: AndroidCaller,
) -> Result<CreatedPasskey, PasskeyError> {
    run(phone.create(wanted(options), caller, keys.clone(), Arc::new(Screens::default())))
}

#[test]
fn a_passkey_is_made_used_and_removed() {
    let (phone, keys) = (provider().unwrap(), Keystore::new());
    let screens = Arc::new(Screens::default());
    let get = || run(phone.get(request(), browser(), keys.clone(), screens.clone()));

    assert!(create(&phone, &keys, CREATION, browser()).is_ok());
    get().unwrap();
    assert_eq!(*screens.told.lock().unwrap(), []);

    let id = run(phone.passkeys()).unwrap().remove(0).credential_id;
    run(phone.remove(id, keys.clone())).unwrap();
    assert_eq!(keys.aliases().unwrap(), [""; 0]);
    assert!(matches!(get(), Err(PasskeyError::NoCredential { .. })));
    assert_eq!(*screens.told.lock().unwrap(), [Message::NoPasskey]);
}

#[test]
fn a_key_weaker_than_the_organization_demands_is_deleted() {
    let (phone, keys) = (provider().unwrap(), Keystore::new());
    let value = ManagedValue::Flag { value: true };
    phone.configure(&[ManagedEntry { key: "strongbox_required".into(), value }]);
    let Err(PasskeyError::NotAllowed { failure }) = create(&phone, &keys, CREATION, browser())
    else {
        panic!("its certificate names no secure element")
    };
    assert_eq!(failure.reason, Reason::WeakHardware);
    assert_eq!(keys.aliases().unwrap(), [""; 0]);
}

/// An emulator has no secure hardware, and its Keystore says so.
#[test]
fn keys_in_software_are_for_the_emulator_policy_alone() {
    let opened = |emulator| {
        PasskeyProvider::new(Arc::new(File::default()), Arc::new(NoNetwork), &browsers(), emulator)
    };
    let emulated = || Keystore::claiming([Claim::SoftwareAttestation, Claim::SoftwareKey]);
    let (phone, keys) = (opened(false).unwrap(), emulated());
    let Err(PasskeyError::NotAllowed { failure }) = create(&phone, &keys, CREATION, browser())
    else {
        panic!("a release takes no key in software")
    };
    assert_eq!(failure.reason, Reason::WeakHardware);
    assert_eq!(keys.aliases().unwrap(), [""; 0]);

    if cfg!(feature = "emulator") {
        let (phone, keys) = (opened(true).unwrap(), emulated());
        create(&phone, &keys, CREATION, browser()).unwrap();
        let screens = Arc::new(Screens::default());
        run(phone.get(request(), browser(), keys, screens)).unwrap();
    } else {
        assert!(opened(true).is_err(), "a release has no emulator policy");
    }
}

/// As a process leaves one behind that is killed while it makes a passkey.
fn leave_behind(keys: &Arc<Keystore>) {
    let attestation_challenge = vec![0; 32];
    let alias = "left-behind".into();
    let spec = KeySpec { alias, attestation_challenge, strong_box: true, pin_allowed: true };
    run(keys.generate(spec)).unwrap();
}

#[test]
fn a_start_deletes_the_keys_of_no_passkey() {
    let (phone, keys) = (provider().unwrap(), Keystore::new());
    create(&phone, &keys, CREATION, browser()).unwrap();
    let named = keys.aliases().unwrap();
    leave_behind(&keys);
    run(phone.sweep(keys.clone())).unwrap();
    assert_eq!(keys.aliases().unwrap(), named);
    run(phone.get(request(), browser(), keys, Arc::new(Screens::default()))).unwrap();
}

#[test]
fn a_start_without_a_list_of_passkeys_deletes_and_writes_nothing() {
    let (file, keys) = (Arc::new(File::default()), Keystore::new());
    let phone = PasskeyProvider::new(file.clone(), Arc::new(NoNetwork), &browsers(), false);
    let phone = phone.unwrap();
    leave_behind(&keys);
    run(phone.sweep(keys.clone())).unwrap();
    assert_eq!(keys.aliases().unwrap(), ["left-behind"]);
    assert_eq!(run(file.load()).unwrap(), None);

    run(file.replace(b"damaged".to_vec())).unwrap();
    let Err(PasskeyError::Internal { failure }) = run(phone.sweep(keys.clone())) else {
        panic!("nobody knows which keys are named")
    };
    assert_eq!(failure.reason, Reason::StorageDamaged);
    assert_eq!(keys.aliases().unwrap(), ["left-behind"]);
}

/// An app that is started again while the person is asked for a finger.
struct StartedAnew {
    keys: Arc<Keystore>,
    phone: Arc<PasskeyProvider>,
    present: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl HardwareKeys for StartedAnew {
    async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure> {
        self.keys.generate(spec).await
    }

    async fn sign(
        &self,
        alias: String,
        message: Vec<u8>,
        prompt: SigningPrompt,
    ) -> Result<Vec<u8>, KeyFailure> {
        leave_behind(&self.keys);
        self.phone.sweep(self.keys.clone()).await.unwrap();
        *self.present.lock().unwrap() = self.keys.aliases()?;
        self.keys.sign(alias, message, prompt).await
    }

    fn delete(&self, alias: String) -> Result<(), KeyFailure> {
        self.keys.delete(alias)
    }

    fn aliases(&self) -> Result<Vec<String>, KeyFailure> {
        self.keys.aliases()
    }
}

#[test]
fn a_start_in_the_middle_of_a_ceremony_leaves_its_key_alone() {
    let (phone, keys) = (provider().unwrap(), Keystore::new());
    let started = Arc::new(StartedAnew { keys, phone: phone.clone(), present: Mutex::default() });
    let screens = Arc::new(Screens::default());
    run(phone.create(creation(), browser(), started.clone(), screens.clone())).unwrap();
    assert_eq!(started.present.lock().unwrap().len(), 2, "its own, and the one left behind");
    run(phone.sweep(started.clone())).unwrap();
    assert_eq!(started.aliases().unwrap().len(), 1);
    run(phone.get(request(), browser(), started, screens)).unwrap();
}

/// Before it connects: neither the tunnel service nor the other device hears of this phone.
#[test]
fn a_code_for_a_wallet_is_refused_with_a_reason_of_its_own() {
    let key = PrivateKey::from_bytes([1; 32]).unwrap().public_key();
    for asked in
        [RequestType::DigitalCredentialPresentation, RequestType::DigitalCredentialIssuance]
    {
        let code = QrCode::new(key, QrSecret::new([2; 16]), asked, None).to_text();
        let Err(PasskeyError::NotAllowed { failure }) = provider().unwrap().scan(&code, 0) else {
            panic!("this phone holds passkeys only")
        };
        assert_eq!((failure.step, failure.reason), (Step::Code, Reason::DigitalCredential));
        assert!(failure.detail.contains("digital credential"), "{}", failure.detail);
    }
}

/// Any caller that Android could describe: now and then with hashes of the right length.
fn callers() -> impl Strategy<Value = AndroidCaller> {
    let digest = || prop_oneof![Just(vec![0x5a; 32]), any::<Vec<u8>>()];
    (
        prop_oneof![Just("org.example.browser".to_owned()), any::<String>()],
        prop::collection::vec(digest(), 0..3),
        prop::option::of(digest()),
        prop::option::of(prop_oneof![Just("https://example.org".to_owned()), any::<String>()]),
        prop::option::of(digest()),
    )
        .prop_map(|(package, signers, original_signer, origin, client_data_hash)| {
            AndroidCaller { package, signers, original_signer, origin, client_data_hash }
        })
}

proptest! {
    #[test]
    fn no_other_caller_passes_for_the_browser(caller in callers()) {
        let (phone, keys) = (provider().unwrap(), Keystore::new());
        let listed = |digest: &Vec<u8>| *digest == [0x5a; 32];
        let signed = match (&caller.signers[..], &caller.original_signer) {
            ([_], Some(original)) => listed(original),
            (signers, _) => !signers.is_empty() && signers.iter().all(listed),
        };
        let trusted = caller.package == "org.example.browser"
            && signed
            && caller.origin.as_deref() == Some("https://example.org");
        if create(&phone, &keys, CREATION, caller).is_ok() {
            prop_assert!(trusted);
        } else {
            prop_assert_eq!(keys.aliases().unwrap(), [""; 0]);
        }
    }

    #[test]
    fn any_options_are_refused_without_a_trace(options: String) {
        let (phone, keys) = (provider().unwrap(), Keystore::new());
        let refused = create(&phone, &keys, &options, browser()).err();
        prop_assert!(matches!(refused, Some(PasskeyError::NotAllowed { .. })), "{refused:?}");
        prop_assert!(run(phone.begin_create(wanted(options.clone()), None, fit_phone().protection)).is_err());
        prop_assert!(run(phone.begin_get(options, None, None, fit_phone().protection)).is_err());
        prop_assert_eq!(keys.aliases().unwrap(), [""; 0]);
    }

    #[test]
    fn any_command_is_answered(command: Vec<u8>) {
        let (phone, keys) = (provider().unwrap(), Keystore::new());
        let answer = run(phone.answer(command, keys, Arc::new(Screens::default())));
        prop_assert_eq!(answer.message.first() == Some(&0), answer.failure.is_none());
        prop_assert!(!answer.message.is_empty());
    }

    #[test]
    fn a_stranger_in_the_tunnel_gets_no_command_through(messages: Vec<Vec<u8>>) {
        let phone = provider().unwrap().scan(CODE, 0).unwrap();
        phone.step(0, HybridEvent::Started);
        phone.step(40, HybridEvent::TunnelOpened { routing_id: Some("c49c24".into()) });
        let mut orders = vec![];
        for (now, bytes) in (50..).zip(messages) {
            orders.extend(phone.step(now, HybridEvent::TunnelMessage { bytes }).orders);
        }
        let commands = |order: &&HybridOrder| matches!(order, HybridOrder::Answer { .. });
        prop_assert_eq!(orders.iter().filter(commands).count(), 0);
    }
}
