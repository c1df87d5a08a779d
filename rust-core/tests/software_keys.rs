//! Software keys: kept before they are used, erased when deleted, certified as Android would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use ring::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use wardkey_core::{
    attestation::key_description::{
        ALGORITHM_EC, DIGEST_SHA_2_256, EC_CURVE_P_256, KeyDescription, KeyOrigin, PURPOSE_SIGN,
        VerifiedBootState,
    },
    keystore::{
        GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, Prompt, Purpose, SecurityLevel,
        UserVerified, Verification, VerificationBinding,
        software::{
            KeyRecord, KeyRecords, MemoryRecords, OpenError, SoftwareKeys, TestAttestation,
        },
    },
};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    ext::pkix::{BasicConstraints, KeyUsage},
};
use zeroize::Zeroizing;

/// 2026-01-31T12:00:00Z.
const NOW: u64 = 1_769_860_800;
const DAY: u64 = 86_400;
const CHALLENGE: [u8; 32] = [7; 32];

fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("software keys never wait"),
    }
}

fn open<R: KeyRecords>(records: R) -> SoftwareKeys<R> {
    SoftwareKeys::open(records, TestAttestation::generate(NOW).unwrap(), || NOW).unwrap()
}

fn generate<R: KeyRecords>(keys: &SoftwareKeys<R>, name: &str) -> Result<GeneratedKey, KeyError> {
    let alias = KeyAlias::new(name);
    run(keys.generate(KeyRequest { alias: &alias, attestation_challenge: Some(&CHALLENGE) }))
}

fn sign<R: KeyRecords>(keys: &SoftwareKeys<R>, name: &str) -> Result<Vec<u8>, KeyError> {
    let verified = Verification::Performed(UserVerified::by_user_interface());
    run(keys.sign(&KeyAlias::new(name), b"message", verified))
}

fn signed_by(key: &GeneratedKey, signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key.sec1())
        .verify(b"message", signature)
        .is_ok()
}

#[test]
fn a_key_signs_until_it_is_deleted() {
    let keys = open(MemoryRecords::default());
    let key = generate(&keys, "one").unwrap();
    assert_eq!(key.security_level, SecurityLevel::Software);
    assert!(signed_by(&key, &sign(&keys, "one").unwrap()));
    assert_eq!(keys.aliases().unwrap(), [KeyAlias::new("one")]);

    keys.delete(&KeyAlias::new("one")).unwrap();
    keys.delete(&KeyAlias::new("one")).unwrap();
    assert_eq!(sign(&keys, "one"), Err(KeyError::NotFound));
    assert!(keys.aliases().unwrap().is_empty());
}

#[test]
fn a_key_is_certified_only_when_asked() {
    let keys = open(MemoryRecords::default());
    let alias = KeyAlias::new("one");
    let request = KeyRequest { alias: &alias, attestation_challenge: None };
    let key = run(keys.generate(request)).unwrap();
    assert!(key.certificate_chain.is_empty());
    assert!(signed_by(&key, &sign(&keys, "one").unwrap()));
}

#[test]
fn a_key_is_there_for_the_next_process() {
    let records = Arc::new(MemoryRecords::default());
    let key = generate(&open(Arc::clone(&records)), "one").unwrap();
    let later = open(Arc::clone(&records));
    assert!(signed_by(&key, &sign(&later, "one").unwrap()));
    later.delete(&KeyAlias::new("one")).unwrap();
    assert!(records.load().unwrap().is_empty());
}

#[test]
fn no_signature_without_a_user_interface_that_verified() {
    let keys = open(MemoryRecords::default());
    generate(&keys, "one").unwrap();
    assert_eq!(keys.verification(), VerificationBinding::UserInterface);
    let prompt =
        Prompt { purpose: Purpose::SignIn, rp_id: "example.org".into(), account: String::new() };
    let result = run(keys.sign(&KeyAlias::new("one"), b"m", Verification::PerUse(&prompt)));
    assert_eq!(result, Err(KeyError::NotAuthenticated));
}

/// Records that fail, and remember what they were asked.
#[derive(Default)]
struct FullRecords(Mutex<Vec<String>>);

impl KeyRecords for FullRecords {
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
        Ok(Vec::new())
    }

    fn save(&self, alias: &KeyAlias, _: &[u8]) -> Result<(), KeyError> {
        self.0.lock().unwrap().push(alias.as_str().to_owned());
        Err(KeyError::Full)
    }

    fn remove(&self, _: &KeyAlias) -> Result<(), KeyError> {
        Ok(())
    }
}

#[test]
fn a_key_that_cannot_be_kept_does_not_exist() {
    let keys = open(FullRecords::default());
    assert_eq!(generate(&keys, "one").unwrap_err(), KeyError::Full);
    assert!(keys.aliases().unwrap().is_empty());
    assert_eq!(sign(&keys, "one"), Err(KeyError::NotFound));
}

/// Records that cannot be removed.
#[derive(Default)]
struct ReadOnly(MemoryRecords);

