//! Registration links: `wardkey phone open`, and a sandbox that is killed at every step.

use std::fs;

use reqwest::{Client, ClientBuilder, header, redirect::Policy};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use wardkey_core::{
    authenticator::{AttestationFormat, Authenticator, Moment, Settings},
    keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation},
    webauthn::{self, Caller, WebOrigin},
};
use wardkey_register::{
    AuthenticatorState, Database, registrations::RegistrationState, testing::Fresh,
};

use crate::{
    agreeable::{Memory, Willing},
    child::{Ended, Running, run},
    port::Port,
    town::{private_folder, start_service},
};

pub(crate) const AUTHORITY: &str = "desk.a@example.org";

/// A sandbox that can be killed and comes back with the same database and address.
pub(crate) struct Clinic {
    folder: TempDir,
    pub(crate) database: Fresh,
    sandbox: Option<Running>,
    port: Port,
    origin: String,
    certificate: String,
    /// The link of the registration authority, as the latest start printed it.
    pub(crate) link: String,
}

impl Clinic {
    pub(crate) async fn open(root: &str) -> Self {
        let folder = private_folder();
        fs::write(folder.path().join("root.pem"), root).unwrap();
        fs::write(folder.path().join("policy.json"), policy().to_string()).unwrap();
        let mut clinic = Self {
            folder,
            database: Fresh::sqlite(),
            sandbox: None,
            port: Port::reserve(),
            origin: String::new(),
            certificate: String::new(),
            link: String::new(),
        };
        clinic.start().await;
        clinic
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    async fn start(&mut self) {
        let (root, policy, authority) =
            (self.path("root.pem"), self.path("policy.json"), self.path("authority"));
        let files = ["--trust", &root, "--policy", &policy, "--authority", &authority];
        let begin = ["--json", "sandbox", "--listen", &self.port.address];
        let keep = ["--database", self.database.url()];
        let (sandbox, ready) = start_service(&[&begin[..], &files, &keep].concat()).await;
        self.sandbox = Some(sandbox);
        let text = |member: &str| ready[member].as_str().unwrap().to_owned();
        (self.origin, self.certificate) = (text("origin"), text("certificate"));
        let links = ready["links"].as_array().cloned().unwrap_or_default();
        let mine = links.iter().find(|link| link["name"] == AUTHORITY);
        self.link = mine.map_or(String::new(), |link| link["url"].as_str().unwrap().to_owned());
    }

    async fn kill_and_start(&mut self) {
        let sandbox = self.sandbox.take().unwrap();
        sandbox.signal(Signal::KILL);
        assert_eq!(sandbox.end().await.code, None);
        self.start().await;
    }

    async fn register(&self) -> Database {
        self.database.open().await
    }

    pub(crate) async fn phone_opens(&self, link: &str, user: &str) -> Ended {
        let state = self.path("phone");
        let begin = ["--json", "phone", "open", link, "--state", &state, "--user", user];
        run(&[&begin[..], &["--ca", &self.certificate]].concat()).await
    }

    /// The states of the authority's authenticators.
    async fn authenticators(&self) -> Vec<AuthenticatorState> {
        let database = self.register().await;
        let person = database.person_by_name(AUTHORITY).await.unwrap().unwrap();
        let all = database.authenticators_of(&person.id).await.unwrap();
        all.iter().map(|authenticator| authenticator.state).collect()
    }

    /// The evidence is whole, and says how often these happened.
    async fn evidence(&self, kinds: &[&str]) -> Vec<usize> {
        let exported = run(&["evidence", "export", "--database", self.database.url()]).await;
        let lines = &exported.succeeded().printed;
        let file = self.path("evidence.jsonl");
        fs::write(&file, [&lines.join("\n"), "\n"].concat()).unwrap();
        run(&["evidence", "verify", &file]).await.succeeded();
        let records: Vec<Value> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let count =
            |kind: &&str| records.iter().filter(|record| record["event"]["kind"] == **kind).count();
        kinds.iter().map(count).collect()
    }
}

fn policy() -> Value {
    let certificate = hex::encode(digest(&SHA256, b"Wardkey TEST signing certificate"));
    json!({
        "name": "Phones of software",
        "test": true,
        "minimumLevel": "SOFTWARE",
        "minimumOsVersion": 0,
        "patchMonthsWarn": 1200,
        "patchMonthsFail": 1200,
        "revocation": "ignore",
        "verifiedBoot": "ignore",
        "unlockedDevice": "ignore",
        "applications": [{ "package": "wardkey.test", "certificates": [certificate] }],
    })
}

pub(crate) async fn root_of(state: &str) -> String {
    let root = run(&["phone", "root", "--state", state]).await;
    root.succeeded().printed.join("\n")
}

#[tokio::test]
async fn a_phone_registers_with_the_link_of_the_service_and_no_second_time() {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let root = root_of(state.to_str().unwrap()).await;
    let clinic = Clinic::open(&root).await;
    fs::rename(&state, clinic.path("phone")).unwrap();
    let ended = clinic.phone_opens(&clinic.link, "approve").await;
    let [made, active] = ended.succeeded().printed.as_slice() else { panic!("{ended:?}") };
    let (made, active): (Value, Value) =
        (serde_json::from_str(made).unwrap(), serde_json::from_str(active).unwrap());
    assert_eq!((&made["state"], &active["state"]), (&json!("made"), &json!("active")));
    assert_eq!(made["code"].as_str().unwrap().len(), 14, "{made}");
    assert_eq!(clinic.authenticators().await, [AuthenticatorState::Active]);
    let again = clinic.phone_opens(&clinic.link, "approve").await;
    again.refused().says("the registration", "has been used", "new link");
    assert!(!again.told.contains(&clinic.link), "{}", again.told);
}

#[tokio::test]
async fn a_phone_whose_root_is_unknown_is_refused_with_the_reason() {
    let folder = private_folder();
    let clinic = Clinic::open(&root_of(folder.path().join("other").to_str().unwrap()).await).await;
    let ended = clinic.phone_opens(&clinic.link, "approve").await;
    let refused = ended.refused();
    assert_eq!(refused.stage, "the registration");
    assert!(clinic.authenticators().await.is_empty());
}

#[tokio::test]
async fn a_phone_that_claims_too_little_is_refused_with_each_reason() {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let state = state.to_str().unwrap();
    let clinic = Clinic::open(&root_of(state).await).await;
    let begin = ["--json", "phone", "open", &clinic.link, "--state", state, "--user", "approve"];
    let claims = ["--claim", "imported-key", "--claim", "all-applications"];
    let ended = run(&[&begin[..], &claims, &["--ca", &clinic.certificate]].concat()).await;
    let refused = ended.refused();
    refused.says("the registration", "may have a copy of the key", "Delete the new passkey");
    refused.says("the registration", "Every application of the phone", "Your registration");
    assert!(clinic.authenticators().await.is_empty());
    assert_eq!(clinic.evidence(&["registered", "registration-refused"]).await, [0, 1]);
}

#[tokio::test]
async fn a_user_who_declines_can_try_again() {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let root = root_of(state.to_str().unwrap()).await;
    let clinic = Clinic::open(&root).await;
    let ended = clinic.phone_opens(&clinic.link, "deny").await;
    ended.refused().says("making the passkey", "declined", "agree on the phone");
    let database = clinic.register().await;
    let person = database.person_by_name(AUTHORITY).await.unwrap().unwrap();
    let registrations = database.registrations_of(&person.id).await.unwrap();
    assert_eq!(registrations[0].state, RegistrationState::Checked);
}

#[tokio::test]
async fn what_is_no_link_is_named() {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let state = state.to_str().unwrap();
    for link in
        ["enrol", "http://localhost/enrol/x", "https://localhost/desk", "https://localhost/"]
    {
        let begin = ["--json", "phone", "open", link, "--state", state, "--user", "approve"];
        let ended = run(&begin).await;
        ended.refused().says("opening the link", "not a registration link", "whole link");
    }
    let nothing = folder.path().join("nothing.pem");
    let nothing = nothing.to_str().unwrap();
    let begin = ["--json", "phone", "open", "https://localhost:1/enrol/secret", "--state", state];
    let ended = run(&[&begin[..], &["--user", "approve", "--ca", nothing]].concat()).await;
    ended.refused().says("opening the link", "nothing.pem", "--ca");
    assert!(!ended.told.contains("secret"), "{}", ended.told);
}

/// When the sandbox dies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Death {
    /// While it answers the step.
    During(usize),
    /// Between its answer and the next step.
    After(usize),
}

