//! Attestation: who vouches for the authenticator, and whether they are trusted.

use ciborium::Value as Cbor;
use rcgen::KeyPair;
use serde_json::json;
use wardkey_sandbox::{Settings, TrustedRoots, TrustedRootsError};

use crate::{
    authenticator::{Phone, UP},
    common::start,
    databases::on_both,
    register::fact,
    vendor::{Claim, SOFTWARE, STRONGBOX, TEE, Vendor, attest, claim, statement, trusting},
};

const HARDWARE: [(u8, &str, &str); 2] =
    [(TEE, "tee", "TEE"), (STRONGBOX, "strongbox", "StrongBox")];

on_both!(
    an_android_key_chain_is_followed_to_a_trusted_root,
    a_chain_to_a_test_root_is_not_called_attested,
    a_key_is_no_safer_than_who_vouches_for_it,
    a_chain_to_another_root_is_refused_when_attestation_was_asked_for,
    without_trusted_roots_nothing_is_called_verified,
    each_bent_attestation_is_refused,
    a_strongbox_does_not_excuse_the_rest_of_the_response,
    an_android_key_statement_without_a_chain_is_refused,
    a_chain_beside_the_one_that_is_verified_is_refused,
    self_attestation_is_accepted_and_named,
    a_missing_attestation_is_named_when_it_was_asked_for,
);

async fn an_android_key_chain_is_followed_to_a_trusted_root(settings: Settings) {
    for (level, name, words) in HARDWARE {
        let vendor = Vendor::new();
        let running = start(trusting(&vendor, &settings)).await;
        let mut phone = running.phone();
        attest(&mut phone, vendor, claim(level));
        for attestation in ["direct", "indirect", "enterprise"] {
            let report =
                running.register(&mut phone, json!({ "attestation": attestation })).await.ok();
            assert_eq!(
                report["attestation"],
                json!({
                    "format": "android-key",
                    "verified": true,
                    "testRoot": false,
                    "level": name,
                    "keyDescription": {
                        "attestationLevel": name,
                        "keyLevel": name,
                        "userAuthentication": "every-use",
                        "rootOfTrust": { "deviceLocked": true, "verifiedBootState": 0 },
                        "osVersion": 140_000,
                        "osPatchLevel": 202_408,
                    },
                    "certificates": 2,
                    "words": format!("attestation verified: android-key, hardware level {words}"),
                })
            );
            assert_eq!(fact(&report, "Key asks for its user"), "for every signature: attested");
            assert_eq!(fact(&report, "Device"), "locked, with the maker's system: attested");
            assert_eq!(fact(&report, "System"), "Android 14, patched 2024-08: attested");
            phone.credential_id.push(0);
        }
        // The credential works like any other.
        phone.credential_id.pop();
        running.signin(&mut phone, json!({})).await.ok();
    }
}

async fn a_chain_to_a_test_root_is_not_called_attested(settings: Settings) {
    for (name, is_test) in [
        ("Wardkey TEST attestation root – not a real device", true),
        ("test", true),
        ("Root for a test-phone", true),
        ("Contest of attestations", false),
        ("Testament and Attestation Ltd.", false),
    ] {
        let vendor = Vendor::with_root(name);
        let running = start(trusting(&vendor, &settings)).await;
        let mut phone = running.phone();
        attest(&mut phone, vendor, claim(TEE));
        let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
        assert_eq!(report["attestation"]["testRoot"], is_test, "{name}");
        let (words, device) = if is_test {
            ("test chain, proves nothing about hardware", "claimed by a test chain, proves nothing")
        } else {
            ("attestation verified", "attested")
        };
        assert_eq!(
            fact(&report, "Attestation"),
            format!("android-key: {words}: android-key, hardware level TEE")
        );
        let place = "TEE, a protected part of the main processor";
        assert_eq!(fact(&report, "Key kept in"), format!("{place}: {device}"));
    }
}

async fn a_key_is_no_safer_than_who_vouches_for_it(settings: Settings) {
    for (attestation_level, key_level, words) in [
        (SOFTWARE, SOFTWARE, "level software: no hardware protects the key"),
        (SOFTWARE, TEE, "level software: no hardware protects the key"),
        (TEE, STRONGBOX, "hardware level TEE"),
        (SOFTWARE, STRONGBOX, "level software: no hardware protects the key"),
    ] {
        let vendor = Vendor::new();
        let running = start(trusting(&vendor, &settings)).await;
        let mut phone = running.phone();
        attest(&mut phone, vendor, Claim { attestation_level, key_level, ..claim(TEE) });
        let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
        assert_eq!(
            report["attestation"]["words"],
            format!("attestation verified: android-key, {words}")
        );
    }
}

async fn a_chain_to_another_root_is_refused_when_attestation_was_asked_for(settings: Settings) {
    for (level, ..) in HARDWARE {
        let running = start(trusting(&Vendor::new(), &settings)).await;
        let mut phone = running.phone();
        // Same names, other keys.
        attest(&mut phone, Vendor::new(), claim(level));
        let answer = running.register(&mut phone, json!({ "attestation": "direct" })).await;
        assert_eq!(answer.refused(), (422, "untrusted".to_owned()));
        let report = running.register(&mut phone, json!({ "attestation": "none" })).await.ok();
        assert_eq!(report["attestation"]["verified"], false);
    }
}

async fn without_trusted_roots_nothing_is_called_verified(settings: Settings) {
    for (level, ..) in HARDWARE {
        let running = start(settings.clone()).await;
        let mut phone = running.phone();
        attest(&mut phone, Vendor::new(), claim(level));
        let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
        assert_eq!(report["attestation"]["verified"], false);
        assert!(report["attestation"]["words"].as_str().unwrap().contains("without trusted roots"));
        assert!(fact(&report, "Key kept in").ends_with(": claimed, not verified"));
    }
}

