//! The applications that `wardkey sandbox --clients` lets in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use wardkey_sandbox::Clients;

use crate::{cli::SandboxArguments, failure::Failure};

/// The clients of all files; of two with the same id the later one.
pub(crate) fn read(files: &[PathBuf]) -> Result<Clients, Failure> {
    let mut clients = Clients::default();
    for path in files {
        let text = fs::read(path).map_err(|error| unusable(path, &error))?;
        clients.extend(Clients::from_json(&text).map_err(|error| unusable(path, &error))?);
    }
    Ok(clients)
}

/// Who vouches for the servers of applications (PEM). Empty: those that browsers trust.
pub(crate) fn authorities(arguments: &SandboxArguments) -> Result<Vec<u8>, Failure> {
    let path = arguments.application_ca.clone().or_else(|| arguments.tls.authority_certificate());
    let Some(path) = path else { return Ok(Vec::new()) };
    fs::read(&path).map_err(|error| {
        Failure::new(
            "reading the authorities of applications",
            format!("{}: {error}", path.display()),
            "give a PEM file after --application-ca",
        )
    })
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        "reading the clients",
        format!("{}: {error}", path.display()),
        "give a file after --clients as `wardkey sandbox --help` shows one",
    )
}
