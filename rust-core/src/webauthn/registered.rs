//! What a relying party has in hand after a registration: WebAuthn Level 3 §7.1, as far as it concerns
//! the key's attestation.

use alloc::{string::String, vec::Vec};
use core::fmt;

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use thiserror::Error;

use super::{
    attestation_object::{AttestationObject, NONE},
    json::{self, InvalidJson, Object},
};
use crate::{
    attestation::{
        InvalidStatement, WitnessCode, android_key,
        packed::{self, SelfStatement},
        verdict::Fault,
    },
    authenticator::AttestationFormat,
    ctap::{
        auth_data::{AuthenticatorData, Flags, InvalidAuthenticatorData, rp_id_hash, sha256},
        cose::PublicKey,
        request::RequestError,
    },
};

/// What the relying party knows of the ceremony it started.
///
/// ```
/// use wardkey_core::webauthn::{ExpectedCeremony, RegisteredKey, RegistrationProblem};
///
/// let expected =
///     ExpectedCeremony { challenge: &[1; 32], origin: "https://example.org", rp_id: "example.org" };
/// let error = RegisteredKey::read("{}", &expected).unwrap_err();
/// assert_eq!(error.to_string(), r#""response" is missing"#);
/// ```
#[derive(Clone, Copy)]
pub struct ExpectedCeremony<'a> {
    /// The challenge it gave.
    pub challenge: &'a [u8],
    /// The origin of its page.
    pub origin: &'a str,
    /// Its relying party id.
    pub rp_id: &'a str,
}

/// Tells no challenge, and no origin either.
impl fmt::Debug for ExpectedCeremony<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpectedCeremony").field("rp_id", &self.rp_id).finish_non_exhaustive()
    }
}

/// A registration that is of this ceremony, with a statement that holds: signed by its own key, or empty.
/// Whether the key can be believed is for [`judge`](crate::attestation::verdict::judge) to say.
///
/// ```
/// use wardkey_core::{
///     attestation::verdict::{Evidence, Outcome, Policy, Roots, judge},
///     authenticator::AttestationFormat,
///     webauthn::RegisteredKey,
/// };
///
/// /// What comes after reading one.
/// fn judged(key: &RegisteredKey, roots: &Roots, now: u64) -> Outcome {
///     let evidence = Evidence {
///         certificates: &key.certificates,
///         challenge: Some(&key.client_data_hash),
///         fault: key.fault(),
///         revocation: None,
///         roots,
///         now,
///     };
///     judge(&evidence, &Policy::aal3()).outcome
/// }
/// # use wardkey_core::{ctap::cose::PublicKey, hybrid::point::PrivateKey};
/// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
///
/// let key = RegisteredKey {
///     credential_id: vec![0x5a; 32],
///     public_key: PublicKey::from_sec1(&point)?,
///     client_data_hash: [0x5b; 32],
///     format: AttestationFormat::PackedSelf,
///     certificates: Vec::new(),
/// };
/// assert!(key.fault().is_some(), "no hardware says anything of it");
/// assert_eq!(judged(&key, &Roots::google(), 1_795_000_000), Outcome::Refuse);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RegisteredKey {
    /// Credential id.
    pub credential_id: Vec<u8>,
    /// Its public key.
    pub public_key: PublicKey,
    /// SHA-256 of the client data: what the key has to be made for.
    pub client_data_hash: [u8; 32],
    /// Who vouches for the key.
    pub format: AttestationFormat,
    /// DER certificates, the key's own first; of [`AttestationFormat::AndroidKey`] alone.
    pub certificates: Vec<Vec<u8>>,
}

impl fmt::Debug for RegisteredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificates = self.certificates.len();
        f.debug_struct("RegisteredKey")
            .field("format", &self.format)
            .field("certificates", &certificates)
            .finish_non_exhaustive()
    }
}

