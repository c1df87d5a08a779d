//! A desk with a registration authority who is signed in, and a person with a phone on the other side.

use serde_json::{Value, json};
use wardkey_core::{attestation::verdict::Policy, authenticator::AttestationFormat};
use wardkey_register::{Authenticator, Database, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{
    browser::{Browser, field, passkey_of},
    common::{Answer, Running, start},
    core_phone::CorePhone,
    databases::Begin,
};

pub(crate) const CLINICIAN: &str = "ward.one@example.org";

/// The registration authorities of a new register.
pub(crate) const A: &str = "desk.a@example.org";
pub(crate) const B: &str = "desk.b@example.org";

/// A policy that takes the phone made of software, with some members changed.
pub(crate) fn policy(changes: &Value) -> Policy {
    let mut policy = json!({
        "name": "Phones of software",
        "test": true,
        "minimumLevel": "SOFTWARE",
        "minimumOsVersion": 0,
        "patchMonthsWarn": 1200,
        "patchMonthsFail": 1200,
        "revocation": "ignore",
        "verifiedBoot": "ignore",
        "unlockedDevice": "ignore",
        "applications": [{
            "package": "wardkey.test",
            "certificates": [],
        }],
    });
    let digest = ring::digest::digest(&ring::digest::SHA256, b"Wardkey TEST signing certificate");
    policy["applications"][0]["certificates"] = json!([hex::encode(digest)]);
    policy.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Policy::parse(&policy.to_string()).unwrap()
}

/// A sandbox, its register, and the person's phone.
pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) database: Database,
    pub(crate) phone: Option<CorePhone>,
    pub(crate) settings: Settings,
}

impl Begin for World {
    async fn on(fresh: &Fresh) -> Self {
        Self::with(fresh.open().await, &json!({})).await
    }
}

impl World {
    /// With these changes of its policy.
    pub(crate) async fn with(database: Database, changes: &Value) -> Self {
        let (phone, settings) = CorePhone::new(AttestationFormat::AndroidKey).await;
        let settings =
            Settings { database: Some(database.clone()), policy: policy(changes), ..settings };
        let running = start(settings.clone()).await;
        Self { running, database, phone: Some(phone), settings }
    }

    /// A registration authority, signed in.
    pub(crate) async fn authority(&self, name: &str) -> Desk<'_> {
        let mut phone = passkey_of(&self.database, name, 3).await.at(&self.running);
        let mut browser = Browser::new(&self.running);
        browser.sign_in(&mut phone, "/desk").await;
        Desk { browser, world: self }
    }

    pub(crate) async fn person_id(&self, name: &str) -> String {
        self.database.person_by_name(name).await.unwrap().unwrap().id.to_string()
    }

    pub(crate) async fn authenticators_of(&self, name: &str) -> Vec<Authenticator> {
        let person = self.database.person_by_name(name).await.unwrap().unwrap();
        self.database.authenticators_of(&person.id).await.unwrap()
    }

    /// What the audit says, newest first: `act detail`.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let lines = self.database.audit_lines(100).await.unwrap();
        lines.iter().map(|line| format!("{} {}", line.act, line.detail)).collect()
    }

    pub(crate) async fn evidence(&self) -> Vec<String> {
        let lines = self.database.evidence_after(0).await.unwrap();
        let kind = |line: &String| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["event"]["kind"].as_str().unwrap().to_owned()
        };
        lines.iter().map(kind).filter(|kind| kind != "signed-in").collect()
    }
}

/// The browser of a registration authority.
pub(crate) struct Desk<'a> {
    pub(crate) browser: Browser<'a>,
    world: &'a World,
}

impl<'a> Desk<'a> {
    /// The same page, served by another sandbox behind the same address.
    pub(crate) fn led_to(&self, running: &'a Running) -> Self {
        Desk { browser: self.browser.led_to(running), world: self.world }
    }
}

