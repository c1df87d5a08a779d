//! Whatever a worse phone says of itself, the verdict finds it, and both sides read why.

use std::time::{SystemTime, UNIX_EPOCH};

use wardkey_core::{
    attestation::verdict::{Policy, RevocationList},
    authenticator::AttestationFormat,
    keystore::software::{Claim, TestAttestation},
};
use wardkey_register::Database;
use wardkey_sandbox::{Settings, TrustedRoots};

use crate::{
    common::start,
    core_phone::CorePhone,
    databases::on_both,
    enrolment::{CLINICIAN, Visitor, World},
};

const POLICY: &str = include_str!("../../../../../fixtures/policies/test.json");
const REVOKED: &str = include_str!("../../../../../fixtures/attestation/revoked.json");

/// A desk that trusts phones of this attestation, under the policy for phones on a host.
async fn desk_for(attestation: &TestAttestation, database: Database) -> World {
    let mut trusted_roots = TrustedRoots::default();
    trusted_roots.add_pem(attestation.root_pem().as_bytes()).unwrap();
    let settings = Settings {
        trusted_roots,
        database: Some(database.clone()),
        policy: Policy::parse(POLICY).unwrap(),
        revocation: Some(RevocationList::parse(REVOKED).unwrap().into()),
        ..Settings::default()
    };
    let running = start(settings.clone()).await;
    World { running, database, phone: None, settings }
}

/// Registers with a phone that claims this. Gives what the person is told, and the desk's page.
async fn register(world: &World, phone: &mut CorePhone) -> (u16, String, String) {
    let mut desk = world.authority("desk.a@example.org").await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::prepared(&world.running, &link).await;
    let (made, _) = visitor.make(phone).await;
    let told = visitor.post("verify", &made).await;
    (told.status, told.body, desk.page(&id).await)
}

on_both!(each_claim_of_a_worse_phone_is_told_to_both_sides);

async fn each_claim_of_a_worse_phone_is_told_to_both_sides(database: Database) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let attestation = TestAttestation::generate(now).unwrap();
    let world = desk_for(&attestation, database).await;
    let mut refused = 0;
    for claim in Claim::ALL {
        let attestation = TestAttestation::from_bytes(&attestation.to_bytes()).unwrap();
        let mut phone =
            CorePhone::with(attestation.claiming([*claim]), AttestationFormat::AndroidKey).await;
        let (status, told, page) = register(&world, &mut phone).await;
        if matches!(claim, Claim::LateUpdates | Claim::WorksLocked) {
            assert_eq!(status, 200, "{claim:?}: {told}");
            assert!(page.contains("Accept with warnings"), "{claim:?}: {page}");
            continue;
        }
        assert_eq!(status, 422, "{claim:?}: {told}");
        assert!(told.contains("The phone cannot be used: "), "{claim:?}: {told}");
        assert!(page.contains("Do not accept this phone"), "{claim:?}: {page}");
        assert!(page.contains("data-grade=\"fail\""), "{claim:?}: {page}");
        refused += 1;
        let last = world.evidence().await.pop().unwrap();
        assert_eq!(last, "registration-refused", "{claim:?}");
    }
    let kept = world.authenticators_of(CLINICIAN).await;
    assert_eq!(kept.len() + refused, Claim::ALL.len());
    assert!(kept.iter().all(|authenticator| !authenticator.is_active()));
}