/// Registers with a phone whose attestation was bent.
async fn refused(settings: &Settings, bend: impl FnOnce(&mut Phone, Vendor)) -> (u16, String) {
    let vendor = Vendor::new();
    let running = start(trusting(&vendor, settings)).await;
    let mut phone = running.phone();
    phone.format = "android-key";
    bend(&mut phone, vendor);
    running.register(&mut phone, json!({ "attestation": "direct" })).await.refused()
}

async fn each_bent_attestation_is_refused(settings: Settings) {
    for (level, ..) in HARDWARE {
        let verification = |code: &str| (422, code.to_owned());
        let good = || claim(level);
        for (bent, code) in [
            (Claim { challenge: Some([0; 32]), ..good() }, "attestation_challenge"),
            (Claim { purposes: vec![3], ..good() }, "attestation_certificate"),
            (Claim { origin: 2, ..good() }, "attestation_certificate"),
            (Claim { all_applications: true, ..good() }, "attestation_certificate"),
            (Claim { key_level: 3, ..good() }, "attestation_certificate"),
        ] {
            let found = refused(&settings, |phone, vendor| attest(phone, vendor, bent)).await;
            assert_eq!(found, verification(code), "{level}");
        }

        let of_another_key = refused(&settings, |phone, vendor| {
            let stranger = Phone::new(&phone.origin);
            phone.statement = Box::new(move |_, data, hash| {
                statement(&stranger, data, hash, Some(vendor.chain(&stranger, hash, &claim(level))))
            });
        });
        assert_eq!(of_another_key.await, verification("attestation_key"));

        let badly_signed = refused(&settings, |phone, vendor| {
            phone.statement = Box::new(move |phone, data, hash| {
                statement(phone, data, &[0; 32], Some(vendor.chain(phone, hash, &claim(level))))
            });
        });
        assert_eq!(badly_signed.await, verification("attestation_signature"));
    }
}

async fn a_strongbox_does_not_excuse_the_rest_of_the_response(settings: Settings) {
    let verification = |code: &str| (422, code.to_owned());
    let bent = |bend: fn(&mut Phone)| {
        refused(&settings, move |phone, vendor| {
            attest(phone, vendor, claim(STRONGBOX));
            bend(phone);
        })
    };
    assert_eq!(bent(|phone| phone.rp_id = "example.org".into()).await, verification("rp_id"));
    assert_eq!(
        bent(|phone| phone.origin = "https://example.org".into()).await,
        verification("origin")
    );
    assert_eq!(bent(|phone| phone.flags = UP).await, verification("user_not_verified"));
    assert_eq!(
        bent(|phone| phone.challenge = Some("AAAA".to_owned())).await,
        verification("challenge")
    );
}

async fn an_android_key_statement_without_a_chain_is_refused(settings: Settings) {
    let found = refused(&settings, |phone, _| {
        phone.statement = Box::new(|phone, data, hash| statement(phone, data, hash, None));
    });
    assert_eq!(found.await.0, 422);
    let found = refused(&settings, |phone, _| {
        phone.statement = Box::new(|phone, data, hash| {
            statement(phone, data, hash, Some(vec![b"not a certificate".to_vec()]))
        });
    });
    assert_eq!(found.await.0, 422);
}

/// Two decoders read an attestation object: of two members with one name, each could take another.
async fn a_chain_beside_the_one_that_is_verified_is_refused(settings: Settings) {
    let names: [fn() -> Cbor; 2] =
        [|| "x5c".into(), || Cbor::Tag(0, Box::new(Cbor::Text("x5c".to_owned())))];
    for (level, ..) in HARDWARE {
        for name in names {
            for first in [true, false] {
                let found = refused(&settings, move |phone, vendor| {
                    let stranger = Phone::new(&phone.origin);
                    phone.statement = Box::new(move |phone, data, hash| {
                        let own = vendor.chain(phone, hash, &claim(SOFTWARE));
                        let other = vendor.chain(&stranger, hash, &claim(level));
                        let other = other.into_iter().map(Cbor::Bytes).collect();
                        let Cbor::Map(mut members) = statement(phone, data, hash, Some(own)) else {
                            panic!("no map")
                        };
                        let place = if first { 0 } else { members.len() };
                        members.insert(place, (name(), Cbor::Array(other)));
                        Cbor::Map(members)
                    });
                });
                assert_eq!(found.await.0, 422, "{level} {:?} {first}", name());
            }
        }
    }
}

async fn self_attestation_is_accepted_and_named(settings: Settings) {
    let running = start(trusting(&Vendor::new(), &settings)).await;
    let mut phone = running.phone();
    phone.format = "packed";
    phone.statement = Box::new(|phone, data, hash| statement(phone, data, hash, None));
    let report = running.register(&mut phone, json!({ "attestation": "direct" })).await.ok();
    assert_eq!(report["attestation"]["format"], "packed");
    assert_eq!(report["attestation"]["verified"], false);
    assert!(
        report["attestation"]["words"].as_str().unwrap().contains("signed by the passkey itself")
    );

    let mut liar = running.phone();
    liar.format = "packed";
    liar.statement = Box::new(|phone, data, _| statement(phone, data, &[0; 32], None));
    let answer = running.register(&mut liar, json!({})).await;
    assert_eq!(answer.refused(), (422, "attestation_signature".to_owned()));
}

async fn a_missing_attestation_is_named_when_it_was_asked_for(settings: Settings) {
    let running = start(trusting(&Vendor::new(), &settings)).await;
    let report =
        running.register(&mut running.phone(), json!({ "attestation": "direct" })).await.ok();
    assert!(report["attestation"]["words"].as_str().unwrap().contains("withheld"));
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
