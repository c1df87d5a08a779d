//! The boundary to Kotlin: the only module that knows uniffi or jni.
//!
//! Kotlin implements [`HardwareKeys`], [`CredentialStorage`], [`AssetLinkFetcher`] and [`UserInterface`],
//! and calls [`PasskeyProvider`] (WebAuthn JSON, for Credential Manager) and [`HybridPhone`] (one code
//! scanned from another device's screen). What crosses is bytes, strings and records; what fails is a
//! [`PasskeyError`], with a stage, a reason Kotlin has words for, and a text that is safe to show.
//!
//! Every foreign method returns a `Result`, because an exception out of an infallible one ends the
//! process when Rust calls it while dropping. A future that is dropped, which is what cancelling a Kotlin
//! coroutine does, deletes the key it was having made before the coroutine's `join` returns; unless it was
//! being saved: then the write runs to its end, and whoever reads the credentials next waits for that and
//! goes by what was saved.
//!
//! What Kotlin does, in Rust; on a phone that has no screen lock:
//!
//! ```
//! # use std::{pin::pin, sync::{Arc, Mutex, PoisonError}, task::{Context, Poll, Waker}};
//! use wardkey_core::ffi::{
//!     AndroidCaller, AssetLinkFetcher, BeginCreate, BeginGet, Biometrics, Choice,
//!     ConfigurationReport, CreateRequest, CreatedPasskey, CredentialStorage, CtapAnswer, DomError,
//!     Failure, FetchError, HardwareKeys, KeyFailure, KeyHardware, KeyProtection, KeySpec, ManagedEntry, ManagedValue, Message, Passkey, PasskeyError, PasskeyProvider, Reason,
//!     SigningPrompt, Step, StorageFailure, Use, UserFailure, UserInterface,
//! };
//!
//! struct Keystore;
//!
//! #[async_trait::async_trait]
//! impl HardwareKeys for Keystore {
//!     async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure> {
//!         assert_eq!(spec.attestation_challenge.len(), 32);
//!         Err(KeyFailure::NoScreenLock)
//!     }
//!
//!     async fn sign(
//!         &self,
//!         _alias: String,
//!         _message: Vec<u8>,
//!         _prompt: SigningPrompt,
//!     ) -> Result<Vec<u8>, KeyFailure> {
//!         Err(KeyFailure::NotFound)
//!     }
//!
//!     fn delete(&self, _alias: String) -> Result<(), KeyFailure> {
//!         Ok(())
//!     }
//!
//!     fn aliases(&self) -> Result<Vec<String>, KeyFailure> {
//!         Ok(Vec::new())
//!     }
//! }
//!
//! /// Agrees to everything.
//! struct Screens;
//!
//! #[async_trait::async_trait]
//! impl UserInterface for Screens {
//!     async fn consent(&self, purpose: Use, _: String, _: String) -> Result<(), UserFailure> {
//!         assert_eq!(purpose, Use::Register);
//!         Ok(())
//!     }
//!
//!     async fn choose(&self, _: String, _: Vec<Choice>) -> Result<u32, UserFailure> {
//!         Ok(0)
//!     }
//!
//!     async fn inform(&self, _: String, _: Message) -> Result<(), UserFailure> {
//!         Ok(())
//!     }
//! }
//!
//! #[derive(Default)]
//! struct File(Mutex<Option<Vec<u8>>>);
//!
//! #[async_trait::async_trait]
//! impl CredentialStorage for File {
//!     async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure> {
//!         Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
//!     }
//!
//!     async fn replace(&self, snapshot: Vec<u8>) -> Result<(), StorageFailure> {
//!         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
//!         Ok(())
//!     }
//! }
//!
//! struct NoNetwork;
//!
//! #[async_trait::async_trait]
//! impl AssetLinkFetcher for NoNetwork {
//!     async fn fetch(&self, _url: String) -> Result<String, FetchError> {
//!         Err(FetchError::Failed { detail: "no network".into() })
//!     }
//! }
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
//! #         Poll::Ready(output) => output,
//! #         Poll::Pending => unreachable!(),
//! #     }
//! # }
//!
//! let browsers = format!(
//!     r#"{{"apps": [{{"type": "android", "info": {{
//!         "package_name": "org.example.browser",
//!         "signatures": [{{"build": "release", "cert_fingerprint_sha256": "{}"}}]
//!     }}}}]}}"#,
//!     ["5A"; 32].join(":"),
//! );
//! let provider =
//!     PasskeyProvider::new(Arc::new(File::default()), Arc::new(NoNetwork), &browsers, false)?;
//! let routes = ManagedValue::Texts { values: vec!["this_phone".into()] };
//! let entries = [ManagedEntry { key: "routes".into(), value: routes }];
//! let report: ConfigurationReport = provider.configure(&entries);
//! assert!(report.problems.is_empty() && !report.scanner);
//!
//! let options = r#"{
//!     "challenge": "Y2hhbGxlbmdl",
//!     "rp": {"id": "example.org", "name": "Example"},
//!     "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
//!     "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
//!     "authenticatorSelection": {"residentKey": "required", "userVerification": "required"}
//! }"#;
//! let browser = Some("org.example.browser".into());
//! let request = CreateRequest { options: options.into(), conditional: false, line: None };
//! let protection = KeyProtection {
//!     screen_lock: true,
//!     biometrics: Biometrics::Ready,
//!     hardware: KeyHardware::StrongBox,
//! };
//! let begun = block_on(provider.begin_create(request.clone(), browser, protection))?;
//! let BeginCreate::Offer { offer } = begun else { unreachable!() };
//! assert_eq!((offer.account.as_str(), offer.passkeys), ("Test clinician", 0));
//!
//! let caller = AndroidCaller {
//!     package: "org.example.browser".into(),
//!     signers: vec![vec![0x5a; 32]],
//!     original_signer: None,
//!     origin: Some("https://example.org".into()),
//!     client_data_hash: Some(vec![0xa5; 32]),
//! };
//! let (keystore, screens) = (Arc::new(Keystore), Arc::new(Screens));
//! let made: Result<CreatedPasskey, _> =
//!     block_on(provider.create(request, caller, keystore.clone(), screens.clone()));
//! let Err(PasskeyError::Hardware { failure }) = made else { unreachable!() };
//! let Failure { step, reason, dom_error, .. } = failure;
//! assert_eq!((step, reason), (Step::Key, Reason::NoScreenLock));
//! assert_eq!(dom_error, DomError::NotAllowed);
//! let passkeys: Vec<Passkey> = block_on(provider.passkeys())?;
//! assert!(passkeys.is_empty());
//!
//! // authenticatorGetInfo, from another device.
//! let answer: CtapAnswer = block_on(provider.answer(vec![0x04], keystore, screens));
//! assert_eq!((answer.message[0], answer.failure), (0x00, None));
//!
//! let sign_in = r#"{"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"}"#;
//! let begun = block_on(provider.begin_get(sign_in.into(), None, None, protection))?;
//! assert!(matches!(begun, BeginGet::Passkeys { passkeys } if passkeys.is_empty()));
//! let Err(PasskeyError::NotAllowed { failure }) = provider.scan("FIDO:/1", 0) else { unreachable!() };
//! assert_eq!(failure.reason, Reason::RouteNotAllowed);
//! # Ok::<(), PasskeyError>(())
//! ```
//!
//! And with a code that Chromium showed, from `fixtures/hybrid/chromium-create.json`:
//!
//! ```
//! # use std::sync::Arc;
//! # use wardkey_core::ffi::{
//! #     AssetLinkFetcher, CredentialStorage, FetchError, PasskeyProvider, StorageFailure,
//! # };
//! use wardkey_core::ffi::{
//!     HybridEvent, HybridOrder, HybridOutcome, HybridPhone, HybridTurn, Radio, Reason, Step, TunnelProblem,
//! };
//! # struct Nothing;
//! # #[async_trait::async_trait]
//! # impl AssetLinkFetcher for Nothing {
//! #     async fn fetch(&self, _: String) -> Result<String, FetchError> {
//! #         Err(FetchError::Failed { detail: "no network".into() })
//! #     }
//! # }
//! # #[async_trait::async_trait]
//! # impl CredentialStorage for Nothing {
//! #     async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure> {
//! #         Ok(None)
//! #     }
//! #     async fn replace(&self, _: Vec<u8>) -> Result<(), StorageFailure> {
//! #         Ok(())
//! #     }
//! # }
//! # let (storage, links) = (Arc::new(Nothing), Arc::new(Nothing));
//! # let provider = PasskeyProvider::new(storage, links, r#"{"apps": []}"#, false)?;
//! let code = "FIDO:/58285120537755814590764228432491036528060732185552348419119739671037315984490\
//!             5937519315297622583607841352031038441100860073986107900979148190501225628418109321447142404";
//!
//! let phone: Arc<HybridPhone> = provider.scan(code, 0)?;
//! assert!(phone.registers());
//! let turn: HybridTurn = phone.step(0, HybridEvent::Started);
//! let connects = |order: &HybridOrder| matches!(order, HybridOrder::Connect { .. });
//! assert!(turn.orders.iter().any(connects));
//!
//! let turn = phone.step(40, HybridEvent::TunnelOpened { routing_id: Some("c49c24".into()) });
//! let advertises = |order: &HybridOrder| {
//!     matches!(order, HybridOrder::Advertise { service_data } if service_data.len() == 20)
//! };
//! assert!(turn.orders.iter().any(advertises));
//!
//! let turn = phone.step(50, HybridEvent::RadioFailed { problem: Radio::Off });
//! let Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) = turn.orders.last() else {
//!     unreachable!()
//! };
//! assert_eq!((failure.step, failure.reason), (Step::Nearby, Reason::BluetoothOff));
//!
//! let phone = provider.scan(code, 0)?;
//! phone.step(0, HybridEvent::Started);
//! let problem = TunnelProblem::NameNotFound;
//! let turn = phone.step(40, HybridEvent::TunnelFailed { problem });
//! let Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) = turn.orders.last() else {
//!     unreachable!()
//! };
//! assert_eq!((failure.step, failure.reason), (Step::Tunnel, Reason::NetworkBlocked));
//! assert_eq!(turn.deadline, None);
//! # Ok::<(), wardkey_core::ffi::PasskeyError>(())
//! ```

