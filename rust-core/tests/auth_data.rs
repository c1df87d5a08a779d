//! Authenticator data: what is written is read back, and hostile bytes are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use p256::ecdsa::SigningKey;
use proptest::prelude::*;
use wardkey_core::ctap::{
    auth_data::{AttestedCredential, AuthenticatorData, Flags, InvalidAuthenticatorData},
    cbor::{Map, Value},
    cose::PublicKey,
};

fn public_key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_filter_map("not a scalar", |bytes| {
        let key = SigningKey::from_slice(&bytes).ok()?;
        PublicKey::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).ok()
    })
}

prop_compose! {
    fn attested()(
        aaguid in any::<[u8; 16]>(),
        id in prop::collection::vec(any::<u8>(), 0..1024),
        public_key in public_key(),
    ) -> AttestedCredential {
        AttestedCredential { aaguid, id, public_key }
    }
}

prop_compose! {
    fn data()(
        rp_id_hash in any::<[u8; 32]>(),
        flags in any::<u8>(),
        counter in any::<u32>(),
        attested_credential in prop::option::of(attested()),
        extensions in prop::option::of(any::<bool>().prop_map(|v| Map::from_iter([("credProtect", Value::from(v))]))),
    ) -> AuthenticatorData {
        let follow = Flags::ATTESTED_CREDENTIAL | Flags::EXTENSIONS;
        let mut flags = Flags::from_byte(flags & !follow.byte());
        if attested_credential.is_some() { flags = flags | Flags::ATTESTED_CREDENTIAL; }
        if extensions.is_some() { flags = flags | Flags::EXTENSIONS; }
        AuthenticatorData { rp_id_hash, flags, counter, attested_credential, extensions }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(data in data()) {
        prop_assert_eq!(AuthenticatorData::decode(&data.encode()), Ok(data));
    }

    #[test]
    fn what_is_read_is_written_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(data) = AuthenticatorData::decode(&bytes) {
            prop_assert_eq!(data.encode(), bytes);
        }
    }

    #[test]
    fn every_cut_and_every_addition_is_refused(data in data(), extra in any::<u8>()) {
        let mut bytes = data.encode();
        for end in 0..bytes.len() {
            prop_assert!(AuthenticatorData::decode(&bytes[..end]).is_err());
        }
        bytes.push(extra);
        prop_assert!(AuthenticatorData::decode(&bytes).is_err());
    }

    #[test]
    fn cose_keys_have_one_encoding(key in public_key(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        prop_assert_eq!(PublicKey::from_cose(key.cose()), Ok(key.clone()));
        let mut changed = key.cose().to_vec();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        if let Ok(other) = PublicKey::from_cose(&changed) {
            // Only the coordinates may differ, and then they are a point on the curve again.
            prop_assert_eq!(other.cose(), changed);
            prop_assert_ne!(other, key);
        }
    }
}

#[test]
fn flags_say_what_follows() {
    let plain = AuthenticatorData {
        rp_id_hash: [1; 32],
        flags: Flags::USER_PRESENT | Flags::USER_VERIFIED,
        counter: 0x0102_0304,
        attested_credential: None,
        extensions: None,
    };
    let bytes = plain.encode();
    assert_eq!((bytes.len(), bytes[32], &bytes[33..]), (37, 0x05, &[1, 2, 3, 4][..]));

    let mut claims_more = bytes.clone();
    claims_more[32] |= Flags::ATTESTED_CREDENTIAL.byte();
    let refused = AuthenticatorData::decode(&claims_more);
    assert_eq!(refused, Err(InvalidAuthenticatorData::Truncated));
}
