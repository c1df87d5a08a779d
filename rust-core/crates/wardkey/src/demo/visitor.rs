//! A workstation without a screen: it follows links, sends forms and keeps cookies.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, RequestBuilder, Url};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wardkey_local_tls::client_config;

use super::{
    meeting::meet,
    page::Page,
    phone,
    workstation::Workstation,
    world::{Owner, World},
};
use crate::{failure::Failure, progress::Progress, workstation::Ceremony};

const STAGE: &str = "opening a page";

/// How often a page that changes is loaded again.
const LOOK: Duration = Duration::from_millis(50);

/// How long a page may take to become what is expected.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody in front of a browser without a screen.
pub(super) struct Visitor<'a> {
    world: &'a World,
    progress: Progress,
    client: Client,
    page: Page,
    filled: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    /// Opens a page in a browser with no cookies yet.
    pub(super) async fn open(
        world: &'a World,
        progress: Progress,
        address: Url,
    ) -> Result<Self, Failure> {
        let authority = world.authority.certificate_pem();
        let tls = client_config(authority.as_bytes()).map_err(failed)?;
        let client = ClientBuilder::new()
            .tls_backend_preconfigured((*tls).clone())
            .cookie_store(true)
            .no_proxy()
            .build()
            .map_err(failed)?;
        let page = load(client.get(address)).await?;
        Ok(Self { world, progress, client, page, filled: Vec::new() })
    }

    /// What a page's script asks the server, as JSON.
    async fn call(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.client.post(self.page.resolve(path)?).json(body);
        let response = request.send().await.map_err(failed)?;
        let accepted = response.status().is_success();
        let answer: Value = response.json().await.map_err(failed)?;
        if accepted {
            return Ok(answer);
        }
        let text = |member: &str| answer.get(member).and_then(Value::as_str).unwrap_or_default();
        Err(Failure::new("the sandbox's check", text("error"), text("what_to_do")))
    }
}

impl Visitor<'_> {
    /// The options of a ceremony, and the session that they are for.
    async fn challenge(&self, path: &str) -> Result<(String, Value), Failure> {
        let mut offered = self.call(path, &json!({})).await?;
        let mut member = |name: &str| offered.get_mut(name).map(Value::take).unwrap_or_default();
        self.progress.of("sandbox").step("challenge sent to the page");
        Ok((member("publicKey").to_string(), member("session")))
    }
}

impl Workstation for Visitor<'_> {
    async fn arrive(&mut self, heading: &str, _: &str) -> Result<Page, Failure> {
        if self.page.first("h1").is_some_and(|found| found.contains(heading)) {
            return Ok(self.page.clone());
        }
        Err(self.page.is_not(&format!("“{heading}” was expected")))
    }

    async fn fill(&mut self, field: &str, value: &str) -> Result<(), Failure> {
        self.filled.push((field.to_owned(), value.to_owned()));
        Ok(())
    }

    async fn choose(&mut self, field: &str) -> Result<(), Failure> {
        let choice = self.page.attribute(&format!("input[type=radio][name={field}]"), "value");
        let choice = choice.ok_or_else(|| self.page.is_not(&format!("no choice of {field}")))?;
        self.fill(field, &choice).await
    }

    async fn press(&mut self, words: &str) -> Result<(), Failure> {
        let request = if let Some(address) = self.page.link(words)? {
            self.client.get(address)
        } else {
            let form = self.page.form(words)?.with(std::mem::take(&mut self.filled));
            if form.sends_in_body {
                self.client.post(form.action).form(&form.fields)
            } else {
                self.client.get(form.action).query(&form.fields)
            }
        };
        self.page = load(request).await?;
        Ok(())
    }

    /// The page itself would follow a stream of events; loading it again shows the same.
    async fn wait_for(&mut self, selector: &str, _: &str) -> Result<Page, Failure> {
        let registration = self.page.attribute("#progress", "data-registration");
        let address = match registration {
            Some(id) => self.page.resolve(&format!("/desk/registrations/{id}"))?,
            None => self.page.resolve("")?,
        };
        let look = async {
            while self.page.first(selector).is_none() {
                sleep(LOOK).await;
                self.page = load(self.client.get(address.clone())).await?;
            }
            Ok(self.page.clone())
        };
        let never = |_| Err(failed(format_args!("the page never showed {selector}")));
        timeout(PATIENCE, look).await.unwrap_or_else(never)
    }

    async fn open_until(&mut self, address: &Url, heading: &str, _: &str) -> Result<(), Failure> {
        let shown = |page: &Page| page.first("h1").is_some_and(|found| found.contains(heading));
        let look = async {
            self.page = load(self.client.get(address.clone())).await?;
            while !shown(&self.page) {
                sleep(LOOK).await;
                self.page = load(self.client.get(address.clone())).await?;
            }
            Ok(())
        };
        timeout(PATIENCE, look)
            .await
            .unwrap_or_else(|_| Err(failed(format_args!("{address} never showed “{heading}”"))))
    }

    async fn go(&mut self, address: &Url) -> Result<(), Failure> {
        self.page = load(self.client.get(address.clone())).await?;
        Ok(())
    }

    async fn create(&mut self, owner: Owner, _: &str) -> Result<String, Failure> {
        let here = self.page.resolve("")?;
        let able = json!({"webauthn": true, "platform": false, "hybrid": true});
        self.call(&step(&here, "checks"), &able).await?;
        let (options, session) = self.challenge(&step(&here, "options")).await?;
        let ceremony = Ceremony::create(&options, &self.world.origin)?;
        let (response, done) = meet(self.world, self.progress, ceremony, owner).await?;
        let credential: Value = serde_json::from_str(&response).map_err(failed)?;
        let answer = json!({"session": session, "credential": credential});
        self.call(&step(&here, "verify"), &answer).await?;
        self.progress.of("sandbox").step("registration verified");
        self.go(&here).await?;
        phone::code(done)
    }

    async fn agree(&mut self) -> Result<(), Failure> {
        let here = self.page.resolve("")?;
        self.call(&step(&here, "compared"), &json!({"same": true})).await.map(drop)
    }

    async fn sign_in(&mut self, owner: Owner, name: &str) -> Result<(), Failure> {
        let login = self.arrive("Sign in", name).await?;
        let (options, session) = self.challenge("/login/options").await?;
        let ceremony = Ceremony::get(&options, &self.world.origin)?;
        let (response, _) = meet(self.world, self.progress, ceremony, owner).await?;
        let credential: Value = serde_json::from_str(&response).map_err(failed)?;
        let back = login.attribute("#login", "data-return").unwrap_or_default();
        let answer = json!({"session": session, "credential": credential, "return": back});
        let verified = self.call("/login/verify", &answer).await?;
        self.progress.of("sandbox").step("sign-in verified");
        let next = verified.get("next").and_then(Value::as_str).unwrap_or_default();
        self.page = load(self.client.get(login.resolve(next)?)).await?;
        Ok(())
    }
}

/// What the page behind a registration link asks.
fn step(link: &Url, step: &str) -> String {
    format!("{}/{step}", link.path())
}

async fn load(request: RequestBuilder) -> Result<Page, Failure> {
    let response = request.header("Accept", "text/html").send().await.map_err(failed)?;
    let (status, address) = (response.status(), response.url().clone());
    let page = Page::new(address, response.text().await.map_err(failed)?);
    if status.is_success() { Ok(page) } else { Err(page.is_not(&format!("it came with {status}"))) }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(STAGE, error, "run the demo again; report this if it repeats")
}
