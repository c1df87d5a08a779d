//! What a sandbox is started with.

use std::{fmt, time::Duration};

use crate::{
    openid::Clients,
    proxies::{ProxyHeader, TrustedProxy},
    revocation::Revocations,
};
use url::Url;
use wardkey_core::attestation::verdict::{Policy, Roots};
use wardkey_register::{Database, Kept};
use webauthn_attestation_ca::AttestationCaList;

/// How a sandbox presents itself and whom it trusts.
///
/// ```
/// use std::time::Duration;
/// use wardkey_register::Database;
/// use wardkey_sandbox::{Clients, Settings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let clients = br#"{"clients": []}"#;
/// // For as many sandboxes as are to share it.
/// let database = Database::temporary().await?;
/// let settings = Settings {
///     database: Some(database.clone()),
///     clients: Clients::from_json(clients)?,
///     link_life: Duration::from_mins(5),
///     ..Settings::default()
/// };
/// assert!(settings.trusted_roots.is_empty(), "Google's are trusted anyway");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    /// The relying party id: the host of the origin, or a suffix of it.
    pub rp_id: String,
    /// Where the pages are reached. `None` means `https://<rp_id>:<port>` with the port taken.
    pub origin: Option<Url>,
    /// Who may vouch for authenticators.
    pub trusted_roots: TrustedRoots,
    /// What an attestation has to prove for the highest assurance level.
    pub policy: Policy,
    /// Google's list of revoked certificates, if there is one at hand.
    pub revocation: Option<Revocations>,
    /// Where everything is kept. `None` means a database that is gone when the sandbox stops.
    pub database: Option<Database>,
    /// How long what is over stays there, and the audit.
    pub kept: Kept,
    /// The applications that may ask who somebody is.
    pub clients: Clients,
    /// Who vouches for the servers of applications (PEM), when they are told that a session has ended.
    pub application_roots: Vec<u8>,
    /// The proxies whose word is believed on where a request comes from. Attempts are counted by that.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The header they say it in.
    pub proxy_header: ProxyHeader,
    /// How long a challenge may be answered. Each may be answered once.
    pub challenge_life: Duration,
    /// How long a registration link can be used.
    pub link_life: Duration,
    /// How long the body of a request may take to arrive.
    pub body_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rp_id: "localhost".to_owned(),
            origin: None,
            trusted_roots: TrustedRoots::default(),
            policy: Policy::aal3(),
            revocation: None,
            database: None,
            kept: Kept::default(),
            clients: Clients::default(),
            application_roots: Vec::new(),
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            challenge_life: Duration::from_mins(5),
            link_life: Duration::from_mins(15),
            body_time: Duration::from_secs(30),
        }
    }
}

/// Root certificates that attestation chains may end at, besides Google's.
///
/// The verifier and the verdict each have their own form of them.
///
/// ```
/// use wardkey_sandbox::{TrustedRoots, TrustedRootsError};
///
/// let mut roots = TrustedRoots::default();
/// assert!(matches!(roots.add_pem(b""), Err(TrustedRootsError::Empty)));
/// assert!(roots.is_empty());
/// ```
#[derive(Clone, Default)]
pub struct TrustedRoots {
    verifier: AttestationCaList,
    added: Vec<Vec<u8>>,
}

/// Why a PEM text cannot be a list of trusted roots.
///
/// ```
/// use wardkey_sandbox::{TrustedRoots, TrustedRootsError};
///
/// let not_a_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
/// let error = TrustedRoots::default().add_pem(not_a_certificate).unwrap_err();
/// assert!(matches!(error, TrustedRootsError::Certificate { number: 1, .. }));
/// ```
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
        let (mut added, mut read) = (AttestationCaList::default(), Vec::new());
        for (index, certificate) in certificates.enumerate() {
            let one = AttestationCaList::try_from(pem::encode(certificate).as_bytes()).map_err(
                |error| TrustedRootsError::Certificate {
                    number: index + 1,
                    reason: error.to_string(),
                },
            )?;
            added.union(&one);
            read.push(certificate.contents().to_vec());
        }
        if added.is_empty() {
            return Err(TrustedRootsError::Empty);
        }
        self.verifier.union(&added);
        self.added.extend(read);
        Ok(())
    }

    /// How many different roots there are.
    pub fn len(&self) -> usize {
        self.verifier.len()
    }

    /// Whether nobody is trusted, so that no attestation can be verified.
    pub fn is_empty(&self) -> bool {
        self.verifier.is_empty()
    }

    pub(crate) fn list(&self) -> &AttestationCaList {
        &self.verifier
    }

    /// Google's roots and these, which vouch for no hardware unless they are Google's own.
    pub(crate) fn for_verdicts(&self) -> Roots {
        let mut roots = Roots::google();
        for certificate in &self.added {
            // The verifier has read it; what the verdict cannot read, it does not believe.
            if let Ok(more) = roots.clone().with_test_root(certificate) {
                roots = more;
            }
        }
        roots
    }
}

impl fmt::Debug for TrustedRoots {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TrustedRoots({})", self.len())
    }
}
