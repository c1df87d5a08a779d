//! As much of a browser as a registration link needs: one address, one cookie, JSON.

use std::{fs, path::Path, time::Duration};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, COOKIE, SET_COOKIE},
    redirect::Policy,
};
use serde_json::Value;
use wardkey_local_tls::client_config;

use crate::failure::Failure;

const STAGE: &str = "opening the link";

/// What the registration authority reads of this browser.
const NAME: &str = concat!("Wardkey/", env!("CARGO_PKG_VERSION"), " (phone on a host)");

/// Longer than a site takes that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser at a registration link.
pub(super) struct Browser {
    client: Client,
    link: Url,
    origin: String,
    cookie: Option<String>,
}

impl Browser {
    /// `ca` are the authorities (PEM) that vouch for the site.
    pub(super) fn at(link: &str, ca: &Path) -> Result<Self, Failure> {
        let url = Url::parse(link).map_err(|error| not_a_link(&error))?;
        let is_link = url.path().starts_with("/enrol/") && url.query().is_none();
        if url.scheme() != "https" || !is_link {
            return Err(not_a_link(&"its address must be https://…/enrol/…"));
        }
        let pem = fs::read(ca).map_err(|error| untrusted(ca, &error))?;
        let tls = client_config(&pem).map_err(|error| untrusted(ca, &error))?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .no_proxy()
            .redirect(Policy::none())
            .user_agent(NAME)
            .timeout(PATIENCE)
            .build()
            .map_err(unreachable_site)?;
        let origin = url.origin().ascii_serialization();
        Ok(Self { client, link: url, origin, cookie: None })
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Presses Continue.
    pub(super) async fn open(&mut self) -> Result<(), Failure> {
        let request = self.client.post(self.link.clone()).header(ACCEPT, "application/json");
        let answer = request.send().await.map_err(unreachable_site)?;
        if answer.status() != StatusCode::SEE_OTHER {
            return Err(refused(answer).await);
        }
        let mut cookies = answer.headers().get_all(SET_COOKIE).iter();
        let first = cookies.find_map(|cookie| cookie.to_str().ok());
        self.cookie = first.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        Ok(())
    }

    /// Sends one step; an answer without content is null.
    pub(super) async fn post(&mut self, step: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.client.post(self.step(step)).json(body);
        self.send(request).await
    }

    /// Where the registration is.
    pub(super) async fn status(&mut self) -> Result<Value, Failure> {
        let request = self.client.get(self.step("status"));
        self.send(request).await
    }

    fn step(&self, step: &str) -> String {
        format!("{}/{step}", self.link.as_str().trim_end_matches('/'))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let request = match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        };
        let answer = request.send().await.map_err(unreachable_site)?;
        match answer.status() {
            StatusCode::NO_CONTENT => Ok(Value::Null),
            status if status.is_success() => answer.json().await.map_err(unreachable_site),
            _ => Err(refused(answer).await),
        }
    }
}

/// The site's own words.
async fn refused(answer: Response) -> Failure {
    let status = answer.status();
    let json: Value = answer.json().await.unwrap_or_default();
    let text = |member: &str| json.get(member).and_then(Value::as_str);
    let problem =
        text("error").map_or_else(|| format!("the site answered {status}"), str::to_owned);
    let remedy =
        text("what_to_do").unwrap_or("look whether the link is whole, or ask for a new one");
    // The sentence around it has a full stop.
    Failure::new("the registration", problem, remedy.trim_end_matches('.'))
}

fn not_a_link(problem: &dyn std::fmt::Display) -> Failure {
    let remedy = "give the whole link, as the registration authority sent it";
    Failure::new(STAGE, format!("this is not a registration link: {problem}"), remedy)
}

fn untrusted(ca: &Path, error: &dyn std::fmt::Display) -> Failure {
    let problem = format!("{}: {error}", ca.display());
    Failure::new(STAGE, problem, "give the certificate that the site is trusted by after --ca")
}

/// The address in the error would be the link, which is a secret.
fn unreachable_site(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    let problem = format!("{error}{}", cause.unwrap_or_default());
    Failure::new(STAGE, problem, "look whether the site is up and trusted (--ca), then try again")
}
