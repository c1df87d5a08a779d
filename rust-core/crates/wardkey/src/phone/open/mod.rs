//! `wardkey phone open`: a registration link, opened on the phone itself.
//!
//! The phone's browser and its passkey provider in one: what a person does on the pages behind the link,
//! and what the Wardkey app does when they make the passkey.

mod browser;

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};
use wardkey_core::webauthn::{self, Caller, Created, DomException, WebOrigin};

use self::browser::Browser;
use super::{HostPhone, PhoneFolder};
use crate::{
    cli::OpenArguments,
    failure::Failure,
    interrupt::cancelled_by_interrupt,
    moment,
    output::{Output, tell},
    user::HostUser,
};

/// How often the site is asked what the registration authority said.
const LOOK: Duration = Duration::from_millis(300);

const MAKING: &str = "making the passkey";

pub(crate) async fn open(arguments: &OpenArguments, output: Output) -> Result<(), Failure> {
    let mut link = Link::at(&arguments.link, &arguments.ca)?;
    let folder = PhoneFolder::of(&arguments.phone)?;
    let behaviour = watch::Sender::new(arguments.phone.user);
    let user = HostUser::new(behaviour.subscribe(), arguments.phone.patience());
    let mut phone = folder.phone(user).await?;
    let cancel = cancelled_by_interrupt();
    tokio::select! {
        ended = register(&mut link, &mut phone, output) => ended,
        () = cancel.cancelled() => Err(Failure::new(
            "the registration",
            "it was interrupted",
            "open the link again with the same --state while its time lasts, or ask for a new one",
        )),
    }
}

async fn register(link: &mut Link, phone: &mut HostPhone, output: Output) -> Result<(), Failure> {
    link.open().await?;
    tell("Link opened.");
    let code = link.make(phone).await?;
    let made = json!({ "state": "made", "code": code });
    output.print(&made, || {
        format!(
            "The passkey is made. Read this code to your registration authority:\n\n    {code}\n"
        )
    })?;
    let heading = link.wait(&code).await?;
    output.print(&json!({ "state": "active", "code": code }), || heading)
}

/// A registration link in the phone's browser.
pub(crate) struct Link {
    browser: Browser,
}

impl Link {
    /// `ca` are the authorities (PEM) that vouch for the site.
    pub(crate) fn at(link: &str, ca: &Path) -> Result<Self, Failure> {
        Ok(Self { browser: Browser::at(link, ca)? })
    }

    /// Presses Continue, and lets the page see that passkeys can be made here.
    pub(crate) async fn open(&mut self) -> Result<(), Failure> {
        self.browser.open().await?;
        self.browser.post("checks", &json!({ "webauthn": true, "platform": true })).await?;
        Ok(())
    }

    /// Makes the passkey and hands it in. Gives the code that the phone shows.
    pub(crate) async fn make(&mut self, phone: &mut HostPhone) -> Result<String, Failure> {
        let browser = &mut self.browser;
        let offered = browser.post("options", &json!({})).await?;
        let options = offered.get("publicKey").unwrap_or(&Value::Null).to_string();
        let origin = WebOrigin::parse(browser.origin()).map_err(|error| {
            Failure::new(MAKING, error, "open the link at the site's own address")
        })?;
        let made = webauthn::create(phone, moment::now()?, &options, &Caller::page(origin)).await;
        let Created { response, witness } = match made {
            Ok(made) => made,
            Err(error) => {
                // The registration authority is told what a page may know, as a browser would.
                browser.post("problem", &json!({ "name": error.dom_exception().name() })).await?;
                return Err(Failure::new(MAKING, &error, remedy(error.dom_exception())));
            }
        };
        let credential: Value = serde_json::from_str(&response)
            .map_err(|error| Failure::new(MAKING, error, "report this"))?;
        let session = offered.get("session").unwrap_or(&Value::Null);
        browser.post("verify", &json!({ "session": session, "credential": credential })).await?;
        Ok(witness.to_string())
    }

    /// Waits for the registration authority's word, and gives the site's when the passkey can sign in.
    /// Where the site has nobody to compare, it shows the code to the person, whose part is then done
    /// here.
    pub(crate) async fn wait(&mut self, code: &str) -> Result<String, Failure> {
        loop {
            let told = self.browser.status().await?;
            if told.get("over").and_then(Value::as_bool).unwrap_or_default() {
                return ended(&told);
            }
            if let Some(shown) = told.get("witness").and_then(Value::as_str) {
                self.browser.post("compared", &json!({ "same": shown == code })).await?;
            } else {
                sleep(LOOK).await;
            }
        }
    }
}

fn ended(told: &Value) -> Result<String, Failure> {
    let heading = text(told, "heading");
    match text(told, "state") {
        "active" => Ok(heading.to_owned()),
        state => Err(Failure::new(
            format!("the registration ({state})"),
            heading,
            text(told, "words").trim_end_matches('.'),
        )),
    }
}

fn text<'a>(json: &'a Value, member: &str) -> &'a str {
    json.get(member).and_then(Value::as_str).unwrap_or_default()
}

const fn remedy(exception: DomException) -> &'static str {
    match exception {
        DomException::InvalidState => {
            "ask your registration authority to remove the passkey that is there, then open the link again"
        }
        DomException::NotAllowed => "open the link again and agree on the phone",
        _ => "tell your registration authority, with the words above",
    }
}
