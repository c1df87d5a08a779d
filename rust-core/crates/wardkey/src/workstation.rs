//! `wardkey workstation`: the browser's part of one hybrid ceremony.

use std::{fs, io::Read};

use image::ImageFormat;
use serde_json::Value;
use wardkey_core::{
    hybrid::{
        qr::RequestType,
        session::{WorkstationConfig, WorkstationRequest},
    },
    webauthn::{self, Authentication, Caller, Registration, WebOrigin},
};
use wardkey_driver::{Workstation, WorkstationPorts};

use crate::{
    cli::{WorkstationArguments, WorkstationCommand},
    drawing,
    failure::Failure,
    interrupt::cancelled_by_interrupt,
    moment,
    output::{Output, tell},
    picture,
    progress::Progress,
};

/// A ceremony as the relying party asked for it.
#[derive(Debug)]
pub(crate) enum Ceremony {
    Create(Registration),
    Get(Authentication),
}

impl Ceremony {
    /// Reads the relying party's options for a page of `origin`.
    pub(crate) fn create(options: &str, origin: &str) -> Result<Self, Failure> {
        let caller = page(origin)?;
        Ok(Self::Create(Registration::new(options, &caller).map_err(|error| bad_options(&error))?))
    }

    /// Reads the relying party's options for a page of `origin`.
    pub(crate) fn get(options: &str, origin: &str) -> Result<Self, Failure> {
        let caller = page(origin)?;
        Ok(Self::Get(Authentication::new(options, &caller).map_err(|error| bad_options(&error))?))
    }

    /// Begins the hybrid ceremony: from now on its code can be scanned.
    pub(crate) fn begin(&self) -> Result<Workstation, Failure> {
        let (command, request_type) = match self {
            Self::Create(registration) => (registration.command(), RequestType::MakeCredential),
            Self::Get(authentication) => (authentication.command(), RequestType::GetAssertion),
        };
        let config = WorkstationConfig { unix_time: Some(moment::seconds()), ..Default::default() };
        Workstation::new(WorkstationRequest { command, request_type }, config).map_err(|error| {
            Failure::new("preparing the ceremony", error, "restart the machine if it repeats")
        })
    }

    /// What the relying party gets for the phone's answer.
    pub(crate) fn finish(self, response: &[u8]) -> Result<String, Failure> {
        let finished = match self {
            Self::Create(registration) => registration.finish(response),
            Self::Get(authentication) => authentication.finish(response),
        };
        finished.map_err(|error| {
            Failure::new(
                "the phone's answer",
                format!("{} ({error})", error.dom_exception().name()),
                "see the phone for its reason, then start again with a new code",
            )
        })
    }
}

const READING_OPTIONS: &str = "reading the relying party's options";

fn page(origin: &str) -> Result<Caller, Failure> {
    let origin = WebOrigin::parse(origin).map_err(|error| {
        Failure::new(
            "reading the origin",
            error,
            "give --origin as https://host or https://host:port",
        )
    })?;
    Ok(Caller::page(origin))
}

fn bad_options(error: &webauthn::Error) -> Failure {
    let remedy = match error {
        webauthn::Error::NoAlgorithm => "let the site offer ES256 (-7) in pubKeyCredParams",
        _ => {
            "pass the options as the relying party's server gives them to its page, as WebAuthn JSON"
        }
    };
    let name = error.dom_exception().name();
    Failure::new(READING_OPTIONS, format!("{error} ({name})"), remedy)
}

pub(crate) async fn run(command: &WorkstationCommand, output: Output) -> Result<(), Failure> {
    let (WorkstationCommand::Create(arguments) | WorkstationCommand::Get(arguments)) = command;
    let options = read_options(arguments)?;
    let ceremony = match command {
        WorkstationCommand::Create(_) => Ceremony::create(&options, &arguments.origin)?,
        WorkstationCommand::Get(_) => Ceremony::get(&options, &arguments.origin)?,
    };
    let access = arguments.network.access()?;
    let mut radio = arguments.network.scanner()?;
    let workstation = ceremony.begin()?;
    let cancel = cancelled_by_interrupt();
    show(&workstation.qr().to_text(), arguments)?;

    let progress = Progress::start("workstation");
    let answer = workstation
        .run(WorkstationPorts {
            access: &access,
            radio: &mut *radio,
            cancel: &cancel,
            on_stage: &mut |stage| progress.stage(stage),
        })
        .await?;
    let response = ceremony.finish(&answer.response)?;
    // The response is JSON for people and programs alike.
    output.print(&serde_json::from_str(&response).unwrap_or(Value::Null), || response.clone())
}

/// Longest options read, which no relying party comes near.
const MAX_OPTIONS_BYTES: u64 = 1024 * 1024;

fn read_options(arguments: &WorkstationArguments) -> Result<String, Failure> {
    let path = &arguments.options;
    let mut options = String::new();
    let read = if arguments.reads_options_from_stdin() {
        std::io::stdin().take(MAX_OPTIONS_BYTES + 1).read_to_string(&mut options)
    } else {
        fs::File::open(path)
            .and_then(|file| file.take(MAX_OPTIONS_BYTES + 1).read_to_string(&mut options))
    };
    let problem = match read {
        Ok(length) if length as u64 <= MAX_OPTIONS_BYTES => return Ok(unwrapped(options)),
        Ok(_) => format!("{} is over 1 MiB", path.display()),
        Err(error) => format!("{}: {error}", path.display()),
    };
    Err(Failure::new(
        READING_OPTIONS,
        problem,
        "give a readable JSON file after --options, or pass it on standard input",
    ))
}

/// Servers often send `{"publicKey": {…}}`, as `navigator.credentials` takes it.
fn unwrapped(options: String) -> String {
    match serde_json::from_str::<Value>(&options) {
        Ok(Value::Object(mut object)) => match object.remove("publicKey") {
            Some(inner) => inner.to_string(),
            None => options,
        },
        _ => options,
    }
}

/// Draws the code where the tester can scan it: on standard error, since standard output carries the
/// result.
fn show(text: &str, arguments: &WorkstationArguments) -> Result<(), Failure> {
    let drawn = drawing::draw(text)?;
    tell(format_args!(
        "{drawn}\n{text}\n\nScan this code with the phone, or: wardkey phone scan '{text}'"
    ));
    if let Some(path) = &arguments.qr_image {
        picture::draw(text)?.save_with_format(path, ImageFormat::Png).map_err(|error| {
            let problem = format!("{}: {error}", path.display());
            Failure::new("saving the QR code", problem, "check the path after --qr-image")
        })?;
    }
    Ok(())
}
