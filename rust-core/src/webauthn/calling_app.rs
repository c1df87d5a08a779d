//! Who calls, as Android tells it, and what that makes of them.

use alloc::{format, string::String, vec::Vec};

use thiserror::Error;

use super::{
    asset_links::AssetLinks,
    caller::{App, Caller},
    json::InvalidJson,
    origin::{AppOrigin, RpId, ScopeError, WebOrigin},
    privileged_apps::PrivilegedApps,
};

/// SHA-256 of an application's DER signing certificate.
///
/// ```
/// use wardkey_core::webauthn::{AppOrigin, CertificateDigest};
///
/// let certificate: CertificateDigest = [7; 32];
/// assert_eq!(
///     AppOrigin::new(&certificate).as_str(),
///     "android:apk-key-hash:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
/// );
/// ```
pub type CertificateDigest = [u8; 32];

/// An application that asks Android for a passkey.
///
/// ```
/// use wardkey_core::webauthn::{
///     Caller, CallerError, CallingApp, PrivilegedApps, Signers, UnprovenCaller,
/// };
///
/// let app = CallingApp {
///     package: "org.example.app".into(),
///     signers: Signers::One { original: [7; 32], current: [7; 32] },
///     origin: None,
///     client_data_hash: None,
/// };
/// let privileged = PrivilegedApps::parse(r#"{"apps": []}"#)?;
/// assert!(matches!(app.clone().identify(&privileged)?, UnprovenCaller::App(_)));
///
/// // Nobody but a browser on the list may speak for a web page.
/// let app = CallingApp { origin: Some("https://example.org".into()), ..app };
/// assert_eq!(app.identify(&privileged).unwrap_err(), CallerError::NotPrivileged("org.example.app".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallingApp {
    /// Its package name.
    pub package: String,
    /// Who signed it.
    pub signers: Signers,
    /// The web origin it speaks for; Android lets only privileged callers set one.
    pub origin: Option<String>,
    /// SHA-256 of client data that the caller keeps to itself.
    pub client_data_hash: Option<[u8; 32]>,
}

/// The signing certificates of an application, Android's `SigningInfo`.
///
/// ```
/// use wardkey_core::webauthn::{CallerError, CallingApp, PrivilegedApps, Signers};
///
/// let app = CallingApp {
///     package: "org.example.app".into(),
///     signers: Signers::Several(vec![[7; 32], [8; 32]]),
///     origin: None,
///     client_data_hash: None,
/// };
/// let error = app.identify(&PrivilegedApps::parse(r#"{"apps": []}"#)?).unwrap_err();
/// assert_eq!(error, CallerError::SeveralSigners("org.example.app".into()));
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signers {
    /// One signer, whose certificate may have been rotated.
    One {
        /// The certificate the history begins with: lists of privileged applications name it.
        original: CertificateDigest,
        /// The one that signed this version.
        current: CertificateDigest,
    },
    /// Several signers at once.
    Several(Vec<CertificateDigest>),
}

/// Why a caller is turned away.
///
/// ```
/// use wardkey_core::webauthn::CallerError;
///
/// let error = CallerError::NotLinked {
///     rp_id: "example.org".into(),
///     package: "org.example.app".into(),
/// };
/// assert_eq!(
///     error.to_string(),
///     "example.org does not name the application org.example.app as its own"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallerError {
    /// It speaks for a web page without being on the list of those who may.
    #[error("{0} may not ask for passkeys of web pages: it is not on the list of trusted browsers")]
    NotPrivileged(String),
    /// It gives the hash of client data, but no origin.
    #[error("{0} gave a hash of client data without saying which page it speaks for")]
    HashWithoutOrigin(String),
    /// A native application with several signers has no single origin.
    #[error("{0} is signed by several parties, so it cannot be told who it is")]
    SeveralSigners(String),
    /// The relying party's Digital Asset Links do not name the application.
    #[error("{rp_id} does not name the application {package} as its own")]
    NotLinked {
        /// The relying party.
        rp_id: String,
        /// The application.
        package: String,
    },
    /// The relying party's Digital Asset Links cannot be read.
    #[error("the list of applications of {rp_id} cannot be read: {error}")]
    Links {
        /// The relying party.
        rp_id: String,
        /// What is wrong with them.
        error: InvalidJson,
    },
    /// The origin or relying party id is none.
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