const STEPS: usize = 5;

#[tokio::test]
async fn a_sandbox_killed_at_any_step_leaves_nothing_half_registered() {
    let deaths = (0..STEPS).flat_map(|step| [Death::During(step), Death::After(step)]);
    for death in deaths {
        let (mut phone, root) = software_phone().await;
        let mut clinic = Clinic::open(&root).await;
        let mut visitor = Visitor::at(&clinic);
        let mut death = Some(death);
        while visitor.step < STEPS {
            match death {
                Some(Death::During(step)) if step == visitor.step => {
                    death = None;
                    let asking = visitor.take_step(&mut phone);
                    let killing = async {
                        clinic.sandbox.as_ref().unwrap().signal(Signal::KILL);
                    };
                    let (_, ()) = tokio::join!(asking, killing);
                    clinic.kill_and_start_dead().await;
                    visitor.find_the_way(&clinic).await;
                }
                Some(Death::After(step)) if step == visitor.step => {
                    death = None;
                    assert!(visitor.take_step(&mut phone).await, "{step}");
                    clinic.kill_and_start().await;
                    visitor.find_the_way(&clinic).await;
                }
                _ => assert!(visitor.take_step(&mut phone).await, "step {}", visitor.step),
            }
            assert_whole(&clinic).await;
        }
        let states = clinic.authenticators().await;
        assert_eq!(states, [AuthenticatorState::Active]);
        assert_eq!(clinic.evidence(&["registered", "confirmed"]).await, [1, 1]);
    }
}

