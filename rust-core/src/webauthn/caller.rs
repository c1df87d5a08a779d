//! Who asks for a ceremony, as the platform has established it.

use alloc::{string::String, vec, vec::Vec};

use super::{
    client_data::{Ceremony, ClientData, CollectedClientData, CrossOrigin},
    origin::{AppOrigin, RpId, ScopeError, WebOrigin},
};

/// The caller, which decides who makes the client data and which relying parties are in scope.
///
/// ```
/// use wardkey_core::webauthn::{Authentication, Caller, WebOrigin};
///
/// // A browser has its own client data, of which it gives the hash.
/// let origin = WebOrigin::parse("https://example.org")?;
/// let caller = Caller::Client { origin, client_data_hash: [0x5a; 32] };
/// let options = r#"{"challenge": "AA", "rpId": "example.org"}"#;
/// let authentication = Authentication::new(options, &caller)?;
/// assert_eq!(authentication.request().client_data_hash, [0x5a; 32]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A web page, for which this code is the WebAuthn client.
    Web(WebPage),
    /// A native application, for which this code is the WebAuthn client.
    App(App),
    /// A privileged caller (a browser on the allow list of the platform) that is itself the client: it
    /// has checked the relying party id and keeps the client data.
    Client {
        /// The page it speaks for.
        origin: WebOrigin,
        /// SHA-256 of its client data.
        client_data_hash: [u8; 32],
    },
}

/// A web page.
///
/// ```
/// use wardkey_core::webauthn::{Caller, Embedded, WebOrigin, WebPage};
///
/// let page = |origin| WebOrigin::parse(origin);
/// // A sign-in page inside a frame of another site.
/// let caller = Caller::Web(WebPage {
///     origin: page("https://login.example.org")?,
///     embedded: Embedded::In(page("https://example.com")?),
/// });
/// assert_ne!(caller, Caller::page(page("https://login.example.org")?));
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPage {
    /// Its origin.
    pub origin: WebOrigin,
    /// The page around it, if that is of another origin.
    pub embedded: Embedded,
}

/// Where a page is embedded.
///
/// ```
/// use wardkey_core::webauthn::{Embedded, WebOrigin, WebPage};
///
/// let origin = WebOrigin::parse("https://login.example.org")?;
/// let page = WebPage { origin, embedded: Embedded::In(WebOrigin::parse("https://example.com")?) };
/// let warning = match &page.embedded {
///     Embedded::No => None,
///     Embedded::In(around) => Some(format!("{} is inside {}", page.origin.as_str(), around.as_str())),
/// };
/// assert_eq!(warning.as_deref(), Some("https://login.example.org is inside https://example.com"));
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Embedded {
    /// In nothing, or in pages of its own origin.
    No,
    /// In a page of another origin.
    In(WebOrigin),
}

/// A native application.
///
/// ```
/// use wardkey_core::webauthn::{App, AppOrigin, Authentication, Caller, RpId};
///
/// let caller = Caller::App(App {
///     origin: AppOrigin::new(&[7; 32]),
///     package: "org.example.app".into(),
///     linked_rp_id: RpId::parse("example.org")?,
/// });
/// assert!(Authentication::new(r#"{"challenge": "AA", "rpId": "example.org"}"#, &caller).is_ok());
/// assert!(Authentication::new(r#"{"challenge": "AA", "rpId": "example.com"}"#, &caller).is_err());
/// # Ok::<(), wardkey_core::webauthn::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its signing certificate.
    pub origin: AppOrigin,
    /// Its package name.
    pub package: String,
    /// The relying party whose Digital Asset Links name this application. Whoever builds this value has
    /// checked them.
    pub linked_rp_id: RpId,
}

impl Caller {
    /// A page that is not embedded.
    pub const fn page(origin: WebOrigin) -> Self {
        Self::Web(WebPage { origin, embedded: Embedded::No })
    }

    /// The relying party id of a ceremony that asks for `requested`.
    pub(super) fn rp_id(&self, requested: Option<&str>) -> Result<RpId, ScopeError> {
        match (self, requested) {
            (Self::Web(page), requested) => page.origin.rp_id(requested),
            (Self::App(app), Some(requested)) => app.rp_id(requested),
            (Self::App(_), None) => Err(ScopeError::NoRpId),
            // The client's own check may know more than the origin: related origins, for one.
            (Self::Client { .. }, Some(requested)) => RpId::parse(requested),
            (Self::Client { origin, .. }, None) => Ok(origin.effective_domain()),
        }
    }

    pub(super) fn client_data(&self, ceremony: Ceremony, challenge: &[u8]) -> ClientData {
        let data = match self {
            Self::Client { client_data_hash, .. } => return ClientData::Hash(*client_data_hash),
            Self::Web(page) => page.client_data(ceremony, challenge),
            Self::App(app) => app.client_data(ceremony, challenge),
        };
        ClientData::Json(data.to_json())
    }
}

impl WebPage {
    fn client_data(&self, ceremony: Ceremony, challenge: &[u8]) -> CollectedClientData {
        let cross_origin = match &self.embedded {
            Embedded::No => CrossOrigin::No,
            Embedded::In(top) => CrossOrigin::Yes { top_origin: Some(top.as_str().into()) },
        };
        let data = CollectedClientData::new(ceremony, challenge, self.origin.as_str());
        CollectedClientData { cross_origin, ..data }
    }
}

impl App {
    fn rp_id(&self, requested: &str) -> Result<RpId, ScopeError> {
        let rp_id = RpId::parse(requested)?;
        if rp_id == self.linked_rp_id {
            return Ok(rp_id);
        }
        let origin = self.origin.as_str().into();
        Err(ScopeError::OutOfScope { origin, rp_id: requested.into() })
    }

    /// Android's clients name the package too.
    fn client_data(&self, ceremony: Ceremony, challenge: &[u8]) -> CollectedClientData {
        let data = CollectedClientData::new(ceremony, challenge, self.origin.as_str());
        let extra: Vec<_> = vec![("androidPackageName".into(), self.package.clone())];
        CollectedClientData { extra, ..data }
    }
}
