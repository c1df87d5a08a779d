//! A clinic: a sandbox with its register, a registration authority who is signed in, and phones.

use std::{path::PathBuf, time::Duration};

use tempfile::TempDir;
use tokio::process::Command;
use wardkey_chromium::{Browser, Window};
use wardkey_register::{
    Authenticator, AuthenticatorState as Passkey, Database, Moment,
    registrations::RegistrationState as State, testing::Fresh,
};

use crate::{
    pages::{arrive, go, push_button},
    person::Person,
    phone::{Phone, Surroundings, User, private_folder},
    room::Room,
    sandbox::Sandbox,
};

/// One of the people a new sandbox knows.
pub const CLINICIAN: &str = "ward.one@example.org";
const AUTHORITY: &str = "desk.a@example.org";

/// Whose phone it is.
pub const AUTHORITYS: &str = "authority";
pub const CLINICIANS: &str = "clinician";

pub struct Clinic {
    /// The desk is in its first window.
    pub browser: Browser,
    pub room: Room,
    pub sandbox: Sandbox,
    database: Fresh,
    folder: TempDir,
}

impl Clinic {
    /// Opens one, with the registration authority at the desk.
    pub async fn open() -> Self {
        let room = Room::open().await;
        let folder = private_folder();
        let database = Fresh::sqlite();
        let mut roots = Vec::new();
        for owner in [AUTHORITYS, CLINICIANS] {
            roots.push(keep_root(&folder, owner).await);
        }
        let sandbox = Sandbox::start(folder.path(), database.url(), &roots).await;
        let browser = room.browser(&sandbox.identity, "about:blank".to_owned()).await;
        let mut clinic = Self { browser, room, sandbox, database, folder };
        clinic.give_the_authority_a_passkey().await;
        let desk = clinic.address("/desk");
        go(&mut clinic.browser, &desk).await;
        arrive(&mut clinic.browser, "#login").await;
        push_button(&mut clinic.browser, "Sign in with a passkey").await;
        clinic.sign_in(AUTHORITYS).await;
        arrive(&mut clinic.browser, "[name=q]").await;
        clinic
    }

    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.origin)
    }

    pub fn state_of(&self, owner: &str) -> PathBuf {
        self.folder.path().join(owner)
    }

    /// By the link of the service itself, opened on the phone.
    async fn give_the_authority_a_passkey(&self) {
        let opened = Command::new(env!("CARGO_BIN_EXE_wardkey"))
            .args(["phone", "open", &self.sandbox.links[0], "--user", "approve", "--state"])
            .arg(self.state_of(AUTHORITYS))
            .arg("--ca")
            .arg(self.folder.path().join("certificate.pem"))
            .output()
            .await
            .unwrap();
        assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    }

    /// Holds a phone to the code on the screen, and lets it finish.
    pub async fn sign_in(&self, owner: &str) {
        let (signed_in, said) = self.scan(&self.room.code().await, owner, &[]).await;
        assert!(signed_in, "{said}");
    }

    /// Holds a phone to a code; whether it did what it was asked, and what it said.
    pub async fn scan(&self, code: &str, owner: &str, more: &[&str]) -> (bool, String) {
        let around = Surroundings {
            bluetooth: None,
            tunnel: self.room.tunnel,
            certificate: &self.room.certificate,
        };
        let mut phone =
            Phone::scan(code, User::who("approve"), &self.state_of(owner), &around, more);
        let (status, said) = phone.finish(&self.room.air, &[]).await;
        (status.success(), said)
    }

    /// Somebody else's browser, with the link open.
    pub async fn person(&self, link: &str) -> Person {
        Person { window: self.browser.private_window(link).await.unwrap() }
    }

    pub async fn window(&self, path: &str) -> Window {
        self.browser.private_window(&self.address(path)).await.unwrap()
    }

    pub async fn register(&self) -> Database {
        self.database.open().await
    }

    /// More time than any registration has goes by: what another sandbox would do then, whose clock says so.
    pub async fn let_time_pass(&self) {
        let database = self.register().await;
        let later = Moment::from(std::time::SystemTime::now()) + Duration::from_hours(1);
        assert!(database.expire_registrations(later).await.unwrap().ended > 0);
    }

    /// The clinician's passkeys. Nothing is half registered: what can sign in was confirmed, what waits
    /// belongs to a registration that waits, and the evidence is whole and tells of each.
    pub async fn passkeys(&self) -> Vec<Passkey> {
        let database = self.register().await;
        let person = database.person_by_name(CLINICIAN).await.unwrap().unwrap();
        let passkeys = database.authenticators_of(&person.id).await.unwrap();
        let registrations = database.registrations_of(&person.id).await.unwrap();
        let of = |state| registrations.iter().filter(|found| found.state == state).count();
        let count = |state| passkeys.iter().filter(|found| found.state == state).count();
        assert_eq!(count(Passkey::Pending), of(State::Made));
        assert_eq!(count(Passkey::Active), of(State::Active));
        let lines = database.evidence_after(0).await.unwrap();
        let log: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        wardkey_evidence::verify(log.as_bytes(), None).unwrap();
        for Authenticator { made, .. } in &passkeys {
            let id = wardkey_core::webauthn::base64url::encode(&made.credential_id);
            let told = |kind: &str| {
                let of_kind = |line: &&String| line.contains(&format!(r#""kind":"{kind}""#));
                lines.iter().filter(of_kind).any(|line| line.contains(&id))
            };
            assert!(told("registered"), "{log}");
        }
        passkeys.iter().map(|passkey| passkey.state).collect()
    }

    /// Nobody can sign in with anything of the clinician's.
    pub async fn nothing_can_sign_in(&self) {
        assert!(!self.passkeys().await.contains(&Passkey::Active));
    }

    /// What the evidence says happened last.
    pub async fn last_event(&self) -> String {
        let lines = self.register().await.evidence_after(0).await.unwrap();
        let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        last["event"]["kind"].as_str().unwrap().to_owned()
    }

    /// Where the clinician's latest registration is.
    pub async fn registration(&self) -> State {
        let database = self.register().await;
        let person = database.person_by_name(CLINICIAN).await.unwrap().unwrap();
        let registrations = database.registrations_of(&person.id).await.unwrap();
        registrations.iter().max_by_key(|found| found.issued_at.millis()).unwrap().state
    }
}

/// Keeps the root of a phone's test attestation in a file.
async fn keep_root(folder: &TempDir, owner: &str) -> String {
    let root = Command::new(env!("CARGO_BIN_EXE_wardkey"))
        .args(["phone", "root", "--state"])
        .arg(folder.path().join(owner))
        .output()
        .await
        .unwrap();
    let file = folder.path().join(format!("{owner}.pem"));
    std::fs::write(&file, root.stdout).unwrap();
    file.to_str().unwrap().to_owned()
}
