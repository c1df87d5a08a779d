//! The list of browsers that may speak for web pages.

use alloc::{string::String, vec::Vec};

use super::{
    calling_app::{CertificateDigest, Signers},
    fingerprint,
    json::{self, InvalidJson, Object},
};

/// The member that holds a certificate's digest.
const FINGERPRINT: &str = "cert_fingerprint_sha256";

/// Applications that may name a web origin, in the format Android's credential managers share.
///
/// Only `release` certificates count: those of `userdebug` builds are for people who build Android.
///
/// ```
/// use wardkey_core::webauthn::{PrivilegedApps, Signers};
///
/// let list = PrivilegedApps::parse(
///     r#"{"apps": [{"type": "android", "info": {
///         "package_name": "org.example.browser",
///         "signatures": [{
///             "build": "release",
///             "cert_fingerprint_sha256": "01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01"
///         }]
///     }}]}"#,
/// )?;
/// let rotated = Signers::One { original: [1; 32], current: [2; 32] };
/// assert!(list.include("org.example.browser", &rotated));
/// // All of several signers have to be on the list.
/// assert!(!list.include("org.example.browser", &Signers::Several(vec![[1; 32], [2; 32]])));
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivilegedApps(Vec<PrivilegedApp>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct PrivilegedApp {
    package: String,
    certificates: Vec<CertificateDigest>,
}

impl PrivilegedApps {
    /// Reads the list.
    pub fn parse(json: &str) -> Result<Self, InvalidJson> {
        let value = json::parse(json)?;
        let mut apps = Vec::new();
        for entry in Object::root(&value)?.objects("apps")? {
            if entry.string("type")? == "android" {
                apps.push(PrivilegedApp::read(&entry.object("info")?)?);
            }
        }
        Ok(Self(apps))
    }

    /// Whether an application of this name and these signers is on the list.
    pub fn include(&self, package: &str, signers: &Signers) -> bool {
        self.0.iter().filter(|app| app.package == package).any(|app| app.is_signed_by(signers))
    }
}

impl PrivilegedApp {
    fn read(info: &Object<'_>) -> Result<Self, InvalidJson> {
        let mut certificates = Vec::new();
        for signature in info.objects("signatures")? {
            let text = signature.string(FINGERPRINT)?;
            let digest = fingerprint::parse(&signature.path(FINGERPRINT), &text)?;
            if signature.string("build")? == "release" {
                certificates.push(digest);
            }
        }
        Ok(Self { package: info.string("package_name")?, certificates })
    }

    fn is_signed_by(&self, signers: &Signers) -> bool {
        match signers {
            Signers::One { original, .. } => self.certificates.contains(original),
            Signers::Several(all) => {
                !all.is_empty() && all.iter().all(|signer| self.certificates.contains(signer))
            }
        }
    }
}
