//! Verdicts on the chains of real phones, and on chains made to deceive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod evidence;

use std::{
    fs,
    path::{Path, PathBuf},
};

use evidence::of_chain;
use proptest::prelude::*;
use serde_json::Value;
use wardkey_core::attestation::verdict::{
    AllowedApp, Check, Evidence, Fault, Grade, Line, Outcome, Policy, RevocationList, Roots,
    Verdict, judge, key_description,
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/attestation");
/// 2025-10-01, when the certificates of the newer phone were in force.
const NOW: u64 = 1_759_276_800;

fn chain(path: &Path) -> Vec<Vec<u8>> {
    let chain = pem::parse_many(fs::read(path).unwrap()).unwrap();
    chain.into_iter().map(pem::Pem::into_contents).collect()
}

/// Every chain of a real phone that has a description beside it.
fn real_chains() -> Vec<(PathBuf, Vec<Vec<u8>>, Value)> {
    let mut found = vec![];
    for device in ["akita/sdk34", "caiman/sdk36"] {
        for entry in fs::read_dir(Path::new(FIXTURES).join(device)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "pem") {
                let json = fs::read(path.with_extension("json")).unwrap();
                found.push((path.clone(), chain(&path), serde_json::from_slice(&json).unwrap()));
            }
        }
    }
    assert!(found.len() >= 7, "{}", found.len());
    found
}

fn no_revocations() -> RevocationList {
    RevocationList::parse(r#"{"entries": {}}"#).unwrap().as_of(NOW)
}

fn judge_at(certificates: &[Vec<u8>], policy: &Policy, now: u64) -> Verdict {
    let (revocation, roots) = (no_revocations(), Roots::google());
    let chain = of_chain(certificates, &roots, now);
    judge(&Evidence { revocation: Some(&revocation), ..chain }, policy)
}

fn line(verdict: &Verdict, check: Check) -> &Line {
    verdict.lines.iter().find(|line| line.check == check).unwrap()
}

fn grade(verdict: &Verdict, check: Check) -> Grade {
    line(verdict, check).grade
}

/// One number is also written as a list of one, and a set with one member as that.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.len() == 1 && items[0].is_string() => items[0].clone(),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), normal(value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn googles_roots_are_all_there() {
    let published: Vec<String> =
        serde_json::from_slice(&fs::read(format!("{FIXTURES}/roots.json")).unwrap()).unwrap();
    assert_eq!(Roots::google().len(), published.len());
}

#[test]
fn the_chains_of_real_phones_end_at_googles_roots() {
    for (path, chain, _) in real_chains() {
        let verdict = judge_at(&chain, &Policy::aal3(), NOW);
        let chain = line(&verdict, Check::Chain);
        assert_eq!(chain.grade, Grade::Pass, "{}: {chain:?}", path.display());
        assert_eq!(grade(&verdict, Check::Origin), Grade::Pass, "{}", path.display());
    }
}

#[test]
fn what_a_real_phone_says_is_written_under_the_published_names() {
    for (path, chain, published) in real_chains() {
        let verdict = judge_at(&chain, &Policy::aal3(), NOW);
        let written = key_description(&verdict.key_description.unwrap());
        assert_eq!(normal(&written), normal(&published), "{}", path.display());
    }
}

#[test]
fn every_line_is_there_and_in_its_place() {
    let (_, chain, _) = real_chains().remove(0);
    let garbage = vec![vec![0x30, 0x80]];
    for certificates in [&chain, &garbage, &vec![]] {
        let verdict = judge_at(certificates, &Policy::aal3(), NOW);
        let checks: Vec<_> = verdict.lines.iter().map(|line| line.check).collect();
        assert_eq!(checks, Check::ALL);
        assert_eq!(verdict.outcome, Outcome::Refuse);
        assert!(verdict.lines.iter().all(|line| !line.reason.is_empty()));
    }
}