mod answers;
mod callers;
mod ceremonies;
mod configuration;
mod events;
mod failure;
mod hardware;
mod hybrid;
mod key_failure;
mod keys;
mod log_sink;
mod mapping;
mod offers;
mod orders;
mod outcome;
mod provider;
mod readiness;
mod reason;
mod selector_line;
mod self_test;
mod storage;
mod user;

pub use answers::{CreatedPasskey, CtapAnswer};
pub use callers::{AndroidCaller, AssetLinkFetcher, FetchError};
pub use configuration::{ConfigurationReport, ManagedEntry, ManagedValue};
pub use events::{HybridEvent, Radio, TunnelProblem};
pub use failure::{DomError, Failure, PasskeyError, Step};
pub use hybrid::HybridPhone;
pub use key_failure::KeyFailure;
pub use keys::{HardwareKeys, KeySpec, SigningPrompt, Use};
pub use log_sink::drain_captured_log;
pub use offers::{BeginCreate, BeginGet, CreateOffer, CreateRequest, GetRequest, Passkey};
pub use orders::{HybridOrder, HybridTurn};
pub use outcome::HybridOutcome;
pub use provider::PasskeyProvider;
pub use readiness::{
    Biometrics, BluetoothState, CameraAccess, Check, Finding, Fix, KeyHardware, KeyProtection,
    Obstacle, PhoneClock, PhoneFacts, PhoneState, PlayServices, Power, ProviderState, Readiness,
    TunnelReach, Verdict, examine_phone,
};
pub use reason::Reason;
pub use selector_line::SelectorLine;
pub use self_test::{KnownAnswer, core_version, self_test};
pub use storage::{CredentialStorage, StorageFailure};
pub use user::{Choice, Message, UserFailure, UserInterface};
