//! What clients may ask for.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;
use webauthn_rs_core::proto::{
    PublicKeyCredential, RegisterPublicKeyCredential, UserVerificationPolicy,
};

/// A requirement on the authenticator (WebAuthn §5.4.6 and §5.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Requirement {
    #[default]
    Required,
    Preferred,
    Discouraged,
}

/// Attestation conveyance preference (WebAuthn §5.4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Conveyance {
    None,
    Indirect,
    #[default]
    Direct,
    Enterprise,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RegisterOptions {
    pub(crate) user_name: String,
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) user_verification: Requirement,
    #[serde(default)]
    pub(crate) resident_key: Requirement,
    #[serde(default)]
    pub(crate) attestation: Conveyance,
    /// Sends `hints: ["hybrid"]`.
    #[serde(default)]
    pub(crate) hybrid: bool,
    /// Sends the user's passkeys as `excludeCredentials`.
    #[serde(default)]
    pub(crate) exclude: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SigninOptions {
    /// Needed for `allow_list` only.
    pub(crate) user_name: Option<String>,
    #[serde(default)]
    pub(crate) user_verification: Requirement,
    /// Sends the user's passkeys as `allowCredentials`; otherwise the list is empty and the
    /// authenticator must know the account itself.
    #[serde(default)]
    pub(crate) allow_list: bool,
    /// Sends `hints: ["hybrid"]`.
    #[serde(default)]
    pub(crate) hybrid: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterVerify {
    pub(crate) session: String,
    #[serde(deserialize_with = "credential")]
    pub(crate) credential: RegisterPublicKeyCredential,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigninVerify {
    pub(crate) session: String,
    #[serde(deserialize_with = "credential")]
    pub(crate) credential: PublicKeyCredential,
}

/// The binary members of both response types, inside `response` (WebAuthn §5.1.8).
const BINARY: [&str; 5] =
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

/// Reads a credential whose binary members are base64url without padding, as WebAuthn has it.
/// The library would also take other alphabets, and a tester would not learn of the client's error.
pub(crate) fn credential<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let inside = BINARY
        .iter()
        .map(|name| (*name, value.get("response").and_then(|response| response.get(name))));
    for (name, member) in inside.chain([("rawId", value.get("rawId"))]) {
        let text = member.and_then(Value::as_str).unwrap_or_default();
        Base64UrlUnpadded::decode_vec(text).map_err(|error| {
            D::Error::custom(format!("{name} is not base64url without padding ({error})"))
        })?;
    }
    serde_json::from_value(value).map_err(D::Error::custom)
}

/// A challenge to be answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Options {
    pub(crate) session: String,
    pub(crate) public_key: Value,
}

impl From<Requirement> for UserVerificationPolicy {
    fn from(requirement: Requirement) -> Self {
        match requirement {
            Requirement::Required => Self::Required,
            Requirement::Preferred => Self::Preferred,
            Requirement::Discouraged => Self::Discouraged_DO_NOT_USE,
        }
    }
}
