//! Passkeys of which no hardware says anything: for trials alone, and never for level 3.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::{prelude::*, sample::select};
use wardkey_core::attestation::verdict::{
    AssuranceLevel, Check, Demand, Evidence, Fault, Grade, InvalidPolicy, Outcome, Policy, Roots,
    Verdict, judge,
};

const TEST: &str = include_str!("../../fixtures/policies/test.json");
const AAL3: &str = include_str!("../../fixtures/policies/aal3.json");
const NOW: u64 = 1_759_276_800;

fn judged(policy: &Policy, fault: Option<Fault<'_>>, certificates: &[Vec<u8>]) -> Verdict {
    let evidence = Evidence {
        certificates,
        challenge: Some(&[0x5a; 32]),
        fault,
        revocation: None,
        roots: &Roots::google(),
        now: NOW,
    };
    judge(&evidence, policy)
}

#[test]
fn the_shipped_test_policy_takes_them_for_level_2_and_warns_of_everything() {
    let kind = "its attestation is “packed”";
    let policy = Policy::parse(TEST).unwrap();
    let verdict = judged(&policy, Some(Fault::NoHardware(kind)), &[]);
    assert_eq!(verdict.outcome, Outcome::AcceptWithWarnings);
    assert_eq!(verdict.assurance, Some(AssuranceLevel::Aal2));
    assert_eq!(verdict.to_json()["assuranceLevel"], 2);
    let checks: Vec<_> = verdict.lines.iter().map(|line| line.check).collect();
    assert_eq!(checks, Check::ALL);
    assert!(verdict.lines.iter().all(|line| line.grade == Grade::Warn));
    assert_eq!(verdict.lines[0].value, kind);
    let bare = Evidence {
        certificates: &[],
        challenge: None,
        fault: Some(Fault::NoHardware(kind)),
        revocation: None,
        roots: &Roots::google(),
        now: NOW,
    };
    assert_eq!(judge(&bare, &policy).assurance, None, "what is no registration is no passkey");
}

#[test]
fn nobody_else_takes_them() {
    let test = Policy::parse(TEST).unwrap();
    for policy in [
        Policy::aal3(),
        Policy::parse(AAL3).unwrap(),
        Policy { attestation: Demand::Require, ..test.clone() },
        // Not even one that was put together by a program.
        Policy { test: false, ..test.clone() },
        Policy { attestation: Demand::Warn, ..Policy::aal3() },
        Policy { attestation: Demand::Ignore, ..Policy::aal3() },
    ] {
        let verdict = judged(&policy, Some(Fault::NoHardware("none")), &[]);
        assert_eq!((verdict.outcome, verdict.assurance), (Outcome::Refuse, None), "{policy:?}");
        assert_eq!(verdict.to_json()["assuranceLevel"], serde_json::Value::Null);
        assert_eq!(verdict.lines[0].grade, Grade::Fail);
    }
    // What is unsound, or brings certificates, is not what this is about.
    let verdict = judged(&test, Some(Fault::Unsound("it is forged")), &[]);
    assert_eq!(verdict.outcome, Outcome::Refuse);
    let verdict = judged(&test, Some(Fault::NoHardware("none")), &[vec![0x30]]);
    assert_eq!(verdict.outcome, Outcome::Refuse);
}

#[test]
fn a_policy_in_earnest_cannot_ask_for_them() {
    let text = |test: &str, attestation: &str| {
        let policy = AAL3.replace("\"test\": false", &format!("\"test\": {test}"));
        policy.replace(
            "\"applications\"",
            &format!("\"attestation\": \"{attestation}\", \"applications\""),
        )
    };
    for (test, attestation) in [("false", "warn"), ("false", "ignore"), ("true", "ignore")] {
        let read = Policy::parse(&text(test, attestation));
        assert_eq!(read, Err(InvalidPolicy::Attestation), "{test} {attestation}");
    }
    assert_eq!(Policy::parse(&text("true", "warn")).unwrap().attestation, Demand::Warn);
    assert_eq!(Policy::parse(&text("false", "require")), Policy::parse(AAL3));
}

proptest! {
    /// Whatever came and whatever the policy: level 3 is for a chain alone, and nothing for what is refused.
    #[test]
    fn level_3_is_never_reached_without_hardware(
        test: bool,
        attestation in select(&[Demand::Require, Demand::Warn, Demand::Ignore]),
        lenient in select(&[Demand::Require, Demand::Ignore]),
        fault in select(&[None, Some(Fault::NoHardware("none")), Some(Fault::Unsound("x"))]),
        certificates in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..3),
    ) {
        let policy = Policy {
            test,
            attestation,
            revocation: lenient,
            verified_boot: lenient,
            unlocked_device: lenient,
            ..Policy::aal3()
        };
        let verdict = judged(&policy, fault, &certificates);
        prop_assert_ne!(verdict.assurance, Some(AssuranceLevel::Aal3));
        prop_assert_eq!(verdict.assurance.is_none(), verdict.outcome == Outcome::Refuse);
        if !test {
            prop_assert_eq!(verdict.outcome, Outcome::Refuse);
        }
    }
}
