//! Known answers, computed anew on the device's own processor.
//!
//! The host's tests say that the code is right. Whether this build of it, with its own assembly for its
//! own processor, gives the same answers shows only where it runs: Kotlin asks in the diagnostics, and
//! the build asks for the phone's library before it goes into a package.

use std::{
    string::{String, ToString as _},
    vec::Vec,
};

use p256::ecdh::diffie_hellman;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest, hkdf,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use serde_json::Value as Json;

use crate::{
    ctap::cbor::{self, Map, Value},
    hybrid::{
        crypter::Crypter,
        eid::Advert,
        keys::{Psk, QrSecret},
        noise::{Established, Initiator, Responder},
        point::PrivateKey,
    },
};

/// One known answer and whether this device arrives at it.
///
/// ```
/// use wardkey_core::ffi::{KnownAnswer, self_test};
///
/// /// What the diagnostics say: a device that counts wrongly must not be used.
/// fn line(answer: &KnownAnswer) -> String {
///     format!("{}: {}", answer.name, if answer.passed { "right" } else { "WRONG" })
/// }
///
/// let lines: Vec<_> = self_test().iter().map(line).collect();
/// assert_eq!(lines[..2], ["SHA-256: right", "HKDF-SHA-256: right"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct KnownAnswer {
    /// What was computed, for the diagnostics.
    pub name: String,
    /// Whether the answer was the known one. A device where any is not must not be used.
    pub passed: bool,
}

/// Computes each known answer anew. Takes a few milliseconds, touches no key of a person, never panics.
///
/// ```
/// use wardkey_core::ffi::{KnownAnswer, self_test};
///
/// let answers: Vec<KnownAnswer> = self_test();
/// assert!(answers.iter().all(|answer| answer.passed));
/// assert!(answers.iter().any(|answer| answer.name == "hybrid handshake"));
/// ```
#[uniffi::export]
pub fn self_test() -> Vec<KnownAnswer> {
    let run = |&(name, check): &(&str, Check)| KnownAnswer {
        name: name.to_string(),
        passed: check().unwrap_or(false),
    };
    CHECKS.iter().map(run).collect()
}

/// The version of this library, for the diagnostics: that of the app says only what it was packed with.
///
/// ```
/// assert_eq!(wardkey_core::ffi::core_version(), env!("CARGO_PKG_VERSION"));
/// ```
#[uniffi::export]
pub fn core_version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}

/// `None` where not even a wrong answer came out.
type Check = fn() -> Option<bool>;

const CHECKS: [(&str, Check); 8] = [
    ("SHA-256", sha_256),
    ("HKDF-SHA-256", hkdf_sha_256),
    ("AES-256-GCM", aes_256_gcm),
    ("ECDSA P-256", ecdsa_p256),
    ("ECDH P-256", ecdh_p256),
    ("hybrid advert", hybrid_advert),
    ("hybrid handshake", hybrid_handshake),
    ("canonical CBOR", canonical_cbor),
];

/// FIPS 180-2, appendix B.1.
fn sha_256() -> Option<bool> {
    let known = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")?;
    Some(digest::digest(&digest::SHA256, b"abc").as_ref() == known)
}

/// RFC 5869, appendix A.1.
fn hkdf_sha_256() -> Option<bool> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let salt = hex("000102030405060708090a0b0c")?;
    let info = hex("f0f1f2f3f4f5f6f7f8f9")?;
    let known = hex(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    )?;
    let mut output = [0; 42];
    let material = [info.as_slice()];
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&[0x0b; 22]);
    pseudorandom.expand(&material, Length(output.len())).ok()?.fill(&mut output).ok()?;
    Some(output == known.as_slice())
}

/// Test case 16 of the specification of GCM that was submitted to NIST. A tag that is off by one bit must
/// not open.
fn aes_256_gcm() -> Option<bool> {
    let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")?;
    let nonce: [u8; 12] = array("cafebabefacedbaddecaf888")?;
    let additional = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")?;
    let plaintext = hex(concat!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    ))?;
    let known = hex(concat!(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ))?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?);
    let nonce = || Nonce::assume_unique_for_key(nonce);

    let mut sealed = plaintext.clone();
    key.seal_in_place_append_tag(nonce(), Aad::from(&additional), &mut sealed).ok()?;
    let mut altered = sealed.clone();
    *altered.last_mut()? ^= 1;
    let refused = key.open_in_place(nonce(), Aad::from(&additional), &mut altered).is_err();
    let sealed_well = sealed == known;
    let opened = key.open_in_place(nonce(), Aad::from(&additional), &mut sealed).ok()?;
    Some(sealed_well && opened == plaintext.as_slice() && refused)
}

/// RFC 6979, appendix A.2.5, message "sample". The signature must not fit another message.
fn ecdsa_p256() -> Option<bool> {
    let point = hex(concat!(
        "04",
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    ))?;
    let signature = hex(concat!(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ))?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    let verifies = |message: &[u8]| key.verify(message, &signature).is_ok();
    Some(verifies(b"sample") && !verifies(b"simple"))
}

/// RFC 5903, section 8.1.
fn ecdh_p256() -> Option<bool> {
    let private = hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433")?;
    let peer = hex(concat!(
        "04",
        "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63",
        "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
    ))?;
    let known = hex("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de")?;
    let private = p256::SecretKey::from_slice(&private).ok()?;
    let peer = p256::PublicKey::from_sec1_bytes(&peer).ok()?;
    let shared = diffie_hellman(private.to_nonzero_scalar(), peer.as_affine());
    Some(shared.raw_secret_bytes().as_slice() == known)
}

