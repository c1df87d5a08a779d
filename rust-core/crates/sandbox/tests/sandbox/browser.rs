//! A browser with cookies, and people of the register with passkeys of a chosen level.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wardkey_register::{Database, Moment, NewAuthenticator};
use wardkey_sandbox::Settings;

use crate::{
    authenticator::Phone,
    common::{Answer, NAME, Running, start},
    core_phone::CorePhone,
};

/// A phone with a passkey, of whichever maker.
pub(crate) trait Signer {
    /// Answers a challenge of a page of this origin.
    async fn answer(&mut self, origin: &str, options: &Value) -> Value;
}

impl Signer for Phone {
    async fn answer(&mut self, _: &str, options: &Value) -> Value {
        self.get(options)
    }
}

impl Signer for CorePhone {
    async fn answer(&mut self, origin: &str, options: &Value) -> Value {
        self.get(origin, options).await
    }
}

/// Keeps cookies and follows nothing by itself.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    running: &'a Running,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(running: &'a Running) -> Self {
        Self { running, cookies: BTreeMap::new() }
    }

    /// The same browser, led to another sandbox behind the same address.
    pub(crate) fn led_to<'b>(&self, running: &'b Running) -> Browser<'b> {
        Browser { running, cookies: self.cookies.clone() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, "Accept: text/html\r\n", "").await
    }

    pub(crate) async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let head = "Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        self.request("POST", path, head, &body).await
    }

    pub(crate) async fn json(&mut self, path: &str, body: &Value) -> Answer {
        let head = "Content-Type: application/json\r\n";
        self.request("POST", path, head, &body.to_string()).await
    }

    /// `head` are whole lines.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        path: &str,
        head: &str,
        body: &str,
    ) -> Answer {
        let jar: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie =
            if jar.is_empty() { String::new() } else { format!("Cookie: {}\r\n", jar.join("; ")) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{head}{cookie}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let answer = self.running.send(request.as_bytes()).await;
        for set in answer.headers("set-cookie") {
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Signs in and says where the page goes next.
    pub(crate) async fn sign_in(&mut self, phone: &mut impl Signer, back: &str) -> String {
        let answer = self.try_sign_in(phone, &json!({ "return": back })).await;
        answer.ok()["next"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn try_sign_in(&mut self, phone: &mut impl Signer, more: &Value) -> Answer {
        let offered = self.json("/login/options", &json!({})).await.ok();
        let credential = phone.answer(&self.running.origin, &offered["publicKey"]).await;
        let mut body = json!({ "session": offered["session"], "credential": credential });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.json("/login/verify", &body).await
    }
}

/// A phone with a passkey of somebody on the register, whose sign-ins reach this level.
///
/// A registration authority would have issued it; here another sandbox verifies the passkey as a
/// tester's, and its record goes into the register under the person's name.
pub(crate) async fn passkey_of(database: &Database, name: &str, assurance: u8) -> Phone {
    let now = Moment::from(std::time::SystemTime::now());
    database.seed_people(now).await.unwrap();
    let person = database.person_by_name(name).await.unwrap().unwrap();
    let elsewhere = Database::temporary().await.unwrap();
    let settings = Settings { database: Some(elsewhere.clone()), ..Settings::default() };
    let running = start(settings).await;
    let mut phone = running.phone();
    running.register(&mut phone, json!({ "userName": NAME })).await.ok();
    let verified = elsewhere.authenticator(&phone.credential_id).await.unwrap().unwrap();
    running.stop().await;

    let made = NewAuthenticator { person: person.id.clone(), assurance, ..verified.made };
    let mut act = database.act().await.unwrap();
    act.add_authenticator(&made, true, now).await.unwrap();
    act.commit().await.unwrap();
    phone.user_id = Some(person.id.to_bytes());
    phone
}

/// The value of a hidden field of a page.
pub(crate) fn field(page: &str, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&marker).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}
