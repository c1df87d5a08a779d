//! `wardkey application`: a website that signs its users in with OpenID Connect.

use std::{fs, path::Path};

use wardkey_sandbox::{
    Application, ApplicationClient, ApplicationError, ApplicationProvider, DemandedLevel,
    IntroductionError,
};

use crate::{
    cli::{ApplicationArguments, Level},
    failure::Failure,
    interrupt::cancelled_by_interrupt,
    output::{Output, tell},
    services::cannot_serve,
};

pub(crate) async fn run(arguments: &ApplicationArguments, output: Output) -> Result<(), Failure> {
    let client = client(arguments)?;
    let id = client.id().to_owned();
    let identity = arguments.tls.identity(&["localhost", "127.0.0.1"])?;
    let application =
        Application::bind(arguments.listen, &identity, client).map_err(cannot_serve)?;
    if arguments.registration {
        let registration = application.registration();
        return output.print(&registration, || format!("{registration:#}"));
    }
    let (address, origin) = (application.local_addr(), application.origin());
    let site = application.at(&provider(arguments)?).map_err(unusable)?;
    let stop = cancelled_by_interrupt();
    tokio::select! {
        introduced = site.introduce() => {
            introduced.map_err(|error| unusable(error.into()))?;
        }
        () = stop.cancelled() => return Ok(()),
    }
    tell(format_args!("Application “{id}” on {origin}. Stop it with Ctrl-C."));
    tell(format_args!("It signs users in at {}.", arguments.issuer));
    arguments.tls.hint();
    arguments.tls.announce(output, address, &origin, &[], Some(&arguments.issuer))?;
    site.serve(stop.cancelled_owned()).await.map_err(cannot_serve)
}

fn client(arguments: &ApplicationArguments) -> Result<ApplicationClient, Failure> {
    let id = &arguments.client_id;
    if let Some(path) = &arguments.client_key {
        let pem = fs::read(path).map_err(|error| bad_proof(path, &error))?;
        return ApplicationClient::with_key(id, &pem).map_err(|error| bad_proof(path, &error));
    }
    let Some(path) = &arguments.client_secret_file else {
        return Ok(ApplicationClient::with_new_secret(id));
    };
    let text = fs::read_to_string(path).map_err(|error| bad_proof(path, &error))?;
    // Editors end a file with a new line.
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(bad_proof(path, &"the file is empty")),
        secret => Ok(ApplicationClient::with_secret(id, secret)),
    }
}

fn provider(arguments: &ApplicationArguments) -> Result<ApplicationProvider, Failure> {
    let ca = arguments.ca.clone().or_else(|| arguments.tls.authority_certificate());
    let roots = match ca {
        Some(path) => fs::read(&path)
            .map_err(|error| untrusted(format_args!("{}: {error}", path.display())))?,
        None => return Err(untrusted("with --certificate nobody is trusted yet")),
    };
    let level = match arguments.level {
        Level::Aal3 => DemandedLevel::Three,
        Level::Aal2OrAal3 => DemandedLevel::TwoOrThree,
        Level::Aal2 => DemandedLevel::Two,
    };
    Ok(ApplicationProvider { issuer: arguments.issuer.clone(), roots, level })
}

fn bad_proof(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        "reading the client's secret or key",
        format!("{}: {error}", path.display()),
        "give a file with the secret alone after --client-secret-file, or a private key in PEM after \
         --client-key",
    )
}

fn untrusted(problem: impl std::fmt::Display) -> Failure {
    Failure::new(
        "reading the authorities of the provider",
        problem,
        "give the certificate (PEM) that the provider is trusted by after --ca",
    )
}

fn unusable(error: ApplicationError) -> Failure {
    let error = match error {
        ApplicationError::Introduction(error) => error,
        ApplicationError::Tls(error) => return untrusted(error),
        error => return cannot_serve(error),
    };
    let remedy = match &error {
        IntroductionError::Certificate { .. } => {
            "give the certificate of the authority behind the provider after --ca"
        }
        IntroductionError::Unreachable { .. } => {
            "start the provider first, such as with `wardkey sandbox --clients`, or give the issuer that \
             it prints after --issuer"
        }
        IntroductionError::Unknown { .. } => {
            "let the provider know what --registration prints; for a sandbox, in a file after --clients"
        }
        IntroductionError::Proof { .. } => {
            "give the secret or key that the provider knows the application by"
        }
        IntroductionError::Refused { .. } => {
            "read the provider's log, and its entry for the application"
        }
        _ => "give the issuer exactly as the provider names itself after --issuer",
    };
    // Who the application is at its provider is a stage of its own.
    let stage = match &error {
        IntroductionError::Unknown { .. }
        | IntroductionError::Proof { .. }
        | IntroductionError::Refused { .. } => "the provider's check of the application",
        _ => "finding the provider",
    };
    Failure::new(stage, error, remedy)
}
