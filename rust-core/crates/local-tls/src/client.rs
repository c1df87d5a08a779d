//! Settings for a client that trusts one given authority.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use crate::{TlsError, identity::parse_certificates, provider};

/// Settings for a client that trusts the authorities in `roots_pem` (one or more PEM
/// certificates) and nothing else.
///
/// ```
/// use wardkey_local_tls::{Authority, TlsError, client_config};
///
/// let authority = Authority::generate()?;
/// let trusting = client_config(authority.certificate_pem().as_bytes())?;
/// assert!(trusting.alpn_protocols.is_empty());
/// assert!(matches!(client_config(b"no certificate"), Err(TlsError::NoCertificate { .. })));
/// # Ok::<(), TlsError>(())
/// ```
pub fn client_config(roots_pem: &[u8]) -> Result<Arc<ClientConfig>, TlsError> {
    let whence = "the list of trusted authorities";
    let unusable = |source| TlsError::Unusable { whence: whence.to_owned(), source };
    let mut roots = RootCertStore::empty();
    for certificate in parse_certificates(roots_pem, whence)? {
        roots.add(certificate).map_err(unusable)?;
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
