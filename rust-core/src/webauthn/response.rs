//! What relying parties receive: `RegistrationResponseJSON` and `AuthenticationResponseJSON`, WebAuthn
//! Level 3 §5.1.

use alloc::{string::String, vec::Vec};

use serde::Serialize;

use crate::{
    ctap::{cose::PublicKey, request::PUBLIC_KEY},
    webauthn::{base64url, options::AuthenticatorAttachment},
};

/// The members both responses have, around the one they do not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialJson<R> {
    id: String,
    raw_id: String,
    response: R,
    authenticator_attachment: &'static str,
    client_extension_results: ClientExtensionResults,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// `AuthenticatorAttestationResponseJSON`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttestationResponseJson {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data_json: String,
    pub(super) authenticator_data: String,
    pub(super) transports: Vec<&'static str>,
    pub(super) public_key: String,
    pub(super) public_key_algorithm: i64,
    pub(super) attestation_object: String,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssertionResponseJson {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data_json: String,
    pub(super) authenticator_data: String,
    pub(super) signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_handle: Option<String>,
}

/// `AuthenticationExtensionsClientOutputsJSON`.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientExtensionResults {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cred_props: Option<CredentialProperties>,
}

/// `CredentialPropertiesOutput`.
#[derive(Serialize)]
pub(super) struct CredentialProperties {
    pub(super) rk: bool,
}

impl<R: Serialize> CredentialJson<R> {
    pub(super) fn new(
        credential_id: &[u8],
        attachment: AuthenticatorAttachment,
        response: R,
        client_extension_results: ClientExtensionResults,
    ) -> Self {
        let id = base64url::encode(credential_id);
        Self {
            raw_id: id.clone(),
            id,
            response,
            authenticator_attachment: attachment.as_str(),
            client_extension_results,
            kind: PUBLIC_KEY,
        }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings, booleans and integers under text keys: nothing JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// SEQUENCE { SEQUENCE { OID id-ecPublicKey, OID prime256v1 }, BIT STRING (66 bytes, none unused) }, up
/// to the point itself: the same for every key on P-256.
const SPKI_HEADER: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// `SubjectPublicKeyInfo`, DER: what `getPublicKey()` gives, §5.2.1.1.
pub(super) fn subject_public_key_info(key: &PublicKey) -> Vec<u8> {
    [SPKI_HEADER.as_slice(), key.sec1()].concat()
}
