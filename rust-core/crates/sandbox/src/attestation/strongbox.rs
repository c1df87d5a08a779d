//! `android-key` from a StrongBox (WebAuthn §8.4).
//!
//! The verifier's library refuses a security level it does not know, and it does not know the
//! highest one. So that phones with a security chip of their own can be tested at all, the rest of
//! the registration is verified by the library as one without attestation, and the attestation
//! here, with the library's own signature, key and certificate code.

use ciborium::Value;
use ring::digest::{SHA256, digest};
use webauthn_rs_core::{
    crypto::verify_signature,
    error::WebauthnError,
    proto::{
        AttestationFormat, AttestationMetadata, COSEAlgorithm, COSEKey, Credential,
        ParsedAttestation, ParsedAttestationData, RegisterPublicKeyCredential,
        SerialisableAttestationData,
    },
};

use super::{
    Decoded,
    key_description::{KeyDescription, KeyOrigin, PURPOSE_SIGN, SecurityLevel},
};

/// COSE ES256, the only algorithm of these keys.
const ES256: i64 = -7;

/// The parts of an `android-key` attestation statement.
struct Statement {
    signature: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

/// Whether this is an attestation the library fails on only because it is of a StrongBox.
pub(crate) fn is_strongbox(decoded: &Decoded) -> bool {
    decoded.key_description.as_ref().is_some_and(|description| {
        description.attestation_level == SecurityLevel::StrongBox
            || description.key_level == SecurityLevel::StrongBox
    })
}

/// The same registration as if no attestation had been given.
pub(crate) fn without_attestation(
    registration: &RegisterPublicKeyCredential,
    decoded: &Decoded,
) -> Result<RegisterPublicKeyCredential, WebauthnError> {
    let object = Value::Map(vec![
        ("fmt".into(), "none".into()),
        ("attStmt".into(), Value::Map(Vec::new())),
        ("authData".into(), Value::Bytes(decoded.data_bytes.clone())),
    ]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&object, &mut bytes)
        .map_err(|_| WebauthnError::AttestationStatementMapInvalid)?;
    let mut bare = registration.clone();
    bare.response.attestation_object = bytes;
    Ok(bare)
}

/// Verifies the statement, and gives the credential with its chain in place of none.
pub(crate) fn attested(
    mut credential: Credential,
    client_data: &[u8],
    decoded: &Decoded,
) -> Result<Credential, WebauthnError> {
    let statement = Statement::read(&decoded.statement)?;
    let hash = digest(&SHA256, client_data);
    check_description(decoded.key_description.as_ref(), hash.as_ref())?;
    let chain =
        ParsedAttestationData::try_from(SerialisableAttestationData::Basic(statement.chain))?;
    let ParsedAttestationData::Basic(certificates) = &chain else {
        return Err(WebauthnError::AttestationStatementX5CInvalid);
    };
    let leaf = certificates.first().ok_or(WebauthnError::AttestationStatementX5CMissing)?;
    let signed = [decoded.data_bytes.as_slice(), hash.as_ref()].concat();
    if !verify_signature(leaf, &statement.signature, &signed)? {
        return Err(WebauthnError::AttestationStatementSigInvalid);
    }
    if COSEKey::try_from((COSEAlgorithm::ES256, leaf))? != credential.cred {
        return Err(WebauthnError::AttestationCredentialSubjectKeyMismatch);
    }
    // The library's word for hardware; the level itself is told from the key description.
    let metadata = AttestationMetadata::AndroidKey { is_km_tee: true, is_attest_tee: true };
    credential.attestation = ParsedAttestation { data: chain, metadata };
    credential.attestation_format = AttestationFormat::AndroidKey;
    Ok(credential)
}

fn check_description(
    description: Option<&KeyDescription>,
    client_data_hash: &[u8],
) -> Result<(), WebauthnError> {
    let description = description.ok_or(WebauthnError::AttestationStatementMissingExtension)?;
    if description.challenge != client_data_hash {
        return Err(WebauthnError::AttestationCertificateNonceMismatch);
    }
    let bound = !description.all_applications
        && description.origin == Some(KeyOrigin::Generated)
        && description.purposes.as_slice() == [PURPOSE_SIGN];
    if bound { Ok(()) } else { Err(WebauthnError::AttestationStatementX5CInvalid) }
}

impl Statement {
    fn read(statement: &Value) -> Result<Self, WebauthnError> {
        let map = statement.as_map().ok_or(WebauthnError::AttestationStatementMapInvalid)?;
        let member = |name: &str| {
            map.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
        };
        let algorithm = member("alg").ok_or(WebauthnError::AttestationStatementAlgMissing)?;
        if algorithm.as_integer() != Some(ES256.into()) {
            return Err(WebauthnError::AttestationStatementAlgMismatch);
        }
        let signature = member("sig")
            .and_then(Value::as_bytes)
            .ok_or(WebauthnError::AttestationStatementSigMissing)?;
        let chain = member("x5c")
            .and_then(Value::as_array)
            .ok_or(WebauthnError::AttestationStatementX5CMissing)?;
        let chain = chain.iter().map(|one| one.as_bytes().cloned()).collect::<Option<Vec<_>>>();
        Ok(Self {
            signature: signature.clone(),
            chain: chain.ok_or(WebauthnError::AttestationStatementX5CInvalid)?,
        })
    }
}
