//! What a page needs and this client leaves out of the response to a registration.

use serde::Deserialize;
use serde_json::Value;
use webauthn_authenticator_rs::prelude::RegisterPublicKeyCredential;

use crate::Failure;

/// What precedes the attested credential data: hash of the RP id, flags, counter (WebAuthn Level 3 §6.1).
const HEADER: usize = 32 + 1 + 4;
/// What precedes the length of the credential's id there: the AAGUID (WebAuthn Level 3 §6.5.1).
const AAGUID: usize = 16;

/// Names the credential and its type.
///
/// This client leaves the id to be read from the authenticator data, and writes the format of the attestation
/// where a page expects the type. What the phone sent stays as it is.
pub(crate) fn completed(
    mut credential: RegisterPublicKeyCredential,
) -> Result<RegisterPublicKeyCredential, Failure> {
    let object: AttestationObject =
        serde_cbor_2::from_slice(&credential.response.attestation_object)?;
    let id = credential_id(&object.auth_data).ok_or("the phone sent no credential")?;
    credential.raw_id = id.to_vec();
    let written = serde_json::to_value(&credential)?;
    let id = written.get("rawId").and_then(Value::as_str).ok_or("the id is no text")?;
    id.clone_into(&mut credential.id);
    "public-key".clone_into(&mut credential.type_);
    Ok(credential)
}

fn credential_id(authenticator_data: &[u8]) -> Option<&[u8]> {
    let (_, rest) = authenticator_data.split_at_checked(HEADER + AAGUID)?;
    let (length, rest) = rest.split_first_chunk()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationObject {
    #[serde(with = "serde_bytes")]
    auth_data: Vec<u8>,
}
