//! Whom to believe.

use alloc::{string::String, vec::Vec};

use der::{Decode, DecodePem, Encode};
use thiserror::Error;
use x509_cert::{Certificate, name::Name};

/// The root certificates Google publishes at `https://android.googleapis.com/attestation/root`.
const GOOGLE: &str = include_str!("google_roots.json");

/// When the copy of Google's roots in this crate was made, year and month.
///
/// ```
/// use wardkey_core::attestation::verdict::{GOOGLE_ROOTS_DATE, Roots};
///
/// let words = format!("{} roots of Google, as of {GOOGLE_ROOTS_DATE}", Roots::google().len());
/// assert!(words.contains(" as of 20"));
/// ```
pub const GOOGLE_ROOTS_DATE: &str = "2026-01";

/// Root keys with their names. A root is known by its key: its certificate may be renewed, and has been.
///
/// ```
/// use wardkey_core::attestation::verdict::Roots;
///
/// assert!(!Roots::google().is_empty());
/// assert!(Roots::none().with_test_root(b"no certificate").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots(pub(super) Vec<Root>);

/// One root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) subject: Name,
    /// DER `SubjectPublicKeyInfo`.
    pub(super) key: Vec<u8>,
    /// Proves nothing about hardware.
    pub(super) test: bool,
}

/// The bytes are not a certificate.
///
/// ```
/// use wardkey_core::attestation::verdict::{InvalidRoot, Roots};
///
/// let error: InvalidRoot = Roots::none().with_test_root(b"no certificate").unwrap_err();
/// assert!(error.to_string().starts_with("the root is not an X.509 certificate: "));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the root is not an X.509 certificate: {0}")]
pub struct InvalidRoot(der::Error);

impl Roots {
    /// Believes nobody.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Google's roots.
    pub fn google() -> Self {
        // A test reads them all; one that could not be read would be believed by nobody.
        let texts: Vec<String> = serde_json::from_str(GOOGLE).unwrap_or_default();
        let certificates = texts.iter().filter_map(|pem| Certificate::from_pem(pem).ok());
        Self(certificates.filter_map(|certificate| Root::new(&certificate, false).ok()).collect())
    }

    /// Believes one more root, DER, which vouches for no hardware.
    pub fn with_test_root(mut self, certificate: &[u8]) -> Result<Self, InvalidRoot> {
        let certificate = Certificate::from_der(certificate).map_err(InvalidRoot)?;
        self.0.push(Root::new(&certificate, true)?);
        Ok(self)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is believed.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Root {
    fn new(certificate: &Certificate, test: bool) -> Result<Self, InvalidRoot> {
        let certificate = certificate.tbs_certificate();
        let key = certificate.subject_public_key_info().to_der().map_err(InvalidRoot)?;
        Ok(Self { subject: certificate.subject().clone(), key, test })
    }
}
