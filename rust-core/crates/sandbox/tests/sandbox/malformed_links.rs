//! Attestation objects and certificates of every malformed kind behind a registration link: a verdict of
//! refuse that gives the reason, at the desk and in the evidence.

use ciborium::Value as Cbor;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{
    authenticator::{encode, from_base64, to_base64},
    core_phone::CorePhone,
    databases::{Begin as _, any_database, on_both},
    enrolment::{A, CLINICIAN, Desk, Visitor, World, between},
    malformed::{anything, format, runtime, statement, with_statement},
};

on_both!(each_malformed_part_has_its_reason,);

/// Hands in the phone's answer with another attestation object, which has to be refused with a verdict.
/// Gives what the verdict's first line says was seen.
async fn refused(
    world: &World,
    desk: &mut Desk<'_>,
    phone: &mut CorePhone,
    bend: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> String {
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.prepare().await;
    let (mut made, _) = visitor.make(phone).await;
    let object = &mut made["credential"]["response"]["attestationObject"];
    *object = to_base64(&bend(from_base64(object.as_str().unwrap()))).into();
    let answer = visitor.post("verify", &made).await;
    assert_eq!(answer.refused(), (422, "verdict".to_owned()), "{}", answer.body);
    assert_eq!(visitor.status().await["state"], "refused");
    let page = desk.page(&id).await;
    for part in ["The phone was refused", "Do not accept this phone", "id=\"verdict\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("id=\"confirm\""), "{page}");
    assert!(world.authenticators_of(CLINICIAN).await.is_empty());
    let lines = world.database.evidence_after(0).await.unwrap();
    let record: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(record["event"]["kind"], "registration-refused", "{record}");
    let failed = record["event"]["failed"].as_array().unwrap();
    assert_eq!(failed[0], "registration", "{record}");
    let row = between(&page, "data-check=\"registration\" data-grade=\"fail\"", "</tr>");
    between(&row, "class=\"sandbox-break\">", "</span>")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_statement_of_any_kind_is_refused_with_a_verdict(
        attempts in vec((format(), statement()), 4),
        database in any_database()
    ) {
        runtime().block_on(async {
            let fresh = database.fresh().await;
            let mut world = World::on(&fresh).await;
            let mut phone = world.phone.take().unwrap();
            let mut desk = world.authority(A).await;
            for (format, statement) in attempts {
                let seen = refused(&world, &mut desk, &mut phone, |object| {
                    with_statement(&object, &format, &statement)
                });
                assert!(seen.await.contains("it"), "in words of our own");
            }
        });
    }

    #[test]
    fn an_object_of_any_bytes_is_refused_with_a_verdict(
        attempts in vec(prop_oneof![
            vec(any::<u8>(), 0..300),
            anything().prop_map(|value| encode(&value)),
        ], 4),
        database in any_database()
    ) {
        runtime().block_on(async {
            let fresh = database.fresh().await;
            let mut world = World::on(&fresh).await;
            let mut phone = world.phone.take().unwrap();
            let mut desk = world.authority(A).await;
            for object in attempts {
                refused(&world, &mut desk, &mut phone, |_| object).await;
            }
        });
    }
}

/// A change of a statement.
type Bend = fn(&mut Vec<(Cbor, Cbor)>);

/// An attestation object whose statement was changed.
fn bent(object: &[u8], bend: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) -> Vec<u8> {
    let Cbor::Map(mut members) = ciborium::from_reader(object).unwrap() else { panic!("a map") };
    let mut statement = members.iter_mut().find(|(name, _)| name.as_text() == Some("attStmt"));
    let Some((_, Cbor::Map(statement))) = &mut statement else { panic!("a statement") };
    bend(statement);
    encode(&Cbor::Map(members))
}

fn set(statement: &mut [(Cbor, Cbor)], name: &str, change: impl FnOnce(&mut Cbor)) {
    let (_, value) = statement.iter_mut().find(|(other, _)| other.as_text() == Some(name)).unwrap();
    change(value);
}

fn flip(value: &mut Cbor) {
    *value.as_bytes_mut().unwrap().last_mut().unwrap() ^= 1;
}

async fn each_malformed_part_has_its_reason(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let (mut other, _) =
        CorePhone::new(wardkey_core::authenticator::AttestationFormat::PackedSelf).await;
    let mut desk = world.authority(A).await;
    let cases: [(Bend, &str); 7] = [
        (|all| set(all, "sig", flip), "its attestation is not signed by the certified key"),
        (|all| set(all, "alg", |alg| *alg = Cbor::from(-257)), "another algorithm"),
        (|all| set(all, "alg", |alg| *alg = Cbor::Null), "names no known algorithm"),
        (|all| set(all, "x5c", |chain| *chain = Cbor::Array(vec![])), "has no certificate"),
        (
            |all| set(all, "x5c", |chain| *chain = Cbor::Array(vec![Cbor::Bytes(vec![0x30])])),
            "a certificate of its attestation cannot be read or used",
        ),
        (|all| all.retain(|(name, _)| name.as_text() != Some("x5c")), "has no certificate"),
        (|all| all.clear(), "its attestation"),
    ];
    for (bend, reason) in cases {
        let seen = refused(&world, &mut desk, &mut phone, |object| bent(&object, bend)).await;
        assert!(seen.contains(reason), "“{reason}” expected: {seen}");
    }
    let seen = refused(&world, &mut desk, &mut other, |object| object).await;
    assert!(seen.contains("its attestation is “packed”"), "{seen}");
    let unknown =
        |object: Vec<u8>| with_statement(&object, &"They match".into(), &Cbor::Map(vec![]));
    let seen = refused(&world, &mut desk, &mut other, unknown).await;
    assert!(seen.contains("its attestation is of an unknown kind"), "{seen}");
    let seen = refused(&world, &mut desk, &mut phone, |_| json!([]).to_string().into()).await;
    assert_eq!(seen, "it cannot be decoded");
}