/// Why a registration response is nothing to judge.
///
/// ```
/// use wardkey_core::webauthn::{ExpectedCeremony, RegisteredKey, RegistrationProblem, base64url};
///
/// let client_data = r#"{"type":"webauthn.create","challenge":"AQ","origin":"https://example.org"}"#;
/// let response = format!(
///     r#"{{"response": {{"clientDataJSON": "{}", "attestationObject": "oA"}}}}"#,
///     base64url::encode(client_data.as_bytes())
/// );
/// let expected =
///     ExpectedCeremony { challenge: &[2], origin: "https://example.org", rp_id: "example.org" };
/// let problem = RegisteredKey::read(&response, &expected).unwrap_err();
/// assert_eq!(problem, RegistrationProblem::Challenge, "an old response, or somebody else's");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistrationProblem {
    /// A member is missing or of another type.
    #[error(transparent)]
    Json(#[from] InvalidJson),
    /// The client data is not UTF-8.
    #[error("the client data is not text")]
    ClientData,
    /// The client data is of another kind of ceremony.
    #[error("the client data is not of a registration")]
    Ceremony,
    /// It answers another challenge: an old response, or somebody else's.
    #[error("it answers another challenge")]
    Challenge,
    /// It was made inside a page of another site.
    #[error("it was made inside a page of another site")]
    CrossOrigin,
    /// Around the credential another one is named.
    #[error("id, rawId and the authenticator data do not name the same credential")]
    CredentialId,
    /// It was made for another page.
    #[error("it was made on the page \"{0}\"")]
    Origin(String),
    /// The attestation object cannot be read.
    #[error("the attestation object cannot be read: {0}")]
    Object(#[from] RequestError),
    /// The authenticator data cannot be read.
    #[error(transparent)]
    AuthenticatorData(#[from] InvalidAuthenticatorData),
    /// The key is vouched for in a way that is not read here.
    #[error("its attestation is \"{0}\", and only \"android-key\" says where a key lives")]
    Format(String),
    /// Without attestation there is nothing to say, and something is said.
    #[error("its attestation is \"none\", with a statement all the same")]
    StatementOfNobody,
    /// The statement cannot be read.
    #[error(transparent)]
    Statement(#[from] InvalidStatement),
    /// It is for another relying party.
    #[error("it is for another relying party")]
    RelyingParty,
    /// Nobody was verified.
    #[error("it says that its user was not verified")]
    UserNotVerified,
    /// There is no credential in it.
    #[error("it has no credential")]
    NoCredential,
    /// The certificate is of another key.
    #[error("its certificate is of another key")]
    AnotherKey,
    /// The signature does not verify.
    #[error("it is not signed by the key it registers")]
    Signature,
}

impl RegisteredKey {
    /// Reads `RegistrationResponseJSON` and checks that it belongs to the ceremony.
    pub fn read(json: &str, expected: &ExpectedCeremony<'_>) -> Result<Self, RegistrationProblem> {
        let value = json::parse(json)?;
        let root = Object::root(&value)?;
        let response = root.object("response")?;
        let client_data = response.bytes("clientDataJSON")?;
        check_client_data(&client_data, expected)?;
        let client_data_hash = sha256(&client_data);
        let object = AttestationObject::decode(&response.bytes("attestationObject")?)?;
        let key = Self::of_object(object, client_data_hash, expected.rp_id)?;
        // The members around the signed ones are what a relying party finds the key by.
        for name in ["id", "rawId"] {
            if root.bytes(name)? != key.credential_id {
                return Err(RegistrationProblem::CredentialId);
            }
        }
        Ok(key)
    }

    fn of_object(
        object: AttestationObject,
        client_data_hash: [u8; 32],
        rp_id: &str,
    ) -> Result<Self, RegistrationProblem> {
        let data = AuthenticatorData::decode(&object.auth_data)?;
        if data.rp_id_hash != rp_id_hash(rp_id) {
            return Err(RegistrationProblem::RelyingParty);
        }
        if !data.flags.contains(Flags::USER_PRESENT | Flags::USER_VERIFIED) {
            return Err(RegistrationProblem::UserNotVerified);
        }
        let credential = data.attested_credential.ok_or(RegistrationProblem::NoCredential)?;
        let (format, certificates) =
            check_statement(object, &credential.public_key, &client_data_hash)?;
        Ok(Self {
            credential_id: credential.id,
            public_key: credential.public_key,
            client_data_hash,
            format,
            certificates,
        })
    }

    /// Why its attestation proves nothing, if it does not.
    pub const fn fault(&self) -> Option<Fault<'static>> {
        match self.format {
            AttestationFormat::AndroidKey => None,
            AttestationFormat::PackedSelf => Some(Fault::NoHardware(
                "its attestation is “packed”, and only “android-key” says where a key lives",
            )),
            AttestationFormat::None => Some(Fault::NoHardware(
                "its attestation is “none”, and only “android-key” says where a key lives",
            )),
        }
    }

    /// The code to compare with the one the phone shows.
    pub fn witness(&self) -> WitnessCode {
        WitnessCode::derive(
            &self.credential_id,
            &self.public_key,
            &self.client_data_hash,
            self.certificates.first().map(Vec::as_slice),
        )
    }
}

/// §7.1 steps 21 and 22, but for the trust in certificates, which are given back.
fn check_statement(
    object: AttestationObject,
    key: &PublicKey,
    client_data_hash: &[u8; 32],
) -> Result<(AttestationFormat, Vec<Vec<u8>>), RegistrationProblem> {
    let message = [object.auth_data.as_slice(), client_data_hash].concat();
    let check_signature = |signature: &[u8]| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.sec1())
            .verify(&message, signature)
            .map_err(|_| RegistrationProblem::Signature)
    };
    match object.format.as_str() {
        android_key::FORMAT => {
            let statement = android_key::Statement::decode(object.statement)?;
            let leaf = statement.certificate_chain.first();
            let certified = leaf.and_then(|leaf| android_key::certified_key(leaf));
            if certified.as_ref() != Some(key) {
                return Err(RegistrationProblem::AnotherKey);
            }
            check_signature(&statement.signature)?;
            Ok((AttestationFormat::AndroidKey, statement.certificate_chain))
        }
        packed::FORMAT => {
            check_signature(&SelfStatement::decode(object.statement)?.signature)?;
            Ok((AttestationFormat::PackedSelf, Vec::new()))
        }
        NONE if object.statement.is_empty() => Ok((AttestationFormat::None, Vec::new())),
        NONE => Err(RegistrationProblem::StatementOfNobody),
        _ => Err(RegistrationProblem::Format(object.format)),
    }
}

/// §7.1 steps 7 to 10. No page of ours is shown inside another's.
fn check_client_data(
    bytes: &[u8],
    expected: &ExpectedCeremony<'_>,
) -> Result<(), RegistrationProblem> {
    let text = core::str::from_utf8(bytes).map_err(|_| RegistrationProblem::ClientData)?;
    let value = json::parse(text)?;
    let data = Object::root(&value)?;
    if data.string("type")? != "webauthn.create" {
        return Err(RegistrationProblem::Ceremony);
    }
    if data.bytes("challenge")? != expected.challenge {
        return Err(RegistrationProblem::Challenge);
    }
    if data.optional_bool("crossOrigin")?.unwrap_or_default() {
        return Err(RegistrationProblem::CrossOrigin);
    }
    let origin = data.string("origin")?;
    if origin == expected.origin { Ok(()) } else { Err(RegistrationProblem::Origin(origin)) }
}
