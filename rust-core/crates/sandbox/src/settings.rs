//! What a sandbox is started with.

use std::{fmt, time::Duration};

use url::Url;
use webauthn_attestation_ca::AttestationCaList;

/// How a sandbox presents itself and whom it trusts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The relying party id: the host of the origin, or a suffix of it.
    pub rp_id: String,
    /// Where the pages are reached. `None` means `https://<rp_id>:<port>` with the port taken.
    pub origin: Option<Url>,
    /// Who may vouch for authenticators.
    pub trusted_roots: TrustedRoots,
    /// How long a challenge may be answered. Each may be answered once.
    pub challenge_life: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rp_id: "localhost".to_owned(),
            origin: None,
            trusted_roots: TrustedRoots::default(),
            challenge_life: Duration::from_mins(5),
        }
    }
}

/// Root certificates that attestation chains may end at.
#[derive(Clone, Default)]
pub struct TrustedRoots(AttestationCaList);

/// Why a PEM text cannot be a list of trusted roots.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustedRootsError {
    /// Not PEM.
    #[error("the trusted roots are not readable PEM: {0}")]
    Pem(#[from] pem::PemError),
    /// PEM, but without a certificate.
    #[error(
        "the trusted roots hold no certificate (a “-----BEGIN CERTIFICATE-----” block is expected)"
    )]
    Empty,
    /// A certificate that cannot be read.
    #[error("certificate {number} of the trusted roots cannot be read: {reason}")]
    Certificate {
        /// Which one, from 1.
        number: usize,
        /// What the parser found.
        reason: String,
    },
}

impl TrustedRoots {
    /// Adds the certificates of a PEM text, at least one.
    ///
    /// A phone under test prints its root with `wardkey phone root`.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<(), TrustedRootsError> {
        let blocks = pem::parse_many(text)?;
        let certificates = blocks.iter().filter(|block| block.tag() == "CERTIFICATE");
        let mut added = AttestationCaList::default();
        for (index, certificate) in certificates.enumerate() {
            let one = AttestationCaList::try_from(pem::encode(certificate).as_bytes()).map_err(
                |error| TrustedRootsError::Certificate {
                    number: index + 1,
                    reason: error.to_string(),
                },
            )?;
            added.union(&one);
        }
        if added.is_empty() {
            return Err(TrustedRootsError::Empty);
        }
        self.0.union(&added);
        Ok(())
    }

    /// How many different roots there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is trusted, so that no attestation can be verified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn list(&self) -> &AttestationCaList {
        &self.0
    }
}

impl fmt::Debug for TrustedRoots {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TrustedRoots({})", self.len())
    }
}
