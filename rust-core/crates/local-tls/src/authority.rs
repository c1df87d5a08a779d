//! A certificate authority for tests, which stays the same between runs when kept in a folder.

use std::{fmt, net::IpAddr, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, DnsName, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::{
    TlsError, TlsIdentity,
    folder::{self, Readers},
    identity,
};

/// Ten years: it is kept by testers who have imported it somewhere.
const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// Short of the 398 days above which browsers refuse a leaf.
const LEAF_LIFE: Duration = Duration::days(90);
/// Clocks of phones and workstations differ; a certificate from the last minute may be "too early".
const CLOCK_SLACK: Duration = Duration::days(1);

const PRIVATE_FILE: &str = "authority.pem";
const PUBLIC_FILE: &str = "ca.pem";

/// A certificate authority that only those who are told to trust it will trust.
///
/// ```
/// use wardkey_local_tls::{Authority, TlsError};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let authority = Authority::load_or_create(folder)?;
/// let next_time = Authority::load_or_create(folder)?;
/// assert_eq!(next_time.certificate_pem(), authority.certificate_pem());
///
/// let identity = authority.issue(&["localhost", "127.0.0.1"])?;
/// assert_eq!(identity.chain().len(), 1);
/// # Ok::<(), TlsError>(())
/// ```
pub struct Authority {
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new authority (P-256, valid for ten years), kept in memory only.
    pub fn generate() -> Result<Self, TlsError> {
        Self::parse(generate_pem()?.as_bytes(), Path::new("the new test authority"))
    }

    /// Loads the authority kept in `folder`, or makes one and keeps it there.
    ///
    /// `authority.pem` holds certificate and private key and is for its owner alone; `ca.pem` is
    /// the certificate, to hand to clients. Both appear whole or not at all, and of two processes
    /// that start at once both end with the same authority.
    pub fn load_or_create(folder: &Path) -> Result<Self, TlsError> {
        folder::ensure(folder)?;
        let path = folder.join(PRIVATE_FILE);
        if !path.exists() {
            folder::create(&path, generate_pem()?.as_bytes(), Readers::Owner)?;
        }
        folder::refuse_exposed(&path)?;
        let authority = Self::parse(&identity::read(&path)?, &path)?;
        let public = folder.join(PUBLIC_FILE);
        if std::fs::read(&public).ok().as_deref() != Some(authority.certificate_pem.as_bytes()) {
            folder::replace(&public, authority.certificate_pem.as_bytes(), Readers::Everyone)?;
        }
        Ok(authority)
    }

    /// The authority's certificate, PEM: what `--ca FILE.pem` of a client takes.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Issues a certificate with a fresh P-256 key for `names` (DNS names and IP addresses, at
    /// least one), valid for 90 days. The chain sent to clients is the leaf alone.
    pub fn issue(&self, names: &[&str]) -> Result<TlsIdentity, TlsError> {
        let first = names.first().ok_or(TlsError::NoName)?;
        for name in names {
            check_name(name)?;
        }
        let key = KeyPair::generate()?;
        let mut params =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        params.distinguished_name.push(DnType::CommonName, *first);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let now = OffsetDateTime::now_utc();
        params.not_before = now - CLOCK_SLACK;
        params.not_after = now + LEAF_LIFE;
        let leaf = params.signed_by(&key, &self.issuer)?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        TlsIdentity::new(vec![leaf.der().clone()], der, "a certificate of the test authority")
    }

    fn parse(text: &[u8], path: &Path) -> Result<Self, TlsError> {
        let whence = path.display().to_string();
        let certificates = identity::parse_certificates(text, &whence)?;
        let key_der = identity::parse_key(text, &whence)?;
        let key = KeyPair::try_from(&key_der)?;
        // The pair is checked by rustls before anything is issued from it.
        let checked = TlsIdentity::new(certificates, key_der, &whence)?;
        let certificate = checked.chain().first().ok_or(TlsError::NoCertificate { whence })?;
        refuse_expired(certificate, path)?;
        Ok(Self {
            certificate_pem: pem::encode(&pem::Pem::new("CERTIFICATE", certificate.to_vec())),
            issuer: Issuer::from_ca_cert_der(certificate, key)?,
        })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}

/// A new certificate and its private key, PEM, in the form of `authority.pem`.
fn generate_pem() -> Result<Zeroizing<String>, TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Wardkey test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let now = OffsetDateTime::now_utc();
    params.not_before = now - CLOCK_SLACK;
    params.not_after = now + AUTHORITY_LIFE;
    let certificate_pem = params.self_signed(&key)?.pem();
    let key_pem = Zeroizing::new(key.serialize_pem());
    Ok(Zeroizing::new(format!("{certificate_pem}{}", *key_pem)))
}

/// A leaf made by an expired authority would fail at every client, with less to say about why.
fn refuse_expired(certificate: &CertificateDer<'_>, path: &Path) -> Result<(), TlsError> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|error| {
        TlsError::Pem { whence: path.display().to_string(), reason: error.to_string() }
    })?;
    if parsed.validity().is_valid() {
        Ok(())
    } else {
        Err(TlsError::AuthorityExpired { path: path.to_owned() })
    }
}

/// rcgen would put any ASCII text into a certificate.
fn check_name(name: &str) -> Result<(), TlsError> {
    if name.parse::<IpAddr>().is_ok() || DnsName::try_from(name).is_ok() {
        Ok(())
    } else {
        Err(TlsError::Name { name: name.to_owned() })
    }
}
