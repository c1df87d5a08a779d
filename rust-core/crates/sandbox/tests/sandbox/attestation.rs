//! Attestation: who vouches for the authenticator, and whether they are trusted.

use ciborium::Value as Cbor;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use serde_json::json;
use wardkey_sandbox::{Settings, TrustedRoots, TrustedRootsError};

use crate::{authenticator::Phone, common::start};

const KEY_DESCRIPTION: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 1, 17];
const TEE: u8 = 1;
const STRONGBOX: u8 = 2;

/// A root and an intermediate that issue attestation certificates.
struct Vendor {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Vendor {
    fn new() -> Self {
        let root =
            CertifiedIssuer::self_signed(ca("Test root", 1), KeyPair::generate().unwrap()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(
            ca("Test intermediate", 0),
            KeyPair::generate().unwrap(),
            &root,
        )
        .unwrap();
        Self { root, intermediate }
    }

    fn roots(&self) -> TrustedRoots {
        let mut roots = TrustedRoots::default();
        roots.add_pem(self.root.pem().as_bytes()).unwrap();
        roots
    }

    /// x5c: a leaf for `phone`'s key, and the intermediate.
    fn chain(&self, phone: &Phone, challenge: &[u8], level: u8) -> Vec<Vec<u8>> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Android Keystore Key");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &KEY_DESCRIPTION,
            key_description(challenge, level),
        )];
        let key = KeyPair::try_from(phone.pkcs8.as_slice()).unwrap();
        let leaf = params.signed_by(&key, &self.intermediate).unwrap();
        vec![leaf.der().to_vec(), self.intermediate.der().to_vec()]
    }
}

