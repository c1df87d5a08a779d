//! A synthetic Android attestation chain: test root → intermediate → leaf.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::fmt;

use der::Decode;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyUsagePurpose,
};
use ring::digest::{SHA256, digest};
use time::{Duration, OffsetDateTime};
use x509_cert::Certificate;
use zeroize::Zeroizing;

use super::{
    claim::{Claim, Claims},
    error::OpenError,
    key::SoftwareKey,
    leaf,
};
use crate::{
    ctap::cbor::{self, Map, Value},
    keystore::{KeyError, key_description::OID},
};

const ROOT_NAME: &str = "Wardkey TEST attestation root – not a real device";
const INTERMEDIATE_NAME: &str = "Wardkey TEST attestation intermediate – not a real device";
const LEAF_NAME: &str = "Wardkey TEST key – not from a real device";

/// `serialNumber` of a distinguished name (X.520 §6.2.9).
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

const ROOT_LIFE: Duration = Duration::days(20 * 365);
const INTERMEDIATE_LIFE: Duration = Duration::days(10 * 365);
const LEAF_LIFE: Duration = Duration::days(365);
/// Clocks differ; a certificate from the last minute may be "not yet valid" elsewhere.
const CLOCK_SLACK: Duration = Duration::days(1);

/// Version of the form of [`TestAttestation::to_bytes`].
const VERSION: u64 = 1;

/// A root and an intermediate certificate, and the key that certifies credential keys.
///
/// The root's own key signs the intermediate and is then gone.
///
/// ```
/// use wardkey_core::keystore::software::TestAttestation;
///
/// let attestation = TestAttestation::generate(1_767_225_600)?;
/// let later = TestAttestation::from_bytes(&attestation.to_bytes())?;
/// assert_eq!(later.root_pem(), attestation.root_pem());
/// assert_eq!(later.root_der(), attestation.root_der());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TestAttestation {
    root: Vec<u8>,
    intermediate: Vec<u8>,
    valid_until: OffsetDateTime,
    issuer: Issuer<'static, SoftwareKey>,
    claims: Claims,
}

impl TestAttestation {
    /// Makes a new root and intermediate at `now`, in seconds since 1970. They are valid for twenty and
    /// ten years.
    pub fn generate(now: u64) -> Result<Self, KeyError> {
        let now = date_time(now)?;
        let root_key = SoftwareKey::generate()?;
        let mut root_params =
            authority(ROOT_NAME, BasicConstraints::Constrained(1), now, ROOT_LIFE);
        number(&mut root_params, &root_key);
        let root = root_params.self_signed(&root_key).map_err(failed)?;
        let key = SoftwareKey::generate()?;
        let mut params =
            authority(INTERMEDIATE_NAME, BasicConstraints::Constrained(0), now, INTERMEDIATE_LIFE);
        number(&mut params, &key);
        let issuer = Issuer::from_params(&root_params, &root_key);
        let intermediate = params.signed_by(&key, &issuer).map_err(failed)?;
        Self::new(root.der().to_vec(), intermediate.der().to_vec(), key).map_err(failed)
    }

