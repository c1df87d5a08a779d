//! A revocation list that changes while the sandbox runs, gets old, or is spoilt.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;
use wardkey_core::{
    attestation::verdict::{Demand, Policy},
    authenticator::AttestationFormat,
    keystore::software::{Claim, TestAttestation},
};
use wardkey_register::Database;
use wardkey_sandbox::{Revocations, Settings, TrustedRoots};

use crate::{
    common::{Answer, start},
    core_phone::CorePhone,
    databases::on_both,
    enrolment::{A, CLINICIAN, Visitor, World},
};

const POLICY: &str = include_str!("../../../../../fixtures/policies/test.json");
const REVOKED: &str = include_str!("../../../../../fixtures/attestation/revoked.json");
const EMPTY: &str = r#"{"entries": {}}"#;
const DAY: Duration = Duration::from_hours(24);

on_both!(
    a_newer_list_counts_at_once_and_a_spoilt_one_not_at_all,
    a_list_that_is_too_old_is_none,
    without_a_list_the_desk_says_what_that_means,
);

/// A desk with a list in a file, and the attestation of a phone whose certificate is on [`REVOKED`].
struct Place {
    world: World,
    attestation: TestAttestation,
    file: PathBuf,
    _folder: TempDir,
}

impl Place {
    /// `age`: how long ago the list was fetched.
    async fn on(database: Database, revocation: Demand, age: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let attestation = TestAttestation::generate(now).unwrap();
        let mut trusted_roots = TrustedRoots::default();
        trusted_roots.add_pem(attestation.root_pem().as_bytes()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("status.json");
        write(&file, EMPTY, age);
        let settings = Settings {
            trusted_roots,
            database: Some(database.clone()),
            policy: Policy { revocation, ..Policy::parse(POLICY).unwrap() },
            revocation: Some(Revocations::file(&file).unwrap()),
            ..Settings::default()
        };
        let running = start(settings.clone()).await;
        let world = World { running, database, phone: None, settings };
        Self { world, attestation, file, _folder: folder }
    }

    /// Somebody registers with another phone of these certificates. Gives the answer and the desk's page.
    async fn register(&self) -> (Answer, String) {
        let attestation = TestAttestation::from_bytes(&self.attestation.to_bytes()).unwrap();
        let attestation = attestation.claiming([Claim::RevokedCertificate]);
        let mut phone = CorePhone::with(attestation, AttestationFormat::AndroidKey).await;
        let mut desk = self.world.authority(A).await;
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::prepared(&self.world.running, &link).await;
        let (made, _) = visitor.make(&mut phone).await;
        (visitor.post("verify", &made).await, desk.page(&id).await)
    }
}

/// A file of this age.
fn write(file: &Path, text: &str, age: Duration) {
    fs::write(file, text).unwrap();
    let time = SystemTime::now() - age;
    File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
}

async fn a_newer_list_counts_at_once_and_a_spoilt_one_not_at_all(database: Database) {
    let place = Place::on(database, Demand::Require, 2 * DAY).await;
    let (answer, page) = place.register().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(page.contains("not on the list of 20"), "the desk shows of when it is: {page}");

    write(&place.file, REVOKED, DAY);
    let revoked = async || {
        let (answer, page) = place.register().await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(page.contains("data-check=\"revocation\" data-grade=\"fail\""), "{page}");
        page
    };
    let page = revoked().await;
    assert!(!page.contains("revocation-alarm"), "{page}");
    let mut desk = place.world.authority(A).await;
    assert!(desk.browser.get("/desk").await.body.contains("Revocation list of 20"));

    write(&place.file, "<html>Not found</html>", Duration::ZERO);
    let page = revoked().await;
    for told in ["revocation-alarm", "cannot be used", "not a revocation list"] {
        assert!(page.contains(told), "“{told}” expected: {page}");
    }
    fs::remove_file(&place.file).unwrap();
    let page = revoked().await;
    assert!(page.contains("revocation-alarm"), "{page}");

    write(&place.file, EMPTY, Duration::ZERO);
    let (answer, page) = place.register().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!page.contains("revocation-alarm"), "{page}");
}

async fn a_list_that_is_too_old_is_none(database: Database) {
    for (revocation, status, grade) in
        [(Demand::Require, 422, "fail"), (Demand::Warn, 200, "warn"), (Demand::Ignore, 200, "pass")]
    {
        let place = Place::on(database.clone(), revocation, 8 * DAY).await;
        let (answer, page) = place.register().await;
        assert_eq!(answer.status, status, "{revocation:?}: {}", answer.body);
        for told in [
            &format!("data-check=\"revocation\" data-grade=\"{grade}\""),
            "8 days old",
            "the policy believes one of 7 at most",
        ] {
            assert!(page.contains(told), "{revocation:?}: “{told}” expected: {page}");
        }
        // A newer copy mends it.
        write(&place.file, EMPTY, Duration::ZERO);
        let (answer, page) = place.register().await;
        assert_eq!(answer.status, 200, "{revocation:?}: {}", answer.body);
        assert!(!page.contains("revocation-alarm"), "{page}");
    }
}

async fn without_a_list_the_desk_says_what_that_means(database: Database) {
    for (revocation, refuses) in
        [(Demand::Require, true), (Demand::Warn, false), (Demand::Ignore, false)]
    {
        let settings = Settings {
            database: Some(database.clone()),
            policy: Policy { revocation, ..Policy::parse(POLICY).unwrap() },
            ..Settings::default()
        };
        let running = start(settings.clone()).await;
        let world = World { running, database: database.clone(), phone: None, settings };
        let page = world.authority(A).await.browser.get("/desk").await.body;
        assert!(page.contains("No revocation list is in use."), "{page}");
        let told =
            page.contains("revocation-alarm") && page.contains("Every phone is refused until");
        assert_eq!(told, refuses, "{revocation:?}: {page}");
    }
}
