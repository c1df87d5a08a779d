//! Where tunnel services are reached and whom to trust there.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// How this machine reaches tunnel services.
///
/// ```
/// use wardkey_driver::tunnel::TunnelAccess;
///
/// // The real ones:
/// let access = TunnelAccess::new()?;
/// // One of our own, for every domain:
/// # let authority = wardkey_local_tls::Authority::generate()?;
/// # let pem = authority.certificate_pem().as_bytes();
/// let access = TunnelAccess::trusting(pem)?.connecting_to("localhost:8443".parse()?);
/// assert!(TunnelAccess::trusting(b"").is_err(), "that would trust nobody");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TunnelAccess {
    pub(super) connect_to: Option<TunnelAddress>,
    pub(super) tls: Arc<ClientConfig>,
}

/// Why access to tunnel services cannot be set up.
///
/// ```
/// use wardkey_driver::tunnel::{AccessError, TunnelAccess};
///
/// let error: AccessError = TunnelAccess::trusting(b"no certificate").unwrap_err();
/// assert!(error.to_string().contains("hold no certificate"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The list of trusted authorities is not PEM.
    #[error("the trusted authorities are not readable PEM: {0}")]
    Pem(String),
    /// The list of trusted authorities is empty.
    #[error("the trusted authorities hold no certificate (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate,
    /// TLS cannot use what it was given.
    #[error("the trusted authorities cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

impl TunnelAccess {
    /// Trusts the authorities that browsers trust, as listed by Mozilla.
    pub fn new() -> Result<Self, AccessError> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self::with_roots(roots)
    }

    /// Trusts the authorities in `roots_pem` (one or more PEM certificates) and nobody else.
    pub fn trusting(roots_pem: &[u8]) -> Result<Self, AccessError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(roots_pem) {
            roots.add(certificate.map_err(|error| AccessError::Pem(error.to_string()))?)?;
        }
        if roots.is_empty() {
            return Err(AccessError::NoCertificate);
        }
        Self::with_roots(roots)
    }

    /// Goes to `address` for every tunnel domain. The name in TLS and HTTP stays the domain's.
    #[must_use]
    pub fn connecting_to(mut self, address: TunnelAddress) -> Self {
        self.connect_to = Some(address);
        self
    }

    fn with_roots(roots: RootCertStore) -> Result<Self, AccessError> {
        // Named explicitly: the process-wide default provider might be another one.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connect_to: None, tls: Arc::new(tls) })
    }
}

/// A host and a port, as in `localhost:8443`, `192.0.2.1:443` or `[2001:db8::1]:443`.
///
/// ```
/// use wardkey_driver::{TunnelAccess, TunnelAddress};
///
/// let address: TunnelAddress = "localhost:8453".parse()?;
/// let access = TunnelAccess::new()?.connecting_to(address);
/// assert!("localhost".parse::<TunnelAddress>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunnelAddress {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Why text is no address.
///
/// ```
/// use wardkey_driver::{TunnelAddress, tunnel::AddressError};
///
/// let refused = |text: &str| text.parse::<TunnelAddress>().unwrap_err();
/// assert_eq!(refused("localhost"), AddressError::NoPort);
/// assert_eq!(refused("localhost:0"), AddressError::BadPort);
/// assert_eq!(refused("2001:db8::1:443"), AddressError::BadHost);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `:PORT`.
    #[error("expected HOST:PORT, for example localhost:8443")]
    NoPort,
    /// The port is no number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    BadPort,
    /// The host is empty or holds characters that no host has.
    #[error("the host must be a name or an IP address (IPv6 in brackets)")]
    BadHost,
}

impl TunnelAddress {
    /// The port of HTTPS at this host.
    pub(super) fn https(host: &str) -> Self {
        Self { host: host.to_owned(), port: 443 }
    }
}

impl FromStr for TunnelAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(AddressError::NoPort)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(AddressError::BadPort)?;
        let host = match host.strip_prefix('[').map(|host| host.strip_suffix(']')) {
            Some(Some(ipv6)) if ipv6.parse::<std::net::Ipv6Addr>().is_ok() => ipv6,
            None if is_name(host) => host,
            _ => return Err(AddressError::BadHost),
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

/// Host names and IPv4 addresses. Whether the name exists shows when it is used.
fn is_name(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty() && host.bytes().all(allowed)
}

impl fmt::Display for TunnelAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_every_kind_are_read() {
        for text in ["localhost:8443", "192.0.2.1:1", "[2001:db8::1]:443", "tunnel_1.test:65535"] {
            assert_eq!(text.parse::<TunnelAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn each_mistake_is_named() {
        let error = |text: &str| text.parse::<TunnelAddress>().unwrap_err();
        assert_eq!(error("localhost"), AddressError::NoPort);
        assert_eq!(error("localhost:"), AddressError::BadPort);
        assert_eq!(error("localhost:0"), AddressError::BadPort);
        assert_eq!(error("localhost:65536"), AddressError::BadPort);
        assert_eq!(error(":443"), AddressError::BadHost);
        assert_eq!(error("2001:db8::1:443"), AddressError::BadHost);
        assert_eq!(error("[2001:db8::1:443"), AddressError::BadHost);
        assert_eq!(error("[localhost]:443"), AddressError::BadHost);
        assert_eq!(error("https://localhost:443"), AddressError::BadHost);
    }

    #[test]
    fn authorities_must_be_certificates() {
        let error = |pem: &str| TunnelAccess::trusting(pem.as_bytes()).unwrap_err();
        assert!(matches!(error(""), AccessError::NoCertificate));
        assert!(matches!(error("nothing of the sort"), AccessError::NoCertificate));
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert!(matches!(error(cut), AccessError::Pem(_)));
        let wrong = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(error(wrong), AccessError::Tls(_)));
    }

    proptest! {
        #[test]
        fn what_is_read_is_shown_the_same(text in "\\PC{0,40}") {
            if let Ok(address) = text.parse::<TunnelAddress>() {
                let shown = address.to_string();
                prop_assert_eq!(shown.parse::<TunnelAddress>(), Ok(address));
            }
        }
    }
}
