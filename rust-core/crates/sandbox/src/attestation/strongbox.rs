//! `android-key` from a StrongBox (WebAuthn §8.4).
//!
//! The verifier's library refuses a security level it does not know, and it does not know the
//! highest one. So that phones with a security chip of their own can be tested at all, the rest of
//! the registration is verified by the library as one without attestation, the
//! [statement](super::statement) apart from it, and what it says of the key here.

use ring::digest::{SHA256, digest};
use webauthn_rs_core::error::WebauthnError;

use super::{
    Decoded,
    key_description::{KeyOrigin, PURPOSE_SIGN, SecurityLevel},
};

/// Whether this is an attestation the library fails on only because it is of a StrongBox.
pub(crate) fn is_strongbox(decoded: &Decoded) -> bool {
    decoded.key_description.as_ref().is_some_and(|description| {
        description.attestation_level == SecurityLevel::StrongBox
            || description.key_level == SecurityLevel::StrongBox
    })
}

/// Checks what the library would have, were the level another.
pub(crate) fn check_description(
    decoded: &Decoded,
    client_data: &[u8],
) -> Result<(), WebauthnError> {
    let description = decoded
        .key_description
        .as_ref()
        .ok_or(WebauthnError::AttestationStatementMissingExtension)?;
    if description.challenge != digest(&SHA256, client_data).as_ref() {
        return Err(WebauthnError::AttestationCertificateNonceMismatch);
    }
    let bound = !description.all_applications
        && description.origin == Some(KeyOrigin::Generated)
        && description.purposes.as_slice() == [PURPOSE_SIGN];
    if bound { Ok(()) } else { Err(WebauthnError::AttestationStatementX5CInvalid) }
}