impl Desk<'_> {
    /// Walks from finding the person to the link. Gives the link's path and the registration's id.
    pub(crate) async fn issue(&mut self, name: &str) -> (String, String) {
        let query: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let id = self.world.person_id(name).await;
        let found = self.browser.get(&format!("/desk?q={query}")).await;
        assert!(found.body.contains(&format!("/desk/people/{id}")), "{}", found.body);
        let profile = self.browser.get(&format!("/desk/people/{id}")).await;
        assert!(profile.body.contains("Issue other authenticator"), "{}", profile.body);
        let choice = self.browser.get(&format!("/desk/people/{id}/issue")).await;
        assert!(choice.body.contains("issue/passkey"), "{}", choice.body);
        let instructions = self.browser.get(&format!("/desk/people/{id}/issue/passkey")).await;
        let csrf = field(&instructions.body, "csrf");
        let path = format!("/desk/people/{id}/registrations");
        let issued = self.browser.form(&path, &[("csrf", &csrf)]).await;
        assert_eq!(issued.status, 200, "{}", issued.body);
        let link = between(&issued.body, "id=\"link-text\" type=\"text\" readonly value=\"", "\"");
        let link = link.replace("&#x2f;", "/");
        let path = link.strip_prefix(&self.world.running.origin).unwrap().to_owned();
        (path, between(&issued.body, "data-registration=\"", "\""))
    }

    pub(crate) async fn page(&mut self, id: &str) -> String {
        self.browser.get(&format!("/desk/registrations/{id}")).await.body
    }

    /// Says `confirm`, `differ` or `revoke`.
    pub(crate) async fn say(&mut self, id: &str, word: &str) -> Answer {
        let csrf = field(&self.page(id).await, "csrf");
        self.browser.form(&format!("/desk/registrations/{id}/{word}"), &[("csrf", &csrf)]).await
    }

    pub(crate) async fn code(&mut self, id: &str) -> String {
        between(&self.page(id).await, "id=\"code\">", "<")
    }
}

/// The browser of a person with a link.
pub(crate) struct Visitor<'a> {
    pub(crate) browser: Browser<'a>,
    pub(crate) path: String,
    origin: String,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(running: &'a Running, path: &str) -> Self {
        let origin = running.origin.clone();
        Self { browser: Browser::new(running), path: path.to_owned(), origin }
    }

    /// One that can make a passkey.
    pub(crate) async fn prepared(running: &'a Running, path: &str) -> Self {
        let mut visitor = Self::new(running, path);
        visitor.prepare().await;
        visitor
    }

    pub(crate) async fn open(&mut self) -> Answer {
        let path = self.path.clone();
        self.browser.form(&path, &[]).await
    }

    pub(crate) async fn post(&mut self, step: &str, body: &Value) -> Answer {
        let path = format!("{}/{step}", self.path);
        self.browser.json(&path, body).await
    }

    pub(crate) async fn status(&mut self) -> Value {
        let path = format!("{}/status", self.path);
        self.browser.get(&path).await.ok()
    }

    /// Up to the point where a passkey can be made.
    pub(crate) async fn prepare(&mut self) {
        assert_eq!(self.open().await.status, 303);
        let checked = self.post("checks", &json!({ "webauthn": true, "platform": true })).await;
        assert_eq!(checked.ok()["ready"], true);
    }

    /// The answer to a challenge: what to hand in, and the code that the phone shows.
    pub(crate) async fn make(&mut self, phone: &mut CorePhone) -> (Value, String) {
        let offered = self.post("options", &json!({})).await.ok();
        let (credential, code) = phone.create(&self.origin, &offered["publicKey"]).await;
        (json!({ "session": offered["session"], "credential": credential }), code)
    }

    /// The whole of the person's part. Gives the code that the phone shows.
    pub(crate) async fn register(&mut self, phone: &mut CorePhone) -> String {
        self.prepare().await;
        let (answer, code) = self.make(phone).await;
        assert_eq!(self.post("verify", &answer).await.ok()["state"], "made");
        code
    }
}

pub(crate) fn between(text: &str, before: &str, after: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split(after).next().unwrap().to_owned()
}
