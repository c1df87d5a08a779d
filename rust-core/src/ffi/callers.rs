//! Who asks, as Kotlin reads it from Android.

use std::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use thiserror::Error;

use super::failure::{PasskeyError, Reason, Step};
use crate::webauthn::{
    Caller, CallingApp, PrivilegedApps, RpId, Signers, UnprovenApp, UnprovenCaller,
};

/// Google Play services, which asks on behalf of another device whose code it scanned.
pub(super) const PLAY_SERVICES: &str = "com.google.android.gms";

/// The calling application, from Android's `CallingAppInfo`. The [module's example](super) has a browser.
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

/// Why a statement list cannot be fetched, as in the [module's example](super).
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

/// Fetches a relying party's statement about its applications. Implemented in Kotlin, and by the
/// [module's example](super).
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
