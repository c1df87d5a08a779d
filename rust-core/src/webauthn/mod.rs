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
