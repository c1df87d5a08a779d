//! Every reason for which a phone is refused, read at both ends.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wardkey_core::keystore::software::Claim;
use wardkey_register::registrations::RegistrationState;

use crate::{
    clinic::{CLINICIANS, Clinic},
    desk,
    pages::read,
    person::Person,
};

/// A line of the verdict: the check, what was seen, and why that will not do.
type Line = (&'static str, &'static str, &'static str);

const NOBODY: &str = "Nobody who is trusted vouches for this key";
const CHANGED: &str = "The operating system is not the maker's";
const UNREAD: &str = "What the hardware says of this key cannot be read";
const COPIED: &str = "Somebody else may have a copy of the key";

/// What the two people must read of a phone that claims this.
fn reasons(claim: Claim) -> Vec<Line> {
    use Claim as C;
    let application = "The key was made by another application, or by a changed copy";
    vec![match claim {
        C::OtherRoot => ("chain", "does not end at a root that is trusted", NOBODY),
        C::WrongIssuer => ("chain", "issued by somebody else", NOBODY),
        C::ForgedSignature => ("chain", "certificate 1 is not signed", NOBODY),
        C::VouchedByKey => ("chain", "certificate 2 may not vouch", NOBODY),
        C::ExpiredCertificate => ("validity", "certificate 1", "too old or not valid yet"),
        C::RevokedCertificate => ("revocation", "revoked", "stolen or misused: use another phone"),
        C::SuspendedCertificate => ("revocation", "suspended", "Doubts about a key of this phone"),
        C::NoDescription => ("challenge", "no Android key description", UNREAD),
        C::OtherChallenge => ("challenge", "does not match", "an old or foreign proof"),
        C::SoftwareAttestation => ("attestation-level", "software", "less than the policy"),
        C::SoftwareKey => ("key-level", "software", "less than the policy"),
        C::OwnSystem => ("verified-boot", "signed by the owner", CHANGED),
        C::UnverifiedSystem => ("verified-boot", "unverified", CHANGED),
        C::ChangedSystem => {
            ("verified-boot", "failed", "The phone itself found its system changed")
        }
        C::UnknownSystem => {
            return vec![
                ("verified-boot", "not said", "does not say what the phone runs"),
                ("bootloader", "not said", "does not say whether it is locked"),
            ];
        }
        C::UnlockedBootloader => ("bootloader", "open", "can put another system on it"),
        C::OldAndroid => ("os-version", "Android 13", "update the phone"),
        C::UnknownAndroid => ("os-version", "not said", "which version runs"),
        C::LateUpdates => ("patch-level", "months old", "has missed security updates"),
        C::OldUpdates => ("patch-level", "months old", "install its security updates first"),
        C::UnknownUpdates => ("patch-level", "not said", "when it was last updated"),
        C::OtherPurpose => {
            ("purpose", "decrypts, signs", "A passkey's key signs and does nothing else")
        }
        C::OtherAlgorithm => ("algorithm", "P-384", "ECDSA on P-256 with SHA-256 only"),
        C::ImportedKey => ("origin", "brought in from outside", COPIED),
        C::UnknownOrigin => ("origin", "unknown", "does not say that it made the key itself"),
        C::NoUserAuthentication => {
            ("user-authentication", "not asked for", "Whoever holds the phone")
        }
        C::LastingAuthentication => ("user-authentication", "for a while", "sign more than once"),
        C::UnknownAuthentication => {
            ("user-authentication", "not said", "that it verifies its user")
        }
        C::WorksLocked => {
            ("unlocked-device", "does not matter", "also works while the phone is locked")
        }
        C::AllApplications => {
            ("all-applications", "any application", "Every application of the phone")
        }
        C::OtherApplication => ("application", "wardkey.test.other", application),
        C::ChangedApplication => ("application", "wardkey.test", application),
        C::UnknownApplication => ("application", "not said", "which application made the key"),
    }]
}

/// Claims that go together on one phone, because no two are about the same check: every one that is refused.
const PHONES: [&[Claim]; 5] = {
    use Claim as C;
    [
        &[
            C::ForgedSignature,
            C::ExpiredCertificate,
            C::RevokedCertificate,
            C::OtherChallenge,
            C::SoftwareAttestation,
            C::SoftwareKey,
            C::OwnSystem,
            C::UnlockedBootloader,
            C::OldAndroid,
            C::OldUpdates,
            C::OtherPurpose,
            C::OtherAlgorithm,
            C::ImportedKey,
            C::NoUserAuthentication,
            C::AllApplications,
            C::OtherApplication,
        ],
        &[
            C::VouchedByKey,
            C::SuspendedCertificate,
            C::UnverifiedSystem,
            C::UnknownAndroid,
            C::UnknownUpdates,
            C::UnknownOrigin,
            C::LastingAuthentication,
            C::ChangedApplication,
        ],
        &[C::WrongIssuer, C::ChangedSystem, C::UnknownAuthentication, C::UnknownApplication],
        &[C::OtherRoot, C::UnknownSystem],
        &[C::NoDescription],
    ]
};

/// What deserves a look, and is not refused.
const WARNED: [Claim; 2] = [Claim::LateUpdates, Claim::WorksLocked];

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_of_a_refusal_is_read_at_both_ends() {
    let played: BTreeSet<_> = PHONES.concat().into_iter().chain(WARNED).collect();
    assert_eq!(played, Claim::ALL.iter().copied().collect());
    let mut clinic = Clinic::open().await;
    for claims in PHONES {
        is_refused(&mut clinic, claims).await;
    }
    for attestation in ["packed", "none"] {
        proves_nothing(&mut clinic, attestation).await;
    }
    is_warned_of(&mut clinic).await;
}

/// Registers with a phone that was given these arguments, once with the link.
async fn register(clinic: &mut Clinic, arguments: &[&str]) -> Person {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    let code = person.asks_for_a_passkey(clinic).await;
    let (made, said) = clinic.scan(&code, CLINICIANS, arguments).await;
    assert!(made, "{said}");
    person
}

fn arguments(claims: &[Claim]) -> Vec<&'static str> {
    claims.iter().flat_map(|claim| ["--claim", claim.as_str()]).collect()
}

