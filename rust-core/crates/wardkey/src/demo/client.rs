//! The sandbox's JSON interface, as a workstation's page calls it.

use reqwest::{Client, ClientBuilder};
use serde_json::{Value, json};
use wardkey_local_tls::{Authority, client_config};

use crate::failure::Failure;

/// A page of the sandbox.
pub(super) struct Page {
    client: Client,
    origin: String,
}

/// What the sandbox asks a browser to do.
pub(super) struct Challenge {
    session: Value,
    pub(super) options: String,
}

impl Page {
    pub(super) fn open(origin: &str, authority: &Authority) -> Result<Self, Failure> {
        let tls = client_config(authority.certificate_pem().as_bytes()).map_err(failed)?;
        let client = ClientBuilder::new()
            .tls_backend_preconfigured((*tls).clone())
            .no_proxy()
            .build()
            .map_err(failed)?;
        Ok(Self { client, origin: origin.into() })
    }

    /// Asks for options: `what` is `register` or `signin`.
    pub(super) async fn options(&self, what: &str, asked: &Value) -> Result<Challenge, Failure> {
        let mut answer = self.post(&format!("{what}/options"), asked).await?;
        let options = answer.get_mut("publicKey").map(Value::take).unwrap_or_default();
        let session = answer.get_mut("session").map(Value::take).unwrap_or_default();
        Ok(Challenge { session, options: options.to_string() })
    }

    /// Hands in the phone's answer and returns the sandbox's verdict.
    pub(super) async fn verify(
        &self,
        what: &str,
        challenge: Challenge,
        credential: &str,
    ) -> Result<Value, Failure> {
        let credential: Value = serde_json::from_str(credential).map_err(failed)?;
        let answer = json!({"session": challenge.session, "credential": credential});
        self.post(&format!("{what}/verify"), &answer).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.client.post(format!("{}/{path}", self.origin)).json(body);
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

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new("talking to the sandbox", error, "run the demo again; report this if it repeats")
}
