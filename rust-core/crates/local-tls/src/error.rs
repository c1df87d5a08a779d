//! What can go wrong with certificates, keys and the files they are kept in.

use std::path::PathBuf;

/// A failure to make, read, save or use a certificate or its private key.
///
/// Private keys never appear in a message.
///
/// ```
/// use wardkey_local_tls::{Authority, TlsError};
///
/// let error = Authority::generate()?.issue(&["not a name"]).unwrap_err();
/// assert!(matches!(&error, TlsError::Name { name } if name == "not a name"));
/// assert!(error.to_string().starts_with("“not a name” is not a DNS name or an IP address"));
/// # Ok::<(), TlsError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A name asked for is neither a DNS name nor an IP address.
    #[error("“{name}” is not a DNS name or an IP address, so no certificate can be made for it")]
    Name {
        /// The name as given.
        name: String,
    },
    /// No name was asked for.
    #[error("a certificate needs at least one DNS name or IP address")]
    NoName,
    /// A key or certificate could not be made.
    #[error("the certificate could not be made: {0}")]
    Generate(#[from] rcgen::Error),
    /// A file could not be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("{} could not be written: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// PEM text is damaged.
    #[error("{whence} is not readable PEM: {reason}")]
    Pem {
        /// The file, or what the text was given as.
        whence: String,
        /// What the parser found.
        reason: String,
    },
    /// PEM text holds no certificate.
    #[error("{whence} holds no certificate (a “-----BEGIN CERTIFICATE-----” block is expected)")]
    NoCertificate {
        /// The file, or what the text was given as.
        whence: String,
    },
    /// PEM text holds no private key.
    #[error("{whence} holds no private key (a “-----BEGIN PRIVATE KEY-----” block is expected)")]
    NoPrivateKey {
        /// The file, or what the text was given as.
        whence: String,
    },
    /// Certificate and private key cannot be used, alone or together.
    #[error("{whence} cannot be used for TLS: {source}")]
    Unusable {
        /// The files, or what the text was given as.
        whence: String,
        /// What rustls says.
        source: rustls::Error,
    },
    /// The authority's private key is readable by others.
    #[error("{} holds a private key but others may read it; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The stored authority is too near its end to issue from.
    #[error("the test authority in {} has expired; delete that file to have a new one made", path.display())]
    AuthorityExpired {
        /// The file.
        path: PathBuf,
    },
}
