//! WebAuthn Level 3 in JSON: what relying parties and platforms speak.
//!
//! ```text
//! options JSON + Caller → Registration | Authentication → CTAP request … response → response JSON
//! ```
//!
//! Two sides use it. A client on another device (the workstation) sends
//! [`command`](Registration::command) through the hybrid transport and gives what comes back to
//! [`finish`](Registration::finish). The platform's provider on the phone calls [`create`] and [`get`],
//! which run the ceremony on its own authenticator.
//!
//! ```
//! use wardkey_core::webauthn::{Authentication, Caller, WebOrigin};
//!
//! let caller = Caller::page(WebOrigin::parse("https://login.example.org")?);
//! let options = r#"{"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"}"#;
//! let authentication = Authentication::new(options, &caller)?;
//! assert_eq!(authentication.command().first(), Some(&0x02));
//!
//! let stranger = Caller::page(WebOrigin::parse("https://example.com")?);
//! assert!(Authentication::new(options, &stranger).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Both on the phone itself, with an [authenticator](crate::authenticator) of its own:
//!
//! ```
//! # #[cfg(feature = "software")] {
//! # use std::{pin::pin, sync::{Mutex, PoisonError}, task::{Context, Poll, Waker}};
//! # use wardkey_core::{
//! #     authenticator::{
//! #         Account, AttestationFormat, Authenticator, Notice, Settings, UserError, UserInterface,
//! #     },
//! #     keystore::{
//! #         Prompt, UserVerified,
//! #         software::{MemoryRecords, SoftwareKeys, TestAttestation},
//! #     },
//! #     store::{SnapshotStorage, StorageError},
//! # };
//! use wardkey_core::authenticator::Moment;
//! use wardkey_core::webauthn::{self, Caller, Created, WebOrigin};
//! # struct Willing;
//! # impl UserInterface for Willing {
//! #     async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
//! #         Ok(())
//! #     }
//! #     async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
//! #         Ok(0)
//! #     }
//! #     async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
//! #         Ok(UserVerified::by_user_interface())
//! #     }
//! #     async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
//! #         Ok(())
//! #     }
//! # }
//! # #[derive(Default)]
//! # struct Memory(Mutex<Option<Vec<u8>>>);
//! # impl SnapshotStorage for Memory {
//! #     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
//! #         Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
//! #     }
//! #     async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
//! #         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.to_vec());
//! #         Ok(())
//! #     }
//! # }
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
//! #         Poll::Ready(output) => output,
//! #         Poll::Pending => unreachable!(),
//! #     }
//! # }
//!
//! let now = 1_767_225_600;
//! # block_on(async {
//! # let attestation = TestAttestation::generate(now)?;
//! # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
//! # let settings = Settings::test(AttestationFormat::PackedSelf);
//! # let mut phone = Authenticator::open(keys, Memory::default(), Willing, settings).await?;
//! let page = Caller::page(WebOrigin::parse("https://example.org")?);
//! let options = r#"{
//!     "challenge": "Y2hhbGxlbmdl",
//!     "rp": {"name": "Example"},
//!     "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
//!     "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
//!     "authenticatorSelection": {"residentKey": "required"}
//! }"#;
//! // Random bytes, in earnest.
//! let moment = Moment { now, entropy: [1; 32] };
//! let Created { response, witness } =
//!     webauthn::create(&mut phone, moment, options, &page).await?;
//! assert!(response.contains("attestationObject"));
//! assert_eq!(witness.to_string().len(), "1234 5678 9012".len());
//!
//! let options = r#"{"challenge": "YW5vdGhlcg", "rpId": "example.org"}"#;
//! let moment = Moment { now, entropy: [2; 32] };
//! let response = webauthn::get(&mut phone, moment, options, &page, None).await?;
//! assert!(response.contains("signature"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod base64url;

mod asset_links;
mod attestation_object;
mod authentication;
mod caller;
mod calling_app;
mod client_data;
mod command;
mod error;
mod fingerprint;
mod json;
mod options;
mod origin;
mod privileged_apps;
mod provider;
mod registered;
mod registration;
mod response;

pub use crate::attestation::WitnessCode;
pub use asset_links::AssetLinks;
pub use attestation_object::{AttestationObject, NONE};
pub use authentication::Authentication;
pub use caller::{App, Caller, Embedded, WebPage};
pub use calling_app::{
    CallerError, CallingApp, CertificateDigest, Signers, UnprovenApp, UnprovenCaller,
};
pub use client_data::{Ceremony, CollectedClientData, CrossOrigin};
pub use error::{DomException, Error, InvalidResponse, Refusal};
pub use json::InvalidJson;
pub use options::{
    AttestationConveyance, AuthenticatorAttachment, CreationOptions, RequestOptions, Requirement,
};
pub use origin::{AppOrigin, RpId, ScopeError, WebOrigin};
pub use privileged_apps::PrivilegedApps;
pub use provider::{Created, create, get};
pub use registered::{ExpectedCeremony, RegisteredKey, RegistrationProblem};
pub use registration::Registration;
