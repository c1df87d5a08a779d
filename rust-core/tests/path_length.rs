//! How many authorities one may stand above (RFC 5280 §4.2.1.9).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod evidence;

use evidence::of_chain;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use wardkey_core::attestation::verdict::{Check, Grade, Line, Policy, Roots, judge};

/// 2026-01-31T12:00:00Z.
const NOW: u64 = 1_769_860_800;

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// The line on a chain of a leaf and these authorities, the root last.
fn judged(authorities: &[BasicConstraints]) -> Line {
    let mut chain: Vec<Vec<u8>> = vec![];
    let mut above: Option<(CertificateParams, KeyPair)> = None;
    let add = |params: CertificateParams, above: &mut Option<(CertificateParams, KeyPair)>| {
        let key = KeyPair::generate().unwrap();
        let made = match above.take() {
            Some((issuer, by)) => params.signed_by(&key, &Issuer::from_params(&issuer, &by)),
            None => params.self_signed(&key),
        };
        *above = Some((params, key));
        made.unwrap().der().to_vec()
    };
    for (number, constraints) in authorities.iter().enumerate().rev() {
        let name = format!("Authority {number}");
        chain.insert(0, add(authority(&name, *constraints), &mut above));
    }
    chain.insert(0, add(named("Key"), &mut above));
    let roots = Roots::none().with_test_root(chain.last().unwrap()).unwrap();
    let policy = Policy { test: true, ..Policy::aal3() };
    let verdict = judge(&of_chain(&chain, &roots, NOW), &policy);
    verdict.lines.into_iter().find(|line| line.check == Check::Chain).unwrap()
}

#[test]
fn an_authority_vouches_for_as_many_as_it_may() {
    use BasicConstraints::{Constrained, Unconstrained};
    let root = Unconstrained;
    for sound in [
        &[Constrained(0), root][..],
        &[Constrained(0), Constrained(1), root],
        &[Unconstrained, Constrained(1), Constrained(2), root],
        &[Unconstrained, Unconstrained, root],
        // RFC 5280 §6.1.1: a root is believed for its name and key.
        &[Unconstrained, Unconstrained, Constrained(0)],
    ] {
        assert_eq!(judged(sound).grade, Grade::Warn, "{sound:?}");
    }
    for (too_far, certificate) in [
        (&[Unconstrained, Constrained(0), root][..], 3),
        (&[Constrained(0), Constrained(0), root], 3),
        (&[Unconstrained, Unconstrained, Constrained(1), root], 4),
    ] {
        let line = judged(too_far);
        assert_eq!(line.grade, Grade::Fail, "{too_far:?}");
        let problem =
            format!("certificate {certificate} may not vouch for so many others in a row");
        assert_eq!(line.value, problem, "{too_far:?}");
    }
}
