//! Who asks, as Kotlin reads it from Android.

use std::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use thiserror::Error;

use super::{
    failure::{PasskeyError, Step},
    reason::Reason,
};
use crate::webauthn::{
    Caller, CallingApp, PrivilegedApps, RpId, Signers, UnprovenApp, UnprovenCaller,
};

/// Google Play services, which asks on behalf of another device whose code it scanned.
pub(super) const PLAY_SERVICES: &str = "com.google.android.gms";

/// The calling application, from Android's `CallingAppInfo`.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, creation, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{AndroidCaller, PasskeyError, Reason};
///
/// // It says that it is a browser, and is on nobody's list of browsers.
/// let impostor = AndroidCaller {
///     package: "org.example.game".into(),
///     signers: vec![vec![0xa5; 32]],
///     original_signer: None,
///     origin: Some("https://example.org".into()),
///     client_data_hash: Some(vec![0x5a; 32]),
/// };
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// let made = run(phone.create(creation(), impostor, keys, screens));
/// let Err(PasskeyError::NotAllowed { failure }) = made else { panic!("it was let in") };
/// assert_eq!(failure.reason, Reason::UntrustedCaller);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AndroidCaller {
    /// Its package name.
    pub package: String,
    /// SHA-256 of each current signing certificate, `SigningInfo.getApkContentsSigners`.
    pub signers: Vec<Vec<u8>>,
    /// SHA-256 of the certificate that the history begins with, `getSigningCertificateHistory()[0]`, for an
    /// application with one signer.
    pub original_signer: Option<Vec<u8>>,
    /// The origin it speaks for.
    pub origin: Option<String>,
    /// The client data hash it brought, 32 bytes.
    pub client_data_hash: Option<Vec<u8>>,
}

/// Why a statement list cannot be fetched.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{File, Keystore, Screens, browser, browsers, creation, run};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::{PasskeyError, PasskeyProvider};
/// use wardkey_core::ffi::{AndroidCaller, AssetLinkFetcher, FetchError, Reason, Step};
///
/// /// A site that says nothing about applications.
/// struct Silent;
///
/// #[async_trait::async_trait]
/// impl AssetLinkFetcher for Silent {
///     async fn fetch(&self, url: String) -> Result<String, FetchError> {
///         Err(FetchError::Failed { detail: format!("{url}: status 404") })
///     }
/// }
///
/// # let links = Arc::new(Silent);
/// # let phone = PasskeyProvider::new(Arc::new(File::default()), links, &browsers(), false)?;
/// # let (keys, screens) = (Keystore::new(), Arc::new(Screens::default()));
/// let app = AndroidCaller { origin: None, client_data_hash: None, ..browser() };
/// let made = run(phone.create(creation(), app, keys, screens));
/// let Err(PasskeyError::Network { failure }) = made else { panic!("nobody vouched for it") };
/// assert_eq!((failure.step, failure.reason), (Step::Caller, Reason::SiteUnreachable));
/// assert!(failure.detail.ends_with("status 404"));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, uniffi::Error)]
pub enum FetchError {
    /// No answer, or none that can be used.
    #[error("{detail}")]
    Failed {
        /// What failed.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for FetchError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { detail: error.reason }
    }
}

/// Fetches a relying party's statement about its applications. Implemented in Kotlin.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{File, Keystore, Screens, browser, browsers, creation, run};
/// # use std::sync::Arc;
/// # use wardkey_core::ffi::PasskeyProvider;
/// use wardkey_core::ffi::{AndroidCaller, AssetLinkFetcher, FetchError};
///
/// /// A site with one application.
/// struct Site;
///
/// #[async_trait::async_trait]
/// impl AssetLinkFetcher for Site {
///     async fn fetch(&self, url: String) -> Result<String, FetchError> {
///         assert_eq!(url, "https://example.org/.well-known/assetlinks.json");
///         let certificate = ["A5"; 32].join(":");
///         Ok(format!(
///             r#"[{{"relation": ["delegate_permission/common.get_login_creds"], "target": {{
///                 "namespace": "android_app",
///                 "package_name": "org.example.app",
///                 "sha256_cert_fingerprints": ["{certificate}"]
///             }}}}]"#
///         ))
///     }
/// }
///
/// # let phone =
/// #     PasskeyProvider::new(Arc::new(File::default()), Arc::new(Site), &browsers(), false)?;
/// # let (keys, screens) = (Keystore::new(), Arc::new(Screens::default()));
/// let app = |package: &str| AndroidCaller {
///     package: package.into(),
///     signers: vec![vec![0xa5; 32]],
///     original_signer: None,
///     origin: None,
///     client_data_hash: None,
/// };
/// let its_own = app("org.example.app");
/// assert!(run(phone.create(creation(), its_own, keys.clone(), screens.clone())).is_ok());
/// let foreign = app("org.example.game");
/// assert!(run(phone.create(creation(), foreign, keys, screens)).is_err());
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait AssetLinkFetcher: Send + Sync {
    /// The JSON at an `https` address; no redirects, status 200 only.
    async fn fetch(&self, url: String) -> Result<String, FetchError>;
}

impl AndroidCaller {
    fn calling_app(self) -> Result<CallingApp, PasskeyError> {
        let signers: Vec<_> =
            self.signers.iter().map(|digest| bytes32(digest)).collect::<Result<_, _>>()?;
        let original = self.original_signer.as_deref().map(bytes32).transpose()?;
        let signers = match signers.as_slice() {
            [] => return Err(malformed("it has no signing certificate")),
            [current] => Signers::One { original: original.unwrap_or(*current), current: *current },
            _ => Signers::Several(signers),
        };
        let client_data_hash = self.client_data_hash.as_deref().map(bytes32).transpose()?;
        Ok(CallingApp { package: self.package, signers, origin: self.origin, client_data_hash })
    }

    /// Establishes who asks. `rp_id` is the relying party of the request, if it names one.
    pub(super) async fn prove(
        self,
        privileged: &PrivilegedApps,
        links: &dyn AssetLinkFetcher,
        rp_id: Option<&str>,
    ) -> Result<Caller, PasskeyError> {
        match self.calling_app()?.identify(privileged)? {
            UnprovenCaller::Privileged(caller) => Ok(caller),
            UnprovenCaller::App(app) => {
                let rp_id = rp_id.ok_or_else(|| malformed("it does not name its relying party"))?;
                let rp_id = RpId::parse(rp_id).map_err(|error| malformed(&error.to_string()))?;
                let url = UnprovenApp::statements_url(&rp_id);
                let statements = links.fetch(url).await.map_err(|error| {
                    PasskeyError::new(Step::Caller, Reason::SiteUnreachable, error.to_string())
                })?;
                Ok(app.prove(rp_id, &statements)?)
            }
        }
    }
}

fn bytes32(bytes: &[u8]) -> Result<[u8; 32], PasskeyError> {
    bytes.try_into().map_err(|_| malformed("a hash of it is not 32 bytes long"))
}

fn malformed(problem: &str) -> PasskeyError {
    let detail = std::format!("the caller cannot be identified: {problem}");
    PasskeyError::new(Step::Caller, Reason::UntrustedCaller, detail)
}
