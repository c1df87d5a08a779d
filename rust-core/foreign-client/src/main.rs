//! A hybrid client that nobody here wrote, `webauthn-authenticator-rs`, in a browser's place.
//!
//! ```text
//! wardkey-foreign-client create|get ORIGIN TUNNEL < OPTIONS.json
//! ```
//!
//! Reads the options of a page at `ORIGIN`, prints the text of its QR code on one line, and the response, as
//! JSON, on the next. Adverts are heard through BlueZ. The tunnel service at `TUNNEL`, such as
//! `wss://localhost:8453`, stands in for every other; `SSL_CERT_FILE` names the authority to trust.
#![forbid(unsafe_code)]

mod response;

use std::{
    env,
    error::Error,
    io::{Read, stdin},
    process::ExitCode,
};

use serde::Serialize;
use tokio_tungstenite::tungstenite::http::{Uri, uri::Builder};
use webauthn_authenticator_rs::{
    cable::connect_cable_authenticator_with_tunnel_uri,
    prelude::{Url, WebauthnAuthenticator},
    types::{CableRequestType, CableState, EnrollSampleStatus},
    ui::UiCallback,
};

type Failure = Box<dyn Error>;

/// A screen that shows the code, and tells how it goes on standard error.
#[derive(Debug)]
struct Screen;

impl UiCallback for Screen {
    fn request_pin(&self) -> Option<String> {
        None
    }
    fn request_touch(&self) {}
    fn processing(&self) {}
    fn fingerprint_enrollment_feedback(&self, _: u32, _: Option<EnrollSampleStatus>) {}
    fn cable_qr_code(&self, _: CableRequestType, code: String) {
        println!("{code}");
    }
    fn dismiss_qr_code(&self) {}
    fn cable_status_update(&self, state: CableState) {
        eprintln!("{state:?}");
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match ceremony(&arguments).await {
        Ok(response) => {
            println!("{response}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Plays a ceremony to its end and returns the response as JSON.
async fn ceremony(arguments: &[String]) -> Result<String, Failure> {
    let [what, origin, tunnel] = arguments else {
        return Err("give create or get, the page's origin, and the tunnel service's URI".into());
    };
    let (origin, tunnel) = (Url::parse(origin)?, tunnel_service(tunnel)?);
    let mut options = String::new();
    stdin().read_to_string(&mut options)?;
    match what.as_str() {
        "create" => {
            let options = serde_json::from_str(&options)?;
            let mut phone = meet(CableRequestType::DiscoverableMakeCredential, tunnel).await?;
            json(&response::completed(phone.do_registration(origin, options)?)?)
        }
        "get" => {
            let options = serde_json::from_str(&options)?;
            let mut phone = meet(CableRequestType::GetAssertion, tunnel).await?;
            json(&phone.do_authentication(origin, options)?)
        }
        _ => Err("the first argument is create or get".into()),
    }
}

/// Shows a code and waits until a phone that scanned it has introduced itself.
async fn meet(
    request: CableRequestType,
    tunnel: Builder,
) -> Result<impl WebauthnAuthenticator, Failure> {
    Ok(connect_cable_authenticator_with_tunnel_uri(request, &Screen, tunnel).await?)
}

fn json(response: &impl Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string(response)?)
}

fn tunnel_service(uri: &str) -> Result<Builder, Failure> {
    let parts = uri.parse::<Uri>()?.into_parts();
    match (parts.scheme, parts.authority) {
        (Some(scheme), Some(authority)) => Ok(Uri::builder().scheme(scheme).authority(authority)),
        _ => Err("the tunnel service's URI has a scheme and a host".into()),
    }
}