/// What can sign in was confirmed, what waits belongs to a registration that waits, and the evidence
/// tells of each.
async fn assert_whole(clinic: &Clinic) {
    let database = clinic.register().await;
    let person = database.person_by_name(AUTHORITY).await.unwrap().unwrap();
    let registrations = database.registrations_of(&person.id).await.unwrap();
    let of = |wanted| registrations.iter().filter(|found| found.state == wanted).count();
    let states = clinic.authenticators().await;
    let count = |wanted| states.iter().filter(|state| **state == wanted).count();
    assert_eq!(count(AuthenticatorState::Pending), of(RegistrationState::Made));
    assert_eq!(count(AuthenticatorState::Active), of(RegistrationState::Active));
    let told = clinic.evidence(&["registered", "confirmed"]).await;
    assert_eq!(told, [states.len(), of(RegistrationState::Active)]);
}

impl Clinic {
    /// Waits for the end of a sandbox that was killed already.
    async fn kill_and_start_dead(&mut self) {
        assert_eq!(self.sandbox.take().unwrap().end().await.code, None);
        self.start().await;
    }
}

/// The person's browser, one step after the other.
struct Visitor {
    client: Client,
    link: String,
    origin: String,
    cookie: Option<String>,
    step: usize,
}

impl Visitor {
    fn at(clinic: &Clinic) -> Self {
        let certificate = fs::read(&clinic.certificate).unwrap();
        let tls = wardkey_local_tls::client_config(&certificate).unwrap();
        let client = ClientBuilder::new()
            .tls_backend_preconfigured((*tls).clone())
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let (link, origin) = (clinic.link.clone(), clinic.origin.clone());
        Self { client, link, origin, cookie: None, step: 0 }
    }

    /// Whether it was answered as it should be.
    async fn take_step(&mut self, phone: &mut Phone) -> bool {
        let taken = match self.step {
            0 => self.open().await,
            1 => self.post("checks", &json!({ "webauthn": true })).await.is_some(),
            2 => self.post("options", &json!({})).await.is_some(),
            3 => self.make(phone).await,
            _ => self.post("compared", &json!({ "same": true })).await.is_some(),
        };
        self.step += usize::from(taken);
        taken
    }

    async fn open(&mut self) -> bool {
        let Ok(answer) = self.client.post(&self.link).send().await else { return false };
        let cookie = answer.headers().get(header::SET_COOKIE);
        self.cookie =
            cookie.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        answer.status() == 303
    }

    async fn make(&mut self, phone: &mut Phone) -> bool {
        let Some(offered) = self.post("options", &json!({})).await else { return false };
        let mut entropy = [0; 32];
        SystemRandom::new().fill(&mut entropy).unwrap();
        let moment = Moment { now: now(), entropy };
        let caller = Caller::page(WebOrigin::parse(&self.origin).unwrap());
        let options = offered["publicKey"].to_string();
        let made = webauthn::create(phone, moment, &options, &caller).await.unwrap();
        let credential: Value = serde_json::from_str(&made.response).unwrap();
        let answer = json!({ "session": offered["session"], "credential": credential });
        self.post("verify", &answer).await.is_some()
    }

    async fn post(&self, step: &str, body: &Value) -> Option<Value> {
        let request = self.client.post(format!("{}/{step}", self.link)).json(body);
        let request = request.header(header::COOKIE, self.cookie.as_deref().unwrap_or_default());
        let answer = request.send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.json().await.ok()
    }

    /// After the sandbox came back: goes on where the registration is. A link whose cookie was lost on
    /// the way is of no use any more; then there is a new one.
    async fn find_the_way(&mut self, clinic: &Clinic) {
        let address = format!("{}/status", self.link);
        let cookie = self.cookie.clone().unwrap_or_default();
        let request = self.client.get(address).header(header::COOKIE, cookie);
        let answer = request.send().await.unwrap();
        if !answer.status().is_success() {
            *self = Self { step: 0, link: clinic.link.clone(), cookie: None, ..Self::at(clinic) };
            return;
        }
        let told: Value = answer.json().await.unwrap();
        self.step = match told["state"].as_str().unwrap() {
            "opened" => 1,
            "checked" => 2,
            "made" => 4,
            "active" => STEPS,
            other => panic!("{other}"),
        };
    }
}

type Phone = Authenticator<SoftwareKeys<MemoryRecords>, Memory, Willing>;

async fn software_phone() -> (Phone, String) {
    let attestation = TestAttestation::generate(now()).unwrap();
    let root = attestation.root_pem();
    let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, now).unwrap();
    let settings = Settings::test(AttestationFormat::AndroidKey);
    (Phone::open(keys, Memory::default(), Willing, settings).await.unwrap(), root)
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
