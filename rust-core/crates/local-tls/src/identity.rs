//! A certificate chain and its private key, ready to answer TLS with.

use std::{fmt, fs, path::Path, sync::Arc};

use base64ct::{Base64, Encoding as _};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::ParsedCertificate,
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::{TlsError, provider};

/// What a service shows its clients: a leaf certificate with its chain, and the key behind it.
///
/// ```
/// use wardkey_local_tls::{Authority, TlsError, TlsIdentity};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # Authority::load_or_create(folder)?;
/// // One file with both, as the authority's own is.
/// let file = folder.join("authority.pem");
/// let identity = TlsIdentity::from_pem_files(&file, &file)?;
/// assert_eq!(identity.server_config()?.alpn_protocols, [b"http/1.1"]);
///
/// let missing = TlsIdentity::from_pem_files(&folder.join("chain.pem"), &file);
/// assert!(matches!(missing, Err(TlsError::Read { .. })));
/// # Ok::<(), TlsError>(())
/// ```
#[derive(Clone)]
pub struct TlsIdentity {
    certified: Arc<CertifiedKey>,
    spki_sha256: [u8; 32],
}

impl TlsIdentity {
    /// Reads a certificate chain (leaf first) and its private key (PKCS #8, SEC 1 or PKCS #1),
    /// both PEM. The two paths may be the same file.
    pub fn from_pem_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let certificates_pem = read(certificates)?;
        let key_pem = read(key)?;
        let chain = parse_certificates(&certificates_pem, &certificates.display().to_string())?;
        let key_der = parse_key(&key_pem, &key.display().to_string())?;
        let whence = format!("{} with {}", certificates.display(), key.display());
        Self::new(chain, key_der, &whence)
    }

    pub(crate) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        whence: &str,
    ) -> Result<Self, TlsError> {
        let unusable = |source| TlsError::Unusable { whence: whence.to_owned(), source };
        let leaf =
            chain.first().ok_or_else(|| TlsError::NoCertificate { whence: whence.to_owned() })?;
        let spki_sha256 = spki_sha256(leaf).map_err(unusable)?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(unusable)?;
        Ok(Self { certified: Arc::new(certified), spki_sha256 })
    }

    /// The leaf certificate and what follows it, DER.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.certified.cert
    }

    /// Standard base64 (44 characters) of the SHA-256 of the leaf's `SubjectPublicKeyInfo`: the
    /// form in which Chromium's `--ignore-certificate-errors-spki-list` names a certificate.
    pub fn spki_sha256_base64(&self) -> String {
        Base64::encode_string(&self.spki_sha256)
    }

    /// Settings for a server that answers with this identity, in HTTP/1.1 only.
    ///
    /// A WebSocket over HTTP/2 is opened by another method (RFC 8441), which the hybrid clients
    /// in the field do not use, so HTTP/2 is not offered.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|source| TlsError::Unusable {
                whence: "the ring provider".to_owned(),
                source,
            })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.certified))));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TlsIdentity")
            .field("spki_sha256", &self.spki_sha256_base64())
            .finish_non_exhaustive()
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

/// All certificates in `text`, at least one. Other PEM blocks are passed over.
pub(crate) fn parse_certificates(
    text: &[u8],
    whence: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| damaged(whence, &error))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { whence: whence.to_owned() });
    }
    Ok(certificates)
}

/// The first private key in `text`.
pub(crate) fn parse_key(text: &[u8], whence: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoPrivateKey { whence: whence.to_owned() },
        other => damaged(whence, &other),
    })
}

fn damaged(whence: &str, error: &pem::Error) -> TlsError {
    TlsError::Pem { whence: whence.to_owned(), reason: error.to_string() }
}

fn spki_sha256(leaf: &CertificateDer<'_>) -> Result<[u8; 32], rustls::Error> {
    let spki = ParsedCertificate::try_from(leaf)?.subject_public_key_info();
    let digest = ring::digest::digest(&ring::digest::SHA256, spki.as_ref());
    // SHA-256 is 32 bytes long; rustls has no better name for the impossible case.
    digest.as_ref().try_into().map_err(|_| rustls::Error::General("SHA-256 length".to_owned()))
}