async fn is_refused(clinic: &mut Clinic, claims: &[Claim]) {
    let mut person = register(clinic, &arguments(claims)).await;
    let told = person.is_told("The phone cannot be used: ", "Delete the new passkey").await;
    person.sees("This phone cannot be used", "Your registration authority sees why").await;
    desk::sees(clinic, "The phone was refused", "Do not accept this phone").await;
    desk::hears(clinic, "The phone was refused").await;
    for line in claims.iter().flat_map(|claim| reasons(*claim)) {
        assert_is_read(&shown(clinic).await, line, "fail");
        assert!(told.contains(line.2), "{line:?}: {told}");
    }
    is_over(clinic).await;
    person.loads_again().await;
    person.sees("This phone cannot be used", "Your registration authority sees why").await;
    assert_eq!(person.is_told("The phone cannot be used: ", "Delete the new passkey").await, told);
}

/// Without certificates every check fails, and says that there is nothing to read.
async fn proves_nothing(clinic: &mut Clinic, attestation: &str) {
    let mut person = register(clinic, &["--attestation", attestation]).await;
    person.is_told("The phone cannot be used: ", "Delete the new passkey").await;
    desk::sees(clinic, "The phone was refused", "Do not accept this phone").await;
    let nothing = ("chain", "there is no certificate", "so nothing is proved");
    assert_is_read(&shown(clinic).await, nothing, "fail");
    is_over(clinic).await;
}

/// Nothing can be decided any more, and nothing was kept.
async fn is_over(clinic: &mut Clinic) {
    let buttons = "document.querySelectorAll('#confirm, #differ, #revoke').length";
    assert_eq!(clinic.browser.evaluate(buttons).await.unwrap(), 0);
    assert_eq!(clinic.last_event().await, "registration-refused");
    assert_eq!(clinic.registration().await, RegistrationState::Refused);
    assert_eq!(clinic.passkeys().await, []);
}

async fn is_warned_of(clinic: &mut Clinic) {
    let mut person = register(clinic, &arguments(&WARNED)).await;
    person.sees("Read the code to your registration authority", "from the phone").await;
    desk::code(clinic).await;
    read(&mut clinic.browser, "#verdict", "Read the warnings below before you go on").await;
    let lines = shown(clinic).await;
    for line in WARNED.into_iter().flat_map(reasons) {
        assert_is_read(&lines, line, "warn");
    }
    desk::says(clinic, "Take the registration back").await;
    clinic.nothing_can_sign_in().await;
}

/// The lines of the verdict as the desk shows them.
async fn shown(clinic: &mut Clinic) -> Value {
    let rows = "[...document.querySelectorAll('#checks tbody tr')].map((row) => {
      const [, , seen, why] = [...row.cells].map((cell) => cell.textContent);
      return {check: row.dataset.check, grade: row.dataset.grade, seen, why};
    })";
    clinic.browser.evaluate(rows).await.unwrap()
}

fn assert_is_read(lines: &Value, (check, seen, why): Line, grade: &str) {
    let line = lines.as_array().unwrap().iter().find(|line| line["check"] == check).unwrap();
    assert_eq!(line["grade"], json!(grade), "{line}");
    assert!(line["seen"].as_str().unwrap().contains(seen), "“{seen}” expected: {line}");
    assert!(line["why"].as_str().unwrap().contains(why), "“{why}” expected: {line}");
}
