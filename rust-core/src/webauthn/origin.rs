//! Origins, and which relying party ids they may speak for.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};
use core::fmt;

use thiserror::Error;
use url::{Host, Url};

use super::base64url;

/// The origin of a web page that may use WebAuthn: `https`, or `http` on localhost.
///
/// ```
/// use wardkey_core::webauthn::WebOrigin;
///
/// let origin = WebOrigin::parse("https://login.example.co.uk:8443/")?;
/// assert_eq!(origin.as_str(), "https://login.example.co.uk:8443");
/// assert_eq!(origin.effective_domain().as_str(), "login.example.co.uk");
/// assert_eq!(origin.rp_id(None)?, origin.effective_domain());
/// assert_eq!(origin.rp_id(Some("example.co.uk"))?.as_str(), "example.co.uk");
/// assert!(origin.rp_id(Some("co.uk")).is_err());
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin {
    serialized: String,
    domain: String,
}

/// A relying party id: a domain in its canonical form (lower case, punycode).
///
/// ```
/// use wardkey_core::webauthn::RpId;
///
/// assert_eq!(RpId::parse("Bücher.example")?.as_str(), "xn--bcher-kva.example");
/// assert!(RpId::parse("192.0.2.1").is_err());
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RpId(String);

/// The origin of an Android application: the hash of its signing certificate.
///
/// ```
/// use wardkey_core::webauthn::AppOrigin;
///
/// let origin = AppOrigin::new(&[0; 32]);
/// assert_eq!(origin.as_str(), "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
/// assert_eq!(AppOrigin::parse(origin.as_str()), Ok(origin));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppOrigin(String);

/// Why an origin or relying party id cannot be used. Each is a `SecurityError` to a web page.
///
/// ```
/// use wardkey_core::webauthn::{ScopeError, WebOrigin};
///
/// let insecure = WebOrigin::parse("http://example.org");
/// assert!(matches!(insecure, Err(ScopeError::Insecure(_))));
/// let address = WebOrigin::parse("https://192.0.2.1");
/// assert!(matches!(address, Err(ScopeError::NoDomain(_))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// The text is not an origin: no URL, or one with a path, query, fragment or user.
    #[error("\"{0}\" is not an origin")]
    NotAnOrigin(String),
    /// The page did not come over a secure connection.
    #[error("\"{0}\" is not a secure origin: passkeys need https, or http on localhost")]
    Insecure(String),
    /// The host is an IP address: passkeys are bound to domains.
    #[error("\"{0}\" has no domain, and a passkey is bound to one")]
    NoDomain(String),
    /// The relying party id is not a domain.
    #[error("the relying party id \"{0}\" is not a domain")]
    InvalidRpId(String),
    /// The origin may not speak for this relying party id.
    #[error("{origin} may not use passkeys of \"{rp_id}\"")]
    OutOfScope {
        /// The origin.
        origin: String,
        /// The relying party id it asked for.
        rp_id: String,
    },
    /// An application has to name its relying party.
    #[error("the application does not say which relying party it is for")]
    NoRpId,
}

impl WebOrigin {
    /// Reads an origin as browsers write it; a slash at the end is tolerated, an upper-case or
    /// international host is brought into canonical form.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let not_an_origin = || ScopeError::NotAnOrigin(text.to_owned());
        let url = Url::parse(text).map_err(|_| not_an_origin())?;
        let has_more = url.query().is_some()
            || url.fragment().is_some()
            || !matches!(url.path(), "" | "/")
            || !url.has_host();
        if has_more || !is_plain(text) || !has_two_slashes(text) {
            return Err(not_an_origin());
        }
        let domain = match url.host() {
            Some(Host::Domain(domain)) if is_valid_domain(domain) => domain.to_owned(),
            _ => return Err(ScopeError::NoDomain(text.to_owned())),
        };
        match url.scheme() {
            "https" => {}
            // Secure Contexts §3.1: names that never leave the machine are trustworthy without TLS.
            "http" if is_localhost(&domain) => {}
            _ => return Err(ScopeError::Insecure(text.to_owned())),
        }
        Ok(Self { serialized: url.origin().ascii_serialization(), domain })
    }

    /// The serialized origin: scheme, host, and port if it is not the scheme's own.
    pub fn as_str(&self) -> &str {
        &self.serialized
    }

    /// The relying party id this origin has if it names none: its effective domain.
    pub fn effective_domain(&self) -> RpId {
        RpId(self.domain.clone())
    }

    /// The relying party id of a ceremony of this origin that asks for `requested`.
    ///
    /// It is the origin's domain itself or a parent of it below the public suffix: WebAuthn Level 3
    /// §5.1.3 step 8, HTML "is a registrable domain suffix of or is equal to".
    pub fn rp_id(&self, requested: Option<&str>) -> Result<RpId, ScopeError> {
        let Some(requested) = requested else { return Ok(self.effective_domain()) };
        let rp_id = RpId::parse(requested)?;
        if rp_id.0 == self.domain || self.is_below(&rp_id) {
            return Ok(rp_id);
        }
        Err(ScopeError::OutOfScope { origin: self.serialized.clone(), rp_id: requested.to_owned() })
    }

    fn is_below(&self, rp_id: &RpId) -> bool {
        let is_parent = self
            .domain
            .strip_suffix(rp_id.as_str())
            .is_some_and(|subdomain| subdomain.ends_with('.'));
        let suffix = psl::suffix_str(&self.domain);
        // A public suffix, or part of one, belongs to everybody below it.
        is_parent && suffix.is_some_and(|suffix| rp_id.0.len() > suffix.len())
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.serialized)
    }
}

impl RpId {
    /// Reads a relying party id and brings it into canonical form.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        match Host::parse(text) {
            Ok(Host::Domain(domain)) if is_plain(text) && is_valid_domain(&domain) => {
                Ok(Self(domain))
            }
            _ => Err(ScopeError::InvalidRpId(text.to_owned())),
        }
    }

    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const APP_PREFIX: &str = "android:apk-key-hash:";

impl AppOrigin {
    /// The origin of an application signed by the certificate with this SHA-256 digest.
    pub fn new(certificate_digest: &[u8; 32]) -> Self {
        Self(format!("{APP_PREFIX}{}", base64url::encode(certificate_digest)))
    }

    /// Reads `android:apk-key-hash:` followed by the digest in base64url.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let digest = text.strip_prefix(APP_PREFIX).and_then(|hash| base64url::decode(hash).ok());
        match digest {
            Some(digest) if digest.len() == 32 => Ok(Self(text.to_string())),
            _ => Err(ScopeError::NotAnOrigin(text.to_owned())),
        }
    }

    /// The serialized origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// URL parsers drop control characters and users, decode percent signs and turn backslashes round. No
/// origin and no domain is written like that, so whoever does it has something in mind.
fn is_plain(text: &str) -> bool {
    !text.contains(|character: char| {
        character.is_control() || character.is_whitespace() || matches!(character, '\\' | '%' | '@')
    })
}

/// URL parsers accept any number of slashes after `https:`.
fn has_two_slashes(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with('/'))
}

/// URL, "valid domain": labels of 1 to 63 letters, digits, hyphens (and the underscores DNS has),
/// together at most 253, without the root's dot.
fn is_valid_domain(domain: &str) -> bool {
    let label_is_valid = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    domain.len() <= 253 && domain.split('.').all(label_is_valid)
}

fn is_localhost(domain: &str) -> bool {
    domain == "localhost" || domain.ends_with(".localhost")
}
