//! A revocation list counts for as long as the policy believes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{fs, path::Path};

use proptest::prelude::*;
use wardkey_core::attestation::verdict::{
    Check, Demand, Evidence, Grade, Line, Policy, RevocationList, Roots, judge,
};

const CHAIN: &str = "../fixtures/attestation/akita/sdk34/TEE_EC_NONE.pem";
/// 2025-10-01.
const NOW: u64 = 1_759_276_800;
const DAY: u64 = 86_400;

fn line(list: &RevocationList, policy: &Policy) -> Line {
    let pem = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(CHAIN)).unwrap();
    let chain = pem::parse_many(pem).unwrap().into_iter().map(pem::Pem::into_contents);
    let certificates: Vec<_> = chain.collect();
    let evidence = Evidence {
        certificates: &certificates,
        challenge: None,
        fault: None,
        revocation: Some(list),
        roots: &Roots::google(),
        now: NOW,
    };
    let verdict = judge(&evidence, policy);
    verdict.lines.into_iter().find(|line| line.check == Check::Revocation).unwrap()
}

fn list() -> RevocationList {
    RevocationList::parse(r#"{"entries": {}}"#).unwrap()
}

#[test]
fn a_list_is_believed_for_a_week_unless_the_policy_says_otherwise() {
    let month = Policy { revocation_days: 30, ..Policy::aal3() };
    for (days, policy, grade) in [
        (0, Policy::aal3(), Grade::Pass),
        (7, Policy::aal3(), Grade::Pass),
        (8, Policy::aal3(), Grade::Fail),
        (30, month.clone(), Grade::Pass),
        (31, month, Grade::Fail),
        (8, Policy { revocation: Demand::Warn, ..Policy::aal3() }, Grade::Warn),
        (8, Policy { revocation: Demand::Ignore, ..Policy::aal3() }, Grade::Pass),
    ] {
        assert_eq!(line(&list().as_of(NOW - days * DAY), &policy).grade, grade, "{days} days");
    }
    assert_eq!(
        line(&list().as_of(NOW - 8 * DAY), &Policy::aal3()).value,
        "a list of 2025-09-23, 8 days old"
    );
    assert_eq!(line(&list().as_of(NOW), &Policy::aal3()).value, "not on the list of 2025-10-01");
}

#[test]
fn a_list_of_which_nobody_knows_the_age_is_none() {
    let found = line(&list(), &Policy::aal3());
    assert_eq!((found.grade, found.value.as_str()), (Grade::Fail, "a list of unknown date"));
    let warned = line(&list(), &Policy { revocation: Demand::Warn, ..Policy::aal3() });
    assert_eq!(warned.grade, Grade::Warn);
}

#[test]
fn policies_of_before_have_the_default_and_the_same_digest() {
    let json = Policy::aal3().to_json();
    assert!(!json.contains("revocationDays") && !json.contains("attestation"), "{json}");
    assert_eq!(Policy::parse(&json), Ok(Policy::aal3()));
    let other = Policy { revocation_days: 2, ..Policy::aal3() };
    assert_eq!(Policy::parse(&other.to_json()), Ok(other));
}

proptest! {
    /// Google's own list of a revoked phone is no less true when it is old.
    #[test]
    fn what_was_revoked_stays_so_however_old_the_list(age in 0..NOW, limit: u64) {
        use der::Decode as _;
        let pem = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(CHAIN)).unwrap();
        let leaf = pem::parse_many(pem).unwrap().remove(1).into_contents();
        let leaf = x509_cert::Certificate::from_der(&leaf).unwrap();
        let serial = hex::encode(leaf.tbs_certificate().serial_number().as_bytes());
        let serial = serial.trim_start_matches('0');
        let text = format!(r#"{{"entries": {{"{serial}": {{"status": "REVOKED"}}}}}}"#);
        let list = RevocationList::parse(&text).unwrap().as_of(NOW - age);
        let policy = Policy { revocation_days: limit, revocation: Demand::Ignore, ..Policy::aal3() };
        prop_assert_eq!(line(&list, &policy).grade, Grade::Fail);
    }
}
