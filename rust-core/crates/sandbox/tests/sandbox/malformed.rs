//! Attestation objects of every malformed kind: refused with a reason, and nothing is kept.

use std::{fs, path::PathBuf};

use ciborium::Value as Cbor;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use wardkey_sandbox::Settings;

use crate::{
    authenticator::{encode, from_base64, to_base64},
    common::{Answer, Running, start},
    databases::{Begin as _, any_database},
    vendor::{Vendor, trusting},
};

/// The certificates of real phones, whose keys are not those of the passkeys here.
fn certificates() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/attestation");
    let chains = [
        "akita/sdk34/TEE_EC_NONE.pem",
        "caiman/sdk36/SB_EC_RKP.pem",
        "invalid/malformed_rot_device_locked.pem",
        "invalid/tags_not_in_ascending_order.pem",
    ];
    let blocks =
        chains.map(|chain| pem::parse_many(fs::read(folder.join(chain)).unwrap()).unwrap());
    blocks.into_iter().flatten().map(pem::Pem::into_contents).collect()
}

pub(crate) fn anything() -> impl Strategy<Value = Cbor> {
    let leaf = prop_oneof![
        Just(Cbor::Null),
        any::<bool>().prop_map(Cbor::Bool),
        any::<i64>().prop_map(|number| Cbor::Integer(number.into())),
        any::<f64>().prop_map(Cbor::Float),
        vec(any::<u8>(), 0..40).prop_map(Cbor::Bytes),
        "[a-z0-9]{0,8}".prop_map(Cbor::Text),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Cbor::Array),
            vec((inner.clone(), inner.clone()), 0..4).prop_map(Cbor::Map),
            (any::<u64>(), inner).prop_map(|(tag, value)| Cbor::Tag(tag, Box::new(value))),
        ]
    })
}

/// A certificate of a phone with bytes changed, a piece of one, or no certificate at all.
fn certificate() -> impl Strategy<Value = Cbor> {
    let all = certificates();
    let real = (0..all.len()).prop_map(move |index| all[index].clone());
    let damaged = (real, vec((any::<Index>(), any::<u8>()), 0..4), any::<Option<Index>>());
    let damaged = damaged.prop_map(|(mut der, damage, cut)| {
        for (place, byte) in damage {
            *place.get_mut(&mut der) = byte;
        }
        if let Some(cut) = cut {
            der.truncate(cut.index(der.len()));
        }
        Cbor::Bytes(der)
    });
    prop_oneof![4 => damaged, 1 => anything()]
}

/// Members of statements under their own names, with values that may be of any kind.
pub(crate) fn statement() -> impl Strategy<Value = Cbor> {
    let algorithm =
        prop_oneof![Just(Cbor::from(-7)), Just(Cbor::from(-257)), Just(Cbor::Null), anything()];
    let signature = prop_oneof![vec(any::<u8>(), 0..80).prop_map(Cbor::Bytes), anything()];
    let chain = prop_oneof![4 => vec(certificate(), 0..12).prop_map(Cbor::Array), 1 => anything()];
    let member = |name: &'static str, value: BoxedStrategy<Cbor>| {
        proptest::option::weighted(0.9, value)
            .prop_map(move |value| value.map(|value| (Cbor::from(name), value)))
    };
    let members = (
        member("alg", algorithm.boxed()),
        member("sig", signature.boxed()),
        member("x5c", chain.boxed()),
    );
    let known = members
        .prop_map(|(alg, sig, x5c)| Cbor::Map([alg, sig, x5c].into_iter().flatten().collect()));
    prop_oneof![4 => known, 1 => anything()]
}

pub(crate) fn format() -> impl Strategy<Value = Cbor> {
    prop_oneof![
        6 => Just(Cbor::from("android-key")),
        2 => Just(Cbor::from("packed")),
        1 => prop::sample::select(vec!["none", "tpm", "fido-u2f", "apple", "android-safetynet", "x"])
            .prop_map(Cbor::from),
        1 => anything(),
    ]
}

async fn answered(running: &Running, bend: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Answer {
    let (session, options) = running.offer_registration(json!({ "attestation": "direct" })).await;
    let mut credential = running.phone().create(&options);
    let object = from_base64(credential["response"]["attestationObject"].as_str().unwrap());
    credential["response"]["attestationObject"] = to_base64(&bend(object)).into();
    running.verify("register", &session, &credential).await
}

/// Replaces format and statement of an attestation object.
pub(crate) fn with_statement(object: &[u8], format: &Cbor, statement: &Cbor) -> Vec<u8> {
    let Cbor::Map(mut members) = ciborium::from_reader(object).unwrap() else { panic!("a map") };
    for (name, value) in &mut members {
        match name.as_text() {
            Some("fmt") => *value = format.clone(),
            Some("attStmt") => *value = statement.clone(),
            _ => {}
        }
    }
    encode(&Cbor::Map(members))
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_statement_of_any_kind_is_refused_with_a_reason(
        attempts in vec((format(), statement()), 8),
        database in any_database()
    ) {
        runtime().block_on(async {
            let fresh = database.fresh().await;
            let settings = Settings::on(&fresh).await;
            let running = start(trusting(&Vendor::new(), &settings)).await;
            let mut kept = false;
            for (format, statement) in attempts {
                // Without attestation at all a passkey may be registered: then nothing is claimed.
                let is_none = format.as_text() == Some("none") && statement.as_map().is_some_and(Vec::is_empty);
                let answer = answered(&running, |object| with_statement(&object, &format, &statement)).await;
                if is_none {
                    answer.ok();
                    kept = true;
                } else {
                    let (status, code) = answer.refused();
                    assert_eq!(status, 422, "{code}");
                    let is_there = running.get("/").await.body.contains("clinician@");
                    assert_eq!(is_there, kept, "nothing more is kept");
                }
            }
        });
    }

    #[test]
    fn an_object_of_any_bytes_is_refused_with_a_reason(
        attempts in vec(prop_oneof![
            vec(any::<u8>(), 0..300),
            anything().prop_map(|value| encode(&value)),
        ], 8),
        database in any_database()
    ) {
        runtime().block_on(async {
            let fresh = database.fresh().await;
            let settings = Settings::on(&fresh).await;
            let running = start(trusting(&Vendor::new(), &settings)).await;
            for object in attempts {
                let answer = answered(&running, |_| object).await;
                let (status, code) = answer.refused();
                assert_eq!(status, 422, "{code}");
                assert!(!running.get("/").await.body.contains("clinician@"), "nothing is kept");
            }
        });
    }
}
