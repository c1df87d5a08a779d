//! An `android-key` attestation statement by itself (WebAuthn §8.4), verified with the signature, key and
//! certificate code of the verifier's library.

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

use super::Decoded;

/// The parts of an `android-key` attestation statement.
struct Statement {
    algorithm: COSEAlgorithm,
    signature: Vec<u8>,
    chain: Vec<Vec<u8>>,
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

/// Verifies that the key of the first certificate is the credential's and has signed, and gives the
/// credential with its chain in place of none.
pub(crate) fn attested(
    mut credential: Credential,
    client_data: &[u8],
    decoded: &Decoded,
) -> Result<Credential, WebauthnError> {
    let statement = Statement::read(&decoded.statement)?;
    let hash = digest(&SHA256, client_data);
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
    if statement.algorithm != credential.cred.type_ {
        return Err(WebauthnError::AttestationStatementAlgMismatch);
    }
    if COSEKey::try_from((statement.algorithm, leaf))? != credential.cred {
        return Err(WebauthnError::AttestationCredentialSubjectKeyMismatch);
    }
    // The library's word for hardware; the level itself is told from the key description.
    let metadata = AttestationMetadata::AndroidKey { is_km_tee: true, is_attest_tee: true };
    credential.attestation = ParsedAttestation { data: chain, metadata };
    credential.attestation_format = AttestationFormat::AndroidKey;
    Ok(credential)
}

impl Statement {
    fn read(statement: &Value) -> Result<Self, WebauthnError> {
        let map = statement.as_map().ok_or(WebauthnError::AttestationStatementMapInvalid)?;
        let member = |name: &str| {
            map.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
        };
        let algorithm = member("alg").ok_or(WebauthnError::AttestationStatementAlgMissing)?;
        let algorithm = algorithm.as_integer().map(i128::from);
        let algorithm = algorithm.and_then(|number| COSEAlgorithm::try_from(number).ok());
        let signature = member("sig")
            .and_then(Value::as_bytes)
            .ok_or(WebauthnError::AttestationStatementSigMissing)?;
        let chain = member("x5c")
            .and_then(Value::as_array)
            .ok_or(WebauthnError::AttestationStatementX5CMissing)?;
        let chain = chain.iter().map(|one| one.as_bytes().cloned()).collect::<Option<Vec<_>>>();
        Ok(Self {
            algorithm: algorithm.ok_or(WebauthnError::AttestationStatementAlgInvalid)?,
            signature: signature.clone(),
            chain: chain.ok_or(WebauthnError::AttestationStatementX5CInvalid)?,
        })
    }
}