#[test]
fn an_invalid_description_is_refused() {
    let mut seen = 0;
    for entry in fs::read_dir(Path::new(FIXTURES).join("invalid")).unwrap() {
        let path = entry.unwrap().path();
        let verdict = judge_at(&chain(&path), &Policy::aal3(), NOW);
        assert_eq!(verdict.outcome, Outcome::Refuse, "{}", path.display());
        assert!(verdict.key_description.is_none(), "{}", path.display());
        assert_eq!(grade(&verdict, Check::Origin), Grade::Fail);
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn a_registration_that_is_none_is_refused_whatever_its_chain_says() {
    let (_, chain, _) = real_chains().remove(0);
    let (revocation, roots) = (no_revocations(), Roots::google());
    let sound = Evidence {
        challenge: Some(&[0x5a; 32]),
        revocation: Some(&revocation),
        ..of_chain(&chain, &roots, NOW)
    };
    let verdict = judge(&sound, &Policy::aal3());
    assert_eq!(grade(&verdict, Check::Registration), Grade::Pass);
    let verdict =
        judge(&Evidence { fault: Some(Fault::Unsound("it is forged")), ..sound }, &Policy::aal3());
    assert_eq!(verdict.outcome, Outcome::Refuse);
    let found = line(&verdict, Check::Registration);
    assert_eq!((found.grade, found.value.as_str()), (Grade::Fail, "it is forged"));
}

/// Who starts from it gets the default, and refuses everybody until the application is named in full.
#[test]
fn the_policy_to_start_from_is_the_default() {
    let text = include_str!("../../fixtures/policies/aal3.json");
    let application = AllowedApp { package: "org.wardkey.app".into(), certificates: vec![] };
    let expected = Policy { applications: vec![application], ..Policy::aal3() };
    assert_eq!(Policy::parse(text).unwrap(), expected);
    let (_, chain, _) = real_chains().remove(0);
    let package = lenient(&chain).applications.remove(0).package;
    let unfinished = AllowedApp { package, certificates: vec![] };
    let policy = Policy { applications: vec![unfinished], ..expected };
    assert_eq!(grade(&judge_at(&chain, &policy, NOW), Check::Application), Grade::Fail);
    assert_eq!(Policy::parse(&policy.to_json()), Ok(policy));
}

/// What is done to a chain.
type Deception = (&'static str, Box<dyn Fn(&mut Vec<Vec<u8>>)>);

#[test]
fn a_chain_that_was_changed_anywhere_is_refused() {
    let (_, original, _) = real_chains().remove(0);
    let length = original.len();
    let deceptions: [Deception; 6] = [
        ("leaf's last byte", Box::new(|chain| *chain[0].last_mut().unwrap() ^= 1)),
        ("an issuer left out", Box::new(|chain| drop(chain.remove(1)))),
        ("two issuers in the wrong order", Box::new(|chain| chain.swap(1, 2))),
        ("without the root's signature", Box::new(move |chain| chain.truncate(1))),
        ("the leaf twice", Box::new(|chain| chain.insert(0, chain[0].clone()))),
        ("too long", Box::new(|chain| chain.extend(vec![chain[1].clone(); 10]))),
    ];
    assert!(length >= 3);
    for (what, deceive) in deceptions {
        let mut changed = original.clone();
        deceive(&mut changed);
        let verdict = judge_at(&changed, &Policy::aal3(), NOW);
        assert_eq!(grade(&verdict, Check::Chain), Grade::Fail, "{what}");
    }
}

#[test]
fn nobody_is_believed_without_a_root() {
    let (_, chain, _) = real_chains().remove(0);
    let verdict = judge(&of_chain(&chain, &Roots::none(), NOW), &Policy::aal3());
    assert_eq!(grade(&verdict, Check::Chain), Grade::Fail);
    // And without a list nobody knows what was revoked.
    assert_eq!(grade(&verdict, Check::Revocation), Grade::Fail);
}

#[test]
fn a_certificate_digest_has_64_digits_no_fewer_and_no_more() {
    let with = |digits: &str| {
        let app = AllowedApp { package: "org.example.app".into(), certificates: vec![[0x5a; 32]] };
        let policy = Policy { applications: vec![app], ..Policy::aal3() };
        Policy::parse(&policy.to_json().replace(&"5a".repeat(32), digits))
    };
    for digits in [64, 62, 66, 63, 0].map(|count| "5A".repeat(33)[..count].to_owned()) {
        match with(&digits) {
            Ok(policy) => {
                assert_eq!(digits.len(), 64);
                assert_eq!(policy.applications[0].certificates, [[0x5a; 32]]);
            }
            Err(error) => {
                assert_ne!(digits.len(), 64);
                assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
            }
        }
    }
    assert!(with(&"5g".repeat(32)).is_err());
}

#[test]
fn a_test_root_is_believed_by_a_test_policy_alone_and_loudly() {
    let (_, chain, _) = real_chains().remove(0);
    let roots = Roots::none().with_test_root(chain.last().unwrap()).unwrap();
    let evidence = of_chain(&chain, &roots, NOW);
    let verdict = judge(&evidence, &Policy::aal3());
    assert_eq!(grade(&verdict, Check::Chain), Grade::Fail);
    let verdict = judge(&evidence, &Policy { test: true, ..Policy::aal3() });
    assert_eq!(grade(&verdict, Check::Chain), Grade::Warn);
    assert!(verdict.test);
    assert!(line(&verdict, Check::Chain).value.contains("TEST"));
}

#[test]
fn a_revoked_certificate_anywhere_in_the_chain_is_refused() {
    use der::Decode;
    let (_, chain, _) = real_chains().remove(0);
    for der in &chain {
        let certificate = x509_cert::Certificate::from_der(der).unwrap();
        let serial = certificate.tbs_certificate().serial_number().as_bytes();
        let serial = hex::encode(serial);
        let serial = serial.trim_start_matches('0');
        for status in ["REVOKED", "SUSPENDED"] {
            let list = format!(r#"{{"entries": {{"{serial}": {{"status": "{status}"}}}}}}"#);
            let list = RevocationList::parse(&list).unwrap();
            let roots = Roots::google();
            let evidence = Evidence { revocation: Some(&list), ..of_chain(&chain, &roots, NOW) };
            let verdict = judge(&evidence, &Policy::aal3());
            assert_eq!(grade(&verdict, Check::Revocation), Grade::Fail, "{serial}");
        }
    }
}

#[test]
fn dates_are_looked_at() {
    let (_, chain, _) = real_chains().remove(0);
    let far_future = 7_000_000_000;
    let verdict = judge_at(&chain, &Policy::aal3(), far_future);
    assert_eq!(grade(&verdict, Check::Validity), Grade::Fail);
    let verdict = judge_at(&chain, &Policy::aal3(), 0);
    assert_eq!(grade(&verdict, Check::Validity), Grade::Fail);
    let newer =
        real_chains().into_iter().filter(|(path, ..)| path.to_str().unwrap().contains("caiman"));
    for (path, chain, _) in newer {
        let verdict = judge_at(&chain, &Policy::aal3(), NOW);
        assert_eq!(grade(&verdict, Check::Validity), Grade::Pass, "{}", path.display());
    }
}

/// The phones send a copy of Google's root that ends in 2034; the root is published with a later date too.
#[test]
fn a_root_is_believed_for_its_key_whatever_the_dates_of_its_copy() {
    const IN_2036: u64 = 2_082_758_400;
    let (_, chain, _) = real_chains().remove(0);
    let [.., younger, older, root] = chain.as_slice() else { panic!("a chain of five") };
    let authorities = [older.clone(), root.clone()];
    let verdict = judge_at(&authorities, &Policy::aal3(), IN_2036);
    assert_eq!(grade(&verdict, Check::Chain), Grade::Pass);
    assert_eq!(grade(&verdict, Check::Validity), Grade::Pass);

    let with_one_that_is_over = [younger.clone(), older.clone(), root.clone()];
    let verdict = judge_at(&with_one_that_is_over, &Policy::aal3(), IN_2036);
    assert_eq!(line(&verdict, Check::Validity).value, "certificate 1 is not in force");
    // Nobody's root is like any other certificate.
    let verdict = judge(&of_chain(&authorities, &Roots::none(), IN_2036), &Policy::aal3());
    assert_eq!(grade(&verdict, Check::Validity), Grade::Fail);
}

/// A phone of the fixtures, with the policy that its chain satisfies.
fn lenient(chain: &[Vec<u8>]) -> Policy {
    let description = judge_at(chain, &Policy::aal3(), NOW).key_description.unwrap();
    let id = description.software_enforced.attestation_application_id.unwrap();
    let certificates =
        id.signature_digests.iter().map(|digest| digest.as_slice().try_into().unwrap()).collect();
    let package = String::from_utf8(id.packages[0].name.clone()).unwrap();
    Policy { applications: vec![AllowedApp { package, certificates }], ..Policy::aal3() }
}

#[test]
fn the_application_has_to_be_named_with_its_certificate() {
    let (_, chain, _) = real_chains().remove(0);
    let policy = lenient(&chain);
    assert_eq!(grade(&judge_at(&chain, &policy, NOW), Check::Application), Grade::Pass);
    let mut other = policy.clone();
    other.applications[0].certificates[0][0] ^= 1;
    assert_eq!(grade(&judge_at(&chain, &other, NOW), Check::Application), Grade::Fail);
    let mut other = policy;
    other.applications[0].package.push('x');
    assert_eq!(grade(&judge_at(&chain, &other, NOW), Check::Application), Grade::Fail);
    assert_eq!(grade(&judge_at(&chain, &Policy::aal3(), NOW), Check::Application), Grade::Fail);
}

#[test]
fn the_challenge_has_to_match() {
    let (_, chain, _) = real_chains().remove(0);
    let roots = Roots::google();
    let bare = of_chain(&chain, &roots, NOW);
    assert_eq!(grade(&judge(&bare, &Policy::aal3()), Check::Challenge), Grade::Warn);
    let asked = Evidence { challenge: Some(&[0x5a; 32]), ..bare };
    assert_eq!(grade(&judge(&asked, &Policy::aal3()), Check::Challenge), Grade::Fail);
}

#[test]
fn old_patches_are_warned_of_and_then_refused() {
    let (_, chain, _) = real_chains().remove(0);
    let level = judge_at(&chain, &Policy::aal3(), NOW).key_description.unwrap();
    let level = level.hardware_enforced.os_patch_level.unwrap();
    let (year, month) = (level / 100, level % 100);
    // The first of the month, some years and months after 2000, more or less: mid-month is safe.
    let mid_month = |months: u64| {
        let total = (year - 1970) * 12 + month - 1 + months;
        total * 2_629_746 + 1_300_000
    };
    let policy = Policy { patch_months_warn: 3, patch_months_fail: 12, ..Policy::aal3() };
    for (months, expected) in
        [(0, Grade::Pass), (2, Grade::Pass), (6, Grade::Warn), (20, Grade::Fail)]
    {
        let verdict = judge_at(&chain, &policy, mid_month(months));
        assert_eq!(grade(&verdict, Check::PatchLevel), expected, "{months} months");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_flipped_bit_is_never_accepted(which in 0_usize..3, at: prop::sample::Index, bit in 0_u8..8) {
        let (_, mut chain, _) = real_chains().remove(0);
        let policy = lenient(&chain);
        let position = at.index(chain[which].len());
        chain[which][position] ^= 1 << bit;
        let verdict = judge_at(&chain, &policy, NOW);
        prop_assert_eq!(verdict.outcome, Outcome::Refuse);
        prop_assert_eq!(grade(&verdict, Check::Chain), Grade::Fail);
    }

    #[test]
    fn any_bytes_are_judged(certificates in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..12)) {
        prop_assert_eq!(judge_at(&certificates, &Policy::aal3(), NOW).outcome, Outcome::Refuse);
    }

    #[test]
    fn any_text_is_read_as_policy_or_list_or_refused(text in "\\PC*") {
        let _ = Policy::parse(&text);
        let _ = RevocationList::parse(&text);
    }
}
