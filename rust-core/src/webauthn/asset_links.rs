//! Digital Asset Links: which applications a relying party calls its own.

use alloc::{string::String, vec::Vec};

use super::{
    calling_app::CertificateDigest,
    fingerprint,
    json::{self, InvalidJson, Object},
};

/// The relation that lets an application use a site's passkeys.
const RELATION: &str = "delegate_permission/common.get_login_creds";
const FINGERPRINTS: &str = "sha256_cert_fingerprints";

/// The statements of an `assetlinks.json` about Android applications.
///
/// ```
/// use wardkey_core::webauthn::AssetLinks;
///
/// let links = AssetLinks::parse(
///     r#"[{
///         "relation": ["delegate_permission/common.get_login_creds"],
///         "target": {
///             "namespace": "android_app",
///             "package_name": "org.example.app",
///             "sha256_cert_fingerprints": ["01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01"]
///         }
///     }]"#,
/// )?;
/// assert!(links.share_credentials_with("org.example.app", &[1; 32]));
/// assert!(!links.share_credentials_with("org.example.app", &[2; 32]));
/// # Ok::<(), wardkey_core::webauthn::InvalidJson>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetLinks(Vec<Statement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    package: String,
    certificates: Vec<CertificateDigest>,
}

impl AssetLinks {
    /// Reads the statement list. Statements about anything but sharing credentials with an Android
    /// application are left out.
    pub fn parse(json: &str) -> Result<Self, InvalidJson> {
        let value = json::parse(json)?;
        let mut statements = Vec::new();
        for statement in Object::list(&value)? {
            statements.extend(Statement::read(&statement)?);
        }
        Ok(Self(statements))
    }

    /// Whether the application with this package name and certificate may use the site's passkeys.
    pub fn share_credentials_with(&self, package: &str, certificate: &CertificateDigest) -> bool {
        self.0.iter().any(|statement| {
            statement.package == package && statement.certificates.contains(certificate)
        })
    }
}

impl Statement {
    fn read(statement: &Object<'_>) -> Result<Option<Self>, InvalidJson> {
        let relations = statement.strings("relation")?;
        // Such as {"include": "https://…"}: a list elsewhere, which is not followed.
        let Some(target) = statement.optional_object("target")? else { return Ok(None) };
        let is_app = target.optional_string("namespace")? == Some("android_app");
        if !is_app || !relations.iter().any(|relation| relation == RELATION) {
            return Ok(None);
        }
        let digests = target.strings(FINGERPRINTS)?;
        let digests =
            digests.iter().map(|text| fingerprint::parse(&target.path(FINGERPRINTS), text));
        Ok(Some(Self {
            package: target.string("package_name")?,
            certificates: digests.collect::<Result<_, _>>()?,
        }))
    }
}
