//! TLS for services that run on a tester's own machine.
//!
//! Three things live here, because the tunnel service and the sandbox need the same three:
//! a test certificate [`Authority`] that survives restarts, a [`TlsIdentity`] (issued by it, or
//! read from PEM files), and an [`HttpsListener`], which answers HTTPS until it is told to
//! stop.
//!
//! All cryptography is ring's; nothing here touches the process-wide default provider of rustls.
//!
//! ```
//! # fn main() -> Result<(), wardkey_local_tls::TlsError> {
//! use wardkey_local_tls::{Authority, client_config};
//!
//! let authority = Authority::generate()?;
//! let identity = authority.issue(&["localhost", "127.0.0.1"])?;
//! // What Chromium takes as --ignore-certificate-errors-spki-list=…
//! assert_eq!(identity.spki_sha256_base64().len(), 44);
//! // What other clients take as --ca FILE.pem
//! let client = client_config(authority.certificate_pem().as_bytes())?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod authority;
mod body;
mod client;
mod error;
mod folder;
mod https;
mod identity;

pub use authority::Authority;
pub use body::BodyTooSlow;
pub use client::client_config;
pub use error::TlsError;
pub use https::{HttpsError, HttpsListener};
pub use identity::TlsIdentity;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The one provider used here, named explicitly so that no other can slip in through the
/// process-wide default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
