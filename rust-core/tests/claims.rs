//! Every shortcoming that test keys can claim is found by the verdict, under the check it is about and no
//! other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::BTreeSet,
    pin::pin,
    task::{Context, Poll, Waker},
};

use wardkey_core::{
    attestation::verdict::{
        Check, Evidence, Grade, Outcome, Policy, RevocationList, Roots, Verdict, judge,
    },
    keystore::{
        KeyAlias, KeyRequest, KeyStore,
        software::{Claim, MemoryRecords, SoftwareKeys, TestAttestation},
    },
};

const POLICY: &str = include_str!("../../fixtures/policies/test.json");
const REVOKED: &str = include_str!("../../fixtures/attestation/revoked.json");

/// 2026-01-15.
const NOW: u64 = 1_768_435_200;
const CHALLENGE: [u8; 32] = [0x5a; 32];

/// The verdict on a key of a phone that claims all this.
fn verdict(claims: &[Claim]) -> Verdict {
    let attestation = TestAttestation::generate(NOW).unwrap().claiming(claims.iter().copied());
    let roots = Roots::google().with_test_root(attestation.root_der()).unwrap();
    let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, || NOW).unwrap();
    let alias = KeyAlias::new("key");
    let request = KeyRequest { alias: &alias, attestation_challenge: Some(&CHALLENGE) };
    let Poll::Ready(made) =
        pin!(keys.generate(request)).poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("software keys let nobody wait")
    };
    let evidence = Evidence {
        certificates: &made.unwrap().certificate_chain,
        challenge: Some(&CHALLENGE),
        fault: None,
        revocation: Some(&RevocationList::parse(REVOKED).unwrap().as_of(NOW)),
        roots: &roots,
        now: NOW,
    };
    judge(&evidence, &Policy::parse(POLICY).unwrap())
}

/// The lines that are not as those of a sound phone.
fn found(claims: &[Claim]) -> Vec<(Check, Grade)> {
    let sound = verdict(&[]);
    let lines = verdict(claims).lines.into_iter().zip(sound.lines);
    let differ =
        lines.filter(|(line, sound)| (line.grade, &line.value) != (sound.grade, &sound.value));
    differ.map(|(line, _)| (line.check, line.grade)).collect()
}

/// What each claim is about.
fn expected(claim: Claim) -> Vec<(Check, Grade)> {
    use Claim as C;
    let check = match claim {
        C::OtherRoot | C::WrongIssuer | C::ForgedSignature | C::VouchedByKey => Check::Chain,
        C::ExpiredCertificate => Check::Validity,
        C::RevokedCertificate | C::SuspendedCertificate => Check::Revocation,
        // Nothing is known of the key.
        C::NoDescription => {
            let described = Check::ALL.iter().filter(|check| **check >= Check::Challenge);
            return described.map(|check| (*check, Grade::Fail)).collect();
        }
        C::OtherChallenge => Check::Challenge,
        C::SoftwareAttestation => Check::AttestationLevel,
        C::SoftwareKey => Check::KeyLevel,
        C::OwnSystem | C::UnverifiedSystem | C::ChangedSystem => Check::VerifiedBoot,
        C::UnknownSystem => {
            return vec![(Check::VerifiedBoot, Grade::Fail), (Check::Bootloader, Grade::Fail)];
        }
        C::UnlockedBootloader => Check::Bootloader,
        C::OldAndroid | C::UnknownAndroid => Check::OsVersion,
        C::LateUpdates => return vec![(Check::PatchLevel, Grade::Warn)],
        C::OldUpdates | C::UnknownUpdates => Check::PatchLevel,
        C::OtherPurpose => Check::Purpose,
        C::OtherAlgorithm => Check::Algorithm,
        C::ImportedKey | C::UnknownOrigin => Check::Origin,
        C::NoUserAuthentication | C::LastingAuthentication | C::UnknownAuthentication => {
            Check::UserAuthentication
        }
        C::WorksLocked => return vec![(Check::UnlockedDevice, Grade::Warn)],
        C::AllApplications => Check::AllApplications,
        C::OtherApplication | C::ChangedApplication | C::UnknownApplication => Check::Application,
    };
    vec![(check, Grade::Fail)]
}

#[test]
fn a_phone_that_claims_nothing_is_sound() {
    let verdict = verdict(&[]);
    assert_eq!(verdict.outcome, Outcome::AcceptWithWarnings);
    let warned = verdict.lines.iter().filter(|line| line.grade == Grade::Warn);
    assert_eq!(warned.map(|line| line.check).collect::<Vec<_>>(), [Check::Chain]);
}

#[test]
fn each_claim_is_found_and_nothing_else() {
    for claim in Claim::ALL {
        assert_eq!(found(&[*claim]), expected(*claim), "{claim:?}");
    }
}

#[test]
fn every_check_is_failed_or_warned_of_by_some_claim() {
    let about: BTreeSet<_> =
        Claim::ALL.iter().flat_map(|claim| expected(*claim)).map(|(check, _)| check).collect();
    // What is around the certificates is no claim of theirs.
    let certified = Check::ALL.iter().copied().filter(|check| *check != Check::Registration);
    assert_eq!(about, certified.collect());
}

#[test]
fn several_claims_are_all_found() {
    let claims = [Claim::UnlockedBootloader, Claim::ImportedKey, Claim::ForgedSignature];
    let mut wanted: Vec<_> = claims.into_iter().flat_map(expected).collect();
    wanted.sort_unstable();
    assert_eq!(found(&claims), wanted);
    // Of two that contradict each other the later holds.
    let both = verdict(&[Claim::LateUpdates, Claim::OldUpdates]);
    assert_eq!(both.outcome, Outcome::Refuse);
}

#[test]
fn a_claim_is_read_by_its_name() {
    for claim in Claim::ALL {
        assert_eq!(Claim::parse(claim.as_str()), Some(*claim));
        assert!(!claim.meaning().is_empty());
    }
    assert_eq!(Claim::parse("UnlockedBootloader"), None);
}
