//! A maker of phones whose attestation certificates a test bends.

use ciborium::Value as Cbor;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use wardkey_sandbox::{Settings, TrustedRoots};

use crate::authenticator::Phone;

pub(crate) const KEY_DESCRIPTION: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 1, 17];
pub(crate) const SOFTWARE: u8 = 0;
pub(crate) const TEE: u8 = 1;
pub(crate) const STRONGBOX: u8 = 2;

/// A root and an intermediate that issue attestation certificates.
pub(crate) struct Vendor {
    pub(crate) root: CertifiedIssuer<'static, KeyPair>,
    pub(crate) intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Vendor {
    pub(crate) fn new() -> Self {
        Self::with_root("Attestation root")
    }

    pub(crate) fn with_root(name: &str) -> Self {
        let root = CertifiedIssuer::self_signed(ca(name, 1), KeyPair::generate().unwrap()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(
            ca("Attestation intermediate", 0),
            KeyPair::generate().unwrap(),
            &root,
        )
        .unwrap();
        Self { root, intermediate }
    }

    pub(crate) fn roots(&self) -> TrustedRoots {
        let mut roots = TrustedRoots::default();
        roots.add_pem(self.root.pem().as_bytes()).unwrap();
        roots
    }

    /// x5c: a leaf for `phone`'s key, and the intermediate.
    pub(crate) fn chain(
        &self,
        phone: &Phone,
        client_data_hash: &[u8],
        claim: &Claim,
    ) -> Vec<Vec<u8>> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Android Keystore Key");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.custom_extensions = vec![CustomExtension::from_oid_content(
            &KEY_DESCRIPTION,
            claim.encode(client_data_hash),
        )];
        let key = KeyPair::try_from(phone.pkcs8.as_slice()).unwrap();
        let leaf = params.signed_by(&key, &self.intermediate).unwrap();
        vec![leaf.der().to_vec(), self.intermediate.der().to_vec()]
    }
}

pub(crate) fn ca(name: &str, below: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

pub(crate) fn der(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let length: &[u8] = if length < 0x80 { &[length] } else { &[0x81, length] };
    [tag, length, content].concat()
}

/// What extension 1.3.6.1.4.1.11129.2.1.17 says.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) attestation_level: u8,
    pub(crate) key_level: u8,
    /// `None`: the client data hash, as it should be.
    pub(crate) challenge: Option<[u8; 32]>,
    pub(crate) purposes: Vec<u8>,
    pub(crate) origin: u8,
    pub(crate) all_applications: bool,
}

pub(crate) fn claim(level: u8) -> Claim {
    Claim {
        attestation_level: level,
        key_level: level,
        challenge: None,
        purposes: vec![2],
        origin: 0,
        all_applications: false,
    }
}

impl Claim {
    pub(crate) fn encode(&self, client_data_hash: &[u8]) -> Vec<u8> {
        let integer = |value: u8| der(&[0x02], &[value]);
        let purposes: Vec<u8> =
            self.purposes.iter().flat_map(|purpose| integer(*purpose)).collect();
        let root_of_trust =
            [der(&[0x04], &[0; 32]), der(&[0x01], &[0xff]), der(&[0x0a], &[0])].concat();
        let mut hardware = der(&[0xa1], &der(&[0x31], &purposes));
        if self.all_applications {
            hardware.extend(der(&[0xbf, 0x84, 0x58], &der(&[0x05], &[])));
        }
        hardware.extend(der(&[0xbf, 0x85, 0x3e], &integer(self.origin)));
        hardware.extend(der(&[0xbf, 0x85, 0x40], &der(&[0x30], &root_of_trust)));
        hardware.extend(der(&[0xbf, 0x85, 0x41], &der(&[0x02], &140_000_u32.to_be_bytes()[1..])));
        hardware.extend(der(&[0xbf, 0x85, 0x42], &der(&[0x02], &202_408_u32.to_be_bytes()[1..])));
        let challenge = self.challenge.map_or(client_data_hash.to_vec(), |other| other.to_vec());
        let fields = [
            integer(100),
            der(&[0x0a], &[self.attestation_level]),
            integer(100),
            der(&[0x0a], &[self.key_level]),
            der(&[0x04], &challenge),
            der(&[0x04], b""),
            der(&[0x30], b""),
            der(&[0x30], &hardware),
        ];
        der(&[0x30], &fields.concat())
    }
}

pub(crate) fn statement(
    phone: &Phone,
    data: &[u8],
    hash: &[u8],
    chain: Option<Vec<Vec<u8>>>,
) -> Cbor {
    let mut members = vec![
        ("alg".into(), (-7).into()),
        ("sig".into(), Cbor::Bytes(phone.sign(&[data, hash].concat()))),
    ];
    if let Some(chain) = chain {
        members.push(("x5c".into(), Cbor::Array(chain.into_iter().map(Cbor::Bytes).collect())));
    }
    Cbor::Map(members)
}

pub(crate) fn attest(phone: &mut Phone, vendor: Vendor, claim: Claim) {
    phone.format = "android-key";
    phone.statement = Box::new(move |phone, data, hash| {
        statement(phone, data, hash, Some(vendor.chain(phone, hash, &claim)))
    });
}

pub(crate) fn trusting(vendor: &Vendor, settings: &Settings) -> Settings {
    Settings { trusted_roots: vendor.roots(), ..settings.clone() }
}