impl KeyRecords for ReadOnly {
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
        self.0.load()
    }

    fn save(&self, alias: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError> {
        self.0.save(alias, private_key)
    }

    fn remove(&self, _: &KeyAlias) -> Result<(), KeyError> {
        Err(KeyError::Platform("read-only".into()))
    }
}

#[test]
fn a_key_that_cannot_be_deleted_is_still_listed() {
    let keys = open(ReadOnly::default());
    generate(&keys, "one").unwrap();
    assert!(keys.delete(&KeyAlias::new("one")).is_err());
    assert_eq!(keys.aliases().unwrap(), [KeyAlias::new("one")]);
}

#[test]
fn a_record_that_is_no_key_is_named_and_not_shown() {
    let records = MemoryRecords::default();
    records.save(&KeyAlias::new("broken-record-of-a-key"), b"hunter2").unwrap();
    let attestation = TestAttestation::generate(NOW).unwrap();
    let error = SoftwareKeys::open(records, attestation, || NOW).unwrap_err().to_string();
    assert!(error.contains("broken-record-of"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn debug_shows_no_key() {
    let records = MemoryRecords::default();
    let key = KeyRecord { alias: KeyAlias::new("a"), private_key: Zeroizing::new(vec![0xab; 4]) };
    records.save(&key.alias, &key.private_key).unwrap();
    let attestation = TestAttestation::generate(NOW).unwrap();
    let shown = format!("{key:?} {records:?} {attestation:?} {:?}", open(MemoryRecords::default()));
    assert_eq!(
        shown,
        "KeyRecord { alias: KeyAlias(short…), .. } MemoryRecords(1 keys) TestAttestation { \
         valid_until: 2036-01-29 12:00:00.0 +00:00:00, .. } SoftwareKeys { .. }"
    );
}

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

fn common_name(name: &x509_cert::name::Name) -> String {
    name.to_string()
}

/// Issuer name, signature and validity at `now`.
fn assert_issued(child: &Certificate, issuer: &Certificate, now: u64) {
    let (child_tbs, issuer_tbs) = (child.tbs_certificate(), issuer.tbs_certificate());
    assert_eq!(child_tbs.issuer(), issuer_tbs.subject());
    let key = issuer_tbs.subject_public_key_info().subject_public_key.raw_bytes();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(&child_tbs.to_der().unwrap(), child.signature().raw_bytes())
        .unwrap();
    let validity = child_tbs.validity();
    assert!(validity.not_before.to_unix_duration().as_secs() < now);
    assert!(validity.not_after.to_unix_duration().as_secs() > now);
}

#[test]
fn the_chain_ends_at_a_root_that_says_what_it_is() {
    let keys = open(MemoryRecords::default());
    let key = generate(&keys, "one").unwrap();
    let [leaf, intermediate, root] = key.certificate_chain.as_slice() else { panic!("three") };
    let root_pem = pem::parse(keys.attestation().root_pem()).unwrap();
    assert_eq!([root_pem.contents(), root.as_slice()], [keys.attestation().root_der(); 2]);
    let (leaf, intermediate, root) =
        (certificate(leaf), certificate(intermediate), certificate(root));

    assert_issued(&leaf, &intermediate, NOW);
    assert_issued(&intermediate, &root, NOW);
    assert_issued(&root, &root, NOW);
    for certificate in [&leaf, &intermediate, &root] {
        let subject = common_name(certificate.tbs_certificate().subject());
        assert!(subject.contains("TEST") && subject.contains("real device"), "{subject}");
    }
    let leaf_key = leaf.tbs_certificate().subject_public_key_info();
    assert_eq!(leaf_key.subject_public_key.raw_bytes(), key.public_key.sec1());
}

#[test]
fn only_root_and_intermediate_may_issue() {
    let keys = open(MemoryRecords::default());
    let key = generate(&keys, "one").unwrap();
    let limits = [
        (certificate(keys.attestation().root_der()), Some(1)),
        (certificate(&key.certificate_chain[1]), Some(0)),
    ];
    for (authority, path_length) in limits {
        let tbs = authority.tbs_certificate();
        let (critical, constraints) = tbs.get_extension::<BasicConstraints>().unwrap().unwrap();
        assert!(critical && constraints.ca);
        assert_eq!(constraints.path_len_constraint, path_length);
        let (_, usage) = tbs.get_extension::<KeyUsage>().unwrap().unwrap();
        assert!(usage.key_cert_sign());
    }
    let leaf = certificate(&key.certificate_chain[0]);
    let tbs = leaf.tbs_certificate();
    assert_eq!(tbs.get_extension::<BasicConstraints>().unwrap(), None);
    let (_, usage) = tbs.get_extension::<KeyUsage>().unwrap().unwrap();
    assert!(usage.digital_signature() && !usage.key_cert_sign());
}

#[test]
fn the_leaf_is_read_field_by_field() {
    let key = generate(&open(MemoryRecords::default()), "one").unwrap();
    let description = KeyDescription::from_certificate(&key.certificate_chain[0]).unwrap();
    assert_eq!(description.attestation_version, 300);
    assert_eq!(description.attestation_security_level, SecurityLevel::TrustedEnvironment);
    assert_eq!(description.key_mint_version, 300);
    assert_eq!(description.key_mint_security_level, SecurityLevel::TrustedEnvironment);
    assert_eq!(description.attestation_challenge, CHALLENGE);
    assert!(description.unique_id.is_empty());

    let software = description.software_enforced;
    assert_eq!(software.creation_date_time, Some(NOW * 1000));
    assert!(software.unlocked_device_required);
    assert!(!software.all_applications);
    assert!(software.purposes.is_empty() && software.origin.is_none());
    let application = software.attestation_application_id.unwrap();
    let [package] = &application.packages[..] else { panic!("it names one application") };
    assert_eq!((&package.name[..], package.version), (&b"wardkey.test"[..], 1));
    let signer = digest(&SHA256, b"Wardkey TEST signing certificate");
    assert_eq!(application.signature_digests, [signer.as_ref().to_vec()]);

    let hardware = description.hardware_enforced;
    assert_eq!(hardware.purposes, [PURPOSE_SIGN]);
    assert_eq!(hardware.algorithm, Some(ALGORITHM_EC));
    assert_eq!(hardware.key_size, Some(256));
    assert_eq!(hardware.digests, [DIGEST_SHA_2_256]);
    assert_eq!(hardware.ec_curve, Some(EC_CURVE_P_256));
    assert!(!hardware.no_auth_required && !hardware.all_applications);
    assert_eq!(hardware.user_auth_type, Some(3));
    assert_eq!(hardware.auth_timeout, None);
    assert_eq!(hardware.origin, Some(KeyOrigin::Generated));
    assert_eq!(hardware.os_version, Some(140_000));
    assert_eq!(hardware.os_patch_level, Some(202_601));
    assert_eq!(hardware.vendor_patch_level, Some(20_260_101));
    assert_eq!(hardware.boot_patch_level, Some(20_260_101));
    let root = hardware.root_of_trust.unwrap();
    let boot_key = digest(&SHA256, b"Wardkey TEST verified boot key");
    assert_eq!(root.verified_boot_key, boot_key.as_ref());
    let boot_hash = digest(&SHA256, b"Wardkey TEST verified boot hash");
    assert_eq!(root.verified_boot_hash.as_deref(), Some(boot_hash.as_ref()));
    assert!(root.device_locked);
    assert_eq!(root.verified_boot_state, VerifiedBootState::Verified);
}

#[test]
fn the_attestation_stays_the_same_between_runs() {
    let attestation = TestAttestation::generate(NOW).unwrap();
    let again = TestAttestation::from_bytes(&attestation.to_bytes()).unwrap();
    assert_eq!(again.root_pem(), attestation.root_pem());
    assert_eq!(*again.to_bytes(), *attestation.to_bytes());
    let keys = SoftwareKeys::open(MemoryRecords::default(), again, || NOW + 30 * DAY).unwrap();
    let key = generate(&keys, "one").unwrap();
    let chain: Vec<_> = key.certificate_chain.iter().map(|der| certificate(der)).collect();
    assert_issued(&chain[0], &chain[1], NOW + 30 * DAY);
    assert_issued(&chain[1], &certificate(attestation.root_der()), NOW + 30 * DAY);
}

#[test]
fn a_leaf_never_outlives_its_issuer() {
    let nearly_over = NOW + 10 * 365 * DAY - 1;
    for (now, expected) in [(nearly_over, true), (nearly_over + 1, false), (u64::MAX, false)] {
        let attestation = TestAttestation::generate(NOW).unwrap();
        let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now).unwrap();
        match generate(&keys, "one") {
            Ok(key) => {
                assert!(expected);
                let end = |der: &[u8]| *certificate(der).tbs_certificate().validity();
                let (leaf, issuer) =
                    (end(&key.certificate_chain[0]), end(&key.certificate_chain[1]));
                assert_eq!(leaf.not_after, issuer.not_after);
            }
            Err(error) => {
                assert!(!expected && error.to_string().contains("expired"), "{error}");
                assert!(keys.aliases().unwrap().is_empty());
            }
        }
    }
}

#[test]
fn a_damaged_attestation_is_refused() {
    let bytes = TestAttestation::generate(NOW).unwrap().to_bytes();
    let other = TestAttestation::generate(NOW).unwrap().to_bytes();
    let refused = |bytes: &[u8]| TestAttestation::from_bytes(bytes).unwrap_err();
    for damaged in [&bytes[..bytes.len() - 1], b"", b"\x80"] {
        assert!(matches!(refused(damaged), OpenError::DamagedAttestation(_)));
    }
    let versioned = |version| {
        let mut bytes = bytes.to_vec();
        bytes[2] = version;
        refused(&bytes)
    };
    assert_eq!(versioned(2), OpenError::NewerAttestation { found: 2 });
    assert!(matches!(versioned(0), OpenError::DamagedAttestation(_)));
    // The key is the last member, so this one has the other's key.
    let key_bytes = 138;
    let mut mixed = bytes.to_vec();
    let start = mixed.len() - key_bytes;
    mixed[start..].copy_from_slice(&other[other.len() - key_bytes..]);
    let error = TestAttestation::from_bytes(&mixed).unwrap_err().to_string();
    assert!(error.contains("another certificate"), "{error}");
}