fn ca(name: &str, below: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn der(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let length: &[u8] = if length < 0x80 { &[length] } else { &[0x81, length] };
    [tag, length, content].concat()
}

/// Extension 1.3.6.1.4.1.11129.2.1.17 of a key generated for signing.
fn key_description(challenge: &[u8], level: u8) -> Vec<u8> {
    let purpose_sign = der(&[0xa1], &der(&[0x31], &der(&[0x02], &[2])));
    let origin_generated = der(&[0xbf, 0x85, 0x3e], &der(&[0x02], &[0]));
    der(
        &[0x30],
        &[
            der(&[0x02], &[100]),
            der(&[0x0a], &[level]),
            der(&[0x02], &[100]),
            der(&[0x0a], &[level]),
            der(&[0x04], challenge),
            der(&[0x04], b""),
            der(&[0x30], b""),
            der(&[0x30], &[purpose_sign, origin_generated].concat()),
        ]
        .concat(),
    )
}

fn statement(phone: &Phone, data: &[u8], hash: &[u8], chain: Option<Vec<Vec<u8>>>) -> Cbor {
    let mut members = vec![
        ("alg".into(), (-7).into()),
        ("sig".into(), Cbor::Bytes(phone.sign(&[data, hash].concat()))),
    ];
    if let Some(chain) = chain {
        members.push(("x5c".into(), Cbor::Array(chain.into_iter().map(Cbor::Bytes).collect())));
    }
    Cbor::Map(members)
}

fn attest(phone: &mut Phone, vendor: Vendor, level: u8) {
    phone.format = "android-key";
    phone.statement = Box::new(move |phone, data, hash| {
        statement(phone, data, hash, Some(vendor.chain(phone, hash, level)))
    });
}

fn trusting(vendor: &Vendor) -> Settings {
    Settings { trusted_roots: vendor.roots(), ..Settings::default() }
}

#[tokio::test]
async fn an_android_key_chain_is_followed_to_a_trusted_root() {
    let vendor = Vendor::new();
    let running = start(trusting(&vendor));
    let mut phone = running.phone();
    attest(&mut phone, vendor, TEE);
    for attestation in ["direct", "indirect", "enterprise"] {
        let report = running.register(&mut phone, json!({ "attestation": attestation })).await.ok();
        assert_eq!(
            report["attestation"],
            json!({
                "format": "android-key",
                "verified": true,
                "level": "tee",
                "certificates": 2,
                "words": "attestation verified: android-key, hardware level TEE",
            })
        );
        phone.credential_id.push(0);
    }
}

#[tokio::test]
async fn a_software_key_is_not_called_hardware() {
    let vendor = Vendor::new();
    let running = start(trusting(&vendor));
    let mut phone = running.phone();
    attest(&mut phone, vendor, 0);
    let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
    assert_eq!(report["attestation"]["words"], "attestation verified: android-key, level software");
}

#[tokio::test]
async fn a_chain_to_another_root_is_refused_when_attestation_was_asked_for() {
    let running = start(trusting(&Vendor::new()));
    let mut phone = running.phone();
    // Same names, other keys.
    attest(&mut phone, Vendor::new(), TEE);
    let answer = running.register(&mut phone, json!({ "attestation": "direct" })).await;
    assert_eq!(answer.refused(), (422, "untrusted".to_owned()));
    let report = running.register(&mut phone, json!({ "attestation": "none" })).await.ok();
    assert_eq!(report["attestation"]["verified"], false);
}

#[tokio::test]
async fn without_trusted_roots_nothing_is_called_verified() {
    let running = start(Settings::default());
    let mut phone = running.phone();
    attest(&mut phone, Vendor::new(), TEE);
    let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
    assert_eq!(report["attestation"]["verified"], false);
    assert!(report["attestation"]["words"].as_str().unwrap().contains("without trusted roots"));
}

#[tokio::test]
async fn an_attestation_for_another_request_is_refused() {
    let vendor = Vendor::new();
    let running = start(trusting(&vendor));
    let mut phone = running.phone();
    phone.format = "android-key";
    phone.statement = Box::new(move |phone, data, hash| {
        statement(phone, data, hash, Some(vendor.chain(phone, &[0; 32], TEE)))
    });
    let answer = running.register(&mut phone, json!({})).await;
    assert_eq!(answer.refused(), (422, "attestation_challenge".to_owned()));
}

#[tokio::test]
async fn an_attestation_of_another_key_is_refused() {
    let vendor = Vendor::new();
    let running = start(trusting(&vendor));
    let stranger = running.phone();
    let mut phone = running.phone();
    phone.format = "android-key";
    phone.statement = Box::new(move |_, data, hash| {
        statement(&stranger, data, hash, Some(vendor.chain(&stranger, hash, TEE)))
    });
    let answer = running.register(&mut phone, json!({})).await;
    assert_eq!(answer.refused(), (422, "attestation_key".to_owned()));
}

#[tokio::test]
async fn self_attestation_is_accepted_and_named() {
    let running = start(trusting(&Vendor::new()));
    let mut phone = running.phone();
    phone.format = "packed";
    phone.statement = Box::new(|phone, data, hash| statement(phone, data, hash, None));
    let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
    assert_eq!(report["attestation"]["format"], "packed");
    assert_eq!(report["attestation"]["verified"], false);
    assert!(
        report["attestation"]["words"].as_str().unwrap().contains("signed by the passkey itself")
    );
}

#[tokio::test]
async fn a_bad_attestation_signature_is_refused() {
    for format in ["packed", "android-key"] {
        let vendor = Vendor::new();
        let running = start(trusting(&vendor));
        let mut phone = running.phone();
        phone.format = format;
        phone.statement = Box::new(move |phone, data, hash| {
            let chain = (format == "android-key").then(|| vendor.chain(phone, hash, TEE));
            statement(phone, data, &[0; 32], chain)
        });
        let answer = running.register(&mut phone, json!({})).await;
        assert_eq!(answer.refused(), (422, "attestation_signature".to_owned()), "{format}");
    }
}

#[tokio::test]
async fn a_missing_attestation_is_named_when_it_was_asked_for() {
    let running = start(trusting(&Vendor::new()));
    let report =
        running.register(&mut running.phone(), json!({ "attestation": "direct" })).await.ok();
    assert!(report["attestation"]["words"].as_str().unwrap().contains("withheld"));
}

#[tokio::test]
async fn strongbox_is_refused_with_an_explanation() {
    let vendor = Vendor::new();
    let running = start(trusting(&vendor));
    let mut phone = running.phone();
    attest(&mut phone, vendor, STRONGBOX);
    let answer = running.register(&mut phone, json!({})).await;
    assert!(answer.body.contains("StrongBox"), "{}", answer.body);
    assert_eq!(answer.refused(), (422, "attestation_certificate".to_owned()));
}

#[test]
fn trusted_roots_are_read_strictly() {
    let mut roots = TrustedRoots::default();
    let (first, second) = (Vendor::new().root.pem(), Vendor::new().root.pem());
    roots.add_pem((first.clone() + &second).as_bytes()).unwrap();
    roots.add_pem(first.as_bytes()).unwrap();
    assert_eq!(roots.len(), 2);

    assert!(matches!(roots.add_pem(b""), Err(TrustedRootsError::Empty)));
    assert!(matches!(
        roots.add_pem(KeyPair::generate().unwrap().serialize_pem().as_bytes()),
        Err(TrustedRootsError::Empty)
    ));
    assert!(matches!(
        roots.add_pem(&first.as_bytes()[..first.len() - 40]),
        Err(TrustedRootsError::Empty | TrustedRootsError::Pem(_))
    ));
    let not_der = first + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let refused = roots.add_pem(not_der.as_bytes()).unwrap_err();
    assert!(refused.to_string().starts_with("certificate 2 "), "{refused}");
    assert_eq!(roots.len(), 2, "a refused text adds nothing");
}