/// The advert and the tunnel that a capture has for its code.
fn hybrid_advert() -> Option<bool> {
    let vector = Vector::read(include_str!("../../../fixtures/hybrid/firefox-advert.json"))?;
    let secret = QrSecret::new(vector.input("secret")?);
    let advert = Advert(vector.input("advert")?);
    let key = secret.eid_key();
    let eid = key.decrypt(&advert).ok()?;
    let told = eid.to_bytes() == vector.expect("eid_plaintext")?;
    let found = secret.tunnel_id().0 == vector.expect("tunnel_id")?;
    Some(told && found && key.encrypt(&eid) == advert)
}

/// The handshake of fixed keys, both ways, and a message under the keys it gives.
fn hybrid_handshake() -> Option<bool> {
    let vector = Vector::read(include_str!("../../../fixtures/hybrid/noise-knpsk0.json"))?;
    let psk = Psk::new(vector.input("psk")?);
    let identity = vector.key("client_identity_private")?;
    let ephemeral = vector.key("phone_ephemeral_private")?;
    let responder = Responder::for_qr(&psk, &identity.public_key(), ephemeral);

    let ephemeral = vector.key("client_ephemeral_private")?;
    let (initiator, first) = Initiator::from_qr(&psk, identity, ephemeral);
    let (phone, second) = responder.respond(&first).ok()?;
    let workstation = initiator.finish(&second).ok()?;
    let agreed = vector.is_established(&phone)? && vector.is_established(&workstation)?;

    let message = vector.member("input", "to_phone_message")?;
    let opened = Crypter::phone(phone.keys).open(message).is_ok();
    let first_known = first == vector.member("expect", "message1")?;
    let second_known = second == vector.member("expect", "message2")?;
    Some(agreed && opened && first_known && second_known)
}

/// CTAP 2.3 §8: keys in their order, and no other encoding taken for it.
fn canonical_cbor() -> Option<bool> {
    let known = hex("a40102216161616203626161f5")?;
    let map = Map::from_iter([
        (Value::from("aa"), Value::from(true)),
        (Value::from("b"), Value::from(3)),
        (Value::from(-2), Value::from("a")),
        (Value::from(1), Value::from(2)),
    ]);
    let shuffled = hex("a2210101")?;
    Some(
        Value::from(map).encode() == known
            && cbor::decode(&known).ok()?.encode() == known
            && cbor::decode(&shuffled).is_err(),
    )
}

/// A file of `fixtures/hybrid`, built into the library so that phone and host are asked the same.
struct Vector(Json);

impl Vector {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    fn member(&self, group: &str, name: &str) -> Option<Vec<u8>> {
        hex(self.0.get(group)?.get(name)?.as_str()?)
    }

    fn input<const N: usize>(&self, name: &str) -> Option<[u8; N]> {
        self.member("input", name)?.try_into().ok()
    }

    fn expect<const N: usize>(&self, name: &str) -> Option<[u8; N]> {
        self.member("expect", name)?.try_into().ok()
    }

    fn key(&self, name: &str) -> Option<PrivateKey> {
        PrivateKey::from_bytes(self.input(name)?).ok()
    }

    fn is_established(&self, established: &Established) -> Option<bool> {
        let keys = &established.keys;
        Some(
            established.hash == self.expect("handshake_hash")?
                && *keys.to_phone.as_bytes() == self.expect("client_to_phone_key")?
                && *keys.to_workstation.as_bytes() == self.expect("phone_to_client_key")?,
        )
    }
}

fn array<const N: usize>(digits: &str) -> Option<[u8; N]> {
    hex(digits)?.try_into().ok()
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok();
    let whole = digits.len().is_multiple_of(2);
    whole.then(|| digits.as_bytes().chunks(2).map(pair).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_answer_is_the_known_one() {
        let answers = self_test();
        let failed: Vec<_> = answers.iter().filter(|answer| !answer.passed).collect();
        assert!(failed.is_empty(), "{failed:?}");
        let names: BTreeSet<_> = answers.iter().map(|answer| &answer.name).collect();
        assert_eq!(names.len(), CHECKS.len());
    }

    #[test]
    fn a_vector_with_another_answer_is_noticed() {
        let text = include_str!("../../../fixtures/hybrid/noise-knpsk0.json");
        let vector = Vector::read(text).unwrap();
        let hash = hex::encode(vector.member("expect", "handshake_hash").unwrap());
        let other = Vector::read(&text.replace(&hash, &"00".repeat(32))).unwrap();
        let established = established(&vector);
        assert_eq!(vector.is_established(&established), Some(true));
        assert_eq!(other.is_established(&established), Some(false));
        let shorter = Vector::read(&text.replace(&hash, "00")).unwrap();
        assert_eq!(shorter.is_established(&established), None);
    }

    fn established(vector: &Vector) -> Established {
        let psk = Psk::new(vector.input("psk").unwrap());
        let identity = vector.key("client_identity_private").unwrap().public_key();
        let ephemeral = vector.key("phone_ephemeral_private").unwrap();
        let first = vector.member("expect", "message1").unwrap();
        Responder::for_qr(&psk, &identity, ephemeral).respond(&first).unwrap().0
    }

    #[test]
    fn digits_are_read_or_refused() {
        assert_eq!(hex("00ff10"), Some([0, 255, 16].to_vec()));
        for wrong in ["0", "0g", "é"] {
            assert_eq!(hex(wrong), None, "{wrong}");
        }
        assert_eq!(array::<2>("000000"), None);
    }
}