/// A caller, as far as Android and the list of privileged applications can prove it.
///
/// ```
/// use wardkey_core::webauthn::{Caller, CallerError, CallingApp, PrivilegedApps, RpId, UnprovenCaller};
///
/// /// `fetch` asks the Internet for the relying party's statements.
/// fn prove(
///     app: CallingApp,
///     privileged: &PrivilegedApps,
///     rp_id: RpId,
///     fetch: impl Fn(&RpId) -> String,
/// ) -> Result<Caller, CallerError> {
///     match app.identify(privileged)? {
///         UnprovenCaller::Privileged(browser) => Ok(browser),
///         UnprovenCaller::App(app) => {
///             let statements = fetch(&rp_id);
///             app.prove(rp_id, &statements)
///         }
///     }
/// }
/// # use wardkey_core::webauthn::Signers;
/// # let app = CallingApp {
/// #     package: "org.example.app".into(),
/// #     signers: Signers::One { original: [7; 32], current: [7; 32] },
/// #     origin: None,
/// #     client_data_hash: None,
/// # };
/// # let privileged = PrivilegedApps::parse(r#"{"apps": []}"#)?;
///
/// let rp_id = RpId::parse("example.org")?;
/// let unknown = prove(app, &privileged, rp_id, |_| "[]".into());
/// assert!(matches!(unknown, Err(CallerError::NotLinked { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnprovenCaller {
    /// A privileged caller: nothing is left to prove.
    Privileged(Caller),
    /// A native application; its relying party has yet to name it.
    App(UnprovenApp),
}

/// A native application that no relying party has named yet.
///
/// ```
/// use wardkey_core::webauthn::{RpId, UnprovenApp};
///
/// let rp_id = RpId::parse("example.org")?;
/// assert_eq!(
///     UnprovenApp::statements_url(&rp_id),
///     "https://example.org/.well-known/assetlinks.json"
/// );
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnprovenApp {
    package: String,
    certificate: CertificateDigest,
}

impl CallingApp {
    /// Tells browsers from native applications, and turns away who claims to be a browser.
    pub fn identify(self, privileged: &PrivilegedApps) -> Result<UnprovenCaller, CallerError> {
        match (&self.origin, self.client_data_hash) {
            (Some(origin), hash) => {
                if !privileged.include(&self.package, &self.signers) {
                    return Err(CallerError::NotPrivileged(self.package));
                }
                let origin = WebOrigin::parse(origin)?;
                Ok(UnprovenCaller::Privileged(match hash {
                    Some(client_data_hash) => Caller::Client { origin, client_data_hash },
                    None => Caller::page(origin),
                }))
            }
            // Client data of one's own making would register and then fail at every sign-in, and the
            // hash alone says nothing about whose it is.
            (None, Some(_)) => Err(CallerError::HashWithoutOrigin(self.package)),
            (None, None) => match self.signers {
                Signers::One { current, .. } => Ok(UnprovenCaller::App(UnprovenApp {
                    package: self.package,
                    certificate: current,
                })),
                Signers::Several(_) => Err(CallerError::SeveralSigners(self.package)),
            },
        }
    }
}

impl UnprovenApp {
    /// Where a relying party publishes which applications are its own.
    pub fn statements_url(rp_id: &RpId) -> String {
        format!("https://{rp_id}/.well-known/assetlinks.json")
    }

    /// Proves the application by the relying party's statement list.
    pub fn prove(self, rp_id: RpId, statements: &str) -> Result<Caller, CallerError> {
        let links = AssetLinks::parse(statements)
            .map_err(|error| CallerError::Links { rp_id: rp_id.as_str().into(), error })?;
        if !links.share_credentials_with(&self.package, &self.certificate) {
            let rp_id = rp_id.as_str().into();
            return Err(CallerError::NotLinked { rp_id, package: self.package });
        }
        let origin = AppOrigin::new(&self.certificate);
        Ok(Caller::App(App { origin, package: self.package, linked_rp_id: rp_id }))
    }
}
