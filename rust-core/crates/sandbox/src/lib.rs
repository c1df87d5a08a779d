//! A relying party to test passkeys against.
//!
//! It serves pages for a tester with a browser, and the same ceremonies as a JSON interface for
//! programs, on one HTTPS port. Verification is [`webauthn_rs_core`]'s; what it decided is then put
//! into words, and the core's verdict says what the hardware proved. Everything is kept in the
//! database of [`Settings`]: no state is in the process, so that several can share one database.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /register/options` | `{userName, displayName?, userVerification?, residentKey?, attestation?, hybrid?, exclude?}` | `{session, publicKey: PublicKeyCredentialCreationOptionsJSON}` |
//! | `POST /register/verify` | `{session, credential: RegistrationResponseJSON}` | the result |
//! | `POST /signin/options` | `{userName?, userVerification?, allowList?, hybrid?}` | `{session, publicKey: PublicKeyCredentialRequestOptionsJSON}` |
//! | `POST /signin/verify` | `{session, credential: AuthenticationResponseJSON}` | the result |
//! | `GET /healthz` | | `ok`, if the database answers |
//!
//! The JSON shapes of WebAuthn are those of Level 3 (binary as base64url without padding). Requests
//! must be sent as `application/json`. `userVerification` and `residentKey` are `required` (the
//! default), `preferred` or `discouraged`; `attestation` is `direct` (the default), `none`,
//! `indirect` or `enterprise`. A session can be answered once, whatever comes of it.
//!
//! The result of a ceremony:
//!
//! | member | |
//! |---|---|
//! | `ceremony` | `registration` or `signin` |
//! | `user` | `{id, name, displayName}` |
//! | `credentialId`, `algorithm`, `transports`, `signCount` | |
//! | `flags` | `{userPresent, userVerified, backupEligible, backupState}` |
//! | `aaguid` | registration only |
//! | `attestation` | registration only: `{format, verified, testRoot, level, keyDescription, certificates, words}`; `verified`: its chain leads to a trusted root; `testRoot`: to one that says in its name that it is for tests; `level` is `strongbox`, `tee`, `software` or null |
//! | `facts` | all of it in words, as `[{label, value, meaning}]` |
//!
//! An answer other than 200 is `{code, error, what_to_do}`; `code` is for programs and stable.
//!
//! ```
//! # async fn example() -> Result<(), wardkey_sandbox::SandboxError> {
//! use std::net::{Ipv4Addr, SocketAddr};
//! use wardkey_local_tls::Authority;
//! use wardkey_sandbox::{Sandbox, Settings};
//!
//! let authority = Authority::generate()?;
//! let identity = authority.issue(&["localhost"])?;
//! let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
//! let sandbox = Sandbox::bind(any_port, &identity, Settings::default()).await?;
//! println!("open {} in a browser", sandbox.origin());
//! sandbox.serve(async { /* a signal to stop */ }).await?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
#![forbid(unsafe_code)]

mod about;
mod api;
mod application;
mod assets;
mod attestation;
mod cookies;
mod denied;
mod desk;
mod enrol;
mod openid;
mod pages;
mod parameters;
mod proof;
mod proxies;
mod refusal;
mod register;
mod relying_party;
mod report;
mod requests;
mod revocation;
mod service;
mod session;
mod settings;
mod signin;
mod store;
mod verification;

pub use application::{
    Application, ApplicationClient, ApplicationError, ApplicationProvider, ApplicationSite,
    ClientKeyError, DemandedLevel, IntroductionError,
};
pub use enrol::SetUpLink;
pub use openid::{Clients, ClientsError, ProviderError};
pub use proof::key_of_credential;
pub use proxies::{ProxyHeader, TrustedProxy, TrustedProxyError};
pub use revocation::{Revocations, RevocationsError};
pub use service::{Sandbox, SandboxError};
pub use settings::{Settings, TrustedRoots, TrustedRootsError};