    fn new(root: Vec<u8>, intermediate: Vec<u8>, key: SoftwareKey) -> Result<Self, OpenError> {
        Certificate::from_der(&root).map_err(damaged)?;
        let certificate = Certificate::from_der(&intermediate).map_err(damaged)?;
        let tbs = certificate.tbs_certificate();
        if tbs.subject_public_key_info().subject_public_key.raw_bytes() != key.public_key().sec1() {
            return Err(damaged("its key belongs to another certificate"));
        }
        let valid_until = date_time(tbs.validity().not_after.to_unix_duration().as_secs())?;
        let issuer = Issuer::from_ca_cert_der(&intermediate.as_slice().into(), key);
        let issuer = issuer.map_err(damaged)?;
        Ok(Self { root, intermediate, valid_until, issuer, claims: Claims::default() })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpenError> {
        let mut map: Map = match cbor::decode(bytes) {
            Ok(Value::Map(map)) => map,
            Ok(_) => return Err(damaged("it is not a CBOR map")),
            Err(error) => return Err(damaged(error)),
        };
        // Taken out before anything can fail, so that it is always erased.
        let key = map.required(KEY).map(Zeroizing::new);
        match map.required::<u64>(FORMAT_VERSION).map_err(damaged)? {
            VERSION => {}
            0 => return Err(damaged("it says that its format is 0")),
            found => return Err(OpenError::NewerAttestation { found }),
        }
        let key = SoftwareKey::from_pkcs8(key.map_err(damaged)?)
            .ok_or_else(|| damaged("its key is not a P-256 private key"))?;
        let root = map.required(ROOT).map_err(damaged)?;
        Self::new(root, map.required(INTERMEDIATE).map_err(damaged)?, key)
    }

    /// Makes the certificates of new keys say these things instead of what a sound phone's do. What is kept
    /// of the attestation stays the same.
    #[must_use]
    pub fn claiming(self, claims: impl IntoIterator<Item = Claim>) -> Self {
        Self { claims: Claims::new(claims), ..self }
    }

    /// Certificates and private key, to be kept so that the root stays the same between runs. For the
    /// owner's eyes only.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut value = Value::from(Map::from_iter([
            (FORMAT_VERSION, Value::from(VERSION)),
            (ROOT, Value::from(self.root.as_slice())),
            (INTERMEDIATE, Value::from(self.intermediate.as_slice())),
            (KEY, Value::from(self.issuer.key().pkcs8())),
        ]));
        let bytes = Zeroizing::new(value.encode());
        if let Value::Map(map) = &mut value
            && let Some(Value::Bytes(key)) = map.remove(KEY)
        {
            drop(Zeroizing::new(key));
        }
        bytes
    }

    /// The root certificate, PEM, for relying parties under test.
    pub fn root_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE", self.root.as_slice()), config)
    }

    /// The root certificate, DER.
    pub fn root_der(&self) -> &[u8] {
        &self.root
    }

    /// The chain of a new key, from its leaf to the root, as Android Keystore gives it. Verifiers know their
    /// roots, but some look for one at the end of what they are sent.
    pub(super) fn certify(
        &self,
        key: &SoftwareKey,
        challenge: &[u8; 32],
        seconds: u64,
    ) -> Result<Vec<Vec<u8>>, KeyError> {
        let now = date_time(seconds)?;
        if now >= self.valid_until {
            return Err(failed("it has expired; remove it to have a new one made"));
        }
        if self.claims.has(Claim::OtherRoot) {
            let mut other = Self::generate(seconds)?;
            other.claims = self.claims.without(Claim::OtherRoot);
            return other.certify(key, challenge, seconds);
        }
        let params = self.params(challenge, now)?;
        let signed_by = |issuer: &Issuer<'_, SoftwareKey>| params.signed_by(key, issuer);
        let mut chain = vec![self.intermediate.clone(), self.root.clone()];
        let leaf = if self.claims.has(Claim::ForgedSignature) {
            let forger = SoftwareKey::generate()?;
            let issuer = Issuer::from_ca_cert_der(&self.intermediate.as_slice().into(), forger);
            signed_by(&issuer.map_err(failed)?)
        } else if self.claims.has(Claim::VouchedByKey) {
            let other = SoftwareKey::generate()?;
            let attested = params.signed_by(&other, &self.issuer).map_err(failed)?;
            chain.insert(0, attested.der().to_vec());
            signed_by(&Issuer::from_params(&params, other))
        } else {
            signed_by(&self.issuer)
        };
        if self.claims.has(Claim::WrongIssuer) {
            let other = Self::generate(seconds)?;
            chain = vec![other.intermediate, other.root];
        }
        chain.insert(0, leaf.map_err(failed)?.der().to_vec());
        Ok(chain)
    }

    /// The certificate of a new key, but for the key.
    fn params(
        &self,
        challenge: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<CertificateParams, KeyError> {
        let mut params = named(LEAF_NAME, now, LEAF_LIFE);
        params.not_after = params.not_after.min(self.valid_until);
        if self.claims.has(Claim::ExpiredCertificate) {
            params.not_before = now - 2 * CLOCK_SLACK;
            params.not_after = now - CLOCK_SLACK;
        }
        params.serial_number = self.claims.iter().filter_map(Claim::serial).last().map(Into::into);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if !self.claims.has(Claim::NoDescription) {
            let mut description = leaf::describe(challenge, now);
            for claim in self.claims.iter() {
                claim.write(&mut description, now);
            }
            let oid: Vec<u64> = OID.arcs().map(u64::from).collect();
            let description = description.encode().map_err(failed)?;
            params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, description)];
        }
        Ok(params)
    }
}

const FORMAT_VERSION: u64 = 1;
const ROOT: u64 = 2;
const INTERMEDIATE: u64 = 3;
const KEY: u64 = 4;

fn authority(
    name: &str,
    constraints: BasicConstraints,
    now: OffsetDateTime,
    life: Duration,
) -> CertificateParams {
    let mut params = named(name, now, life);
    params.is_ca = IsCa::Ca(constraints);
    // Android's certificates of keys have none.
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(name: &str, now: OffsetDateTime, life: Duration) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - CLOCK_SLACK;
    params.not_after = now + life;
    params
}

/// Tells authorities of the same name apart, as the numbers in the names of Google's do: verifiers find an
/// issuer by its name.
fn number(params: &mut CertificateParams, key: &SoftwareKey) {
    let digest = digest(&SHA256, key.public_key().sec1());
    let number = digest.as_ref().first_chunk().copied().map_or(0, u64::from_be_bytes);
    let name = DnType::CustomDnType(SERIAL_NUMBER.to_vec());
    params.distinguished_name.push(name, format!("{number:016x}"));
}

/// A moment certificates can express with all their validity periods: 1970 to 9900.
fn date_time(seconds: u64) -> Result<OffsetDateTime, KeyError> {
    const LATEST: u64 = 250_249_478_400;
    let seconds = i64::try_from(seconds.min(LATEST)).map_err(failed)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(failed)
}

fn damaged(reason: impl fmt::Display) -> OpenError {
    OpenError::DamagedAttestation(reason.to_string())
}

fn failed(reason: impl fmt::Display) -> KeyError {
    KeyError::Platform(format!("the test attestation cannot be used: {reason}"))
}

impl fmt::Debug for TestAttestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestAttestation")
            .field("valid_until", &self.valid_until)
            .finish_non_exhaustive()
    }
}
