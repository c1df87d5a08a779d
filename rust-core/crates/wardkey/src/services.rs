//! `wardkey tunnel` and `wardkey sandbox`: the services both sides need.

use std::{fs, path::PathBuf};

use wardkey_local_tls::{Authority, TlsError, TlsIdentity};
use wardkey_sandbox::{Sandbox, Settings, TrustedRoots};
use wardkey_tunnel::{Limits, Tunnel};

use crate::{
    cli::{SandboxArguments, TlsArguments, TunnelArguments},
    failure::Failure,
    network::cancelled_by_interrupt,
};

/// The names a test tunnel service answers to: every assigned tunnel domain, and this machine.
pub(crate) const TUNNEL_NAMES: [&str; 4] =
    ["cable.ua5v.com", "cable.auth.com", "localhost", "127.0.0.1"];

pub(crate) async fn tunnel(arguments: &TunnelArguments) -> Result<(), Failure> {
    let identity = arguments.tls.identity(&TUNNEL_NAMES)?;
    let tunnel =
        Tunnel::bind(arguments.listen, &identity, Limits::default()).map_err(cannot_serve)?;
    eprintln!("Tunnel service on {}. Stop it with Ctrl-C.", tunnel.local_addr());
    arguments.tls.hint();
    eprintln!("Point phone and workstation at it with --tunnel {}.", tunnel.local_addr());
    tunnel.serve(cancelled_by_interrupt().cancelled_owned()).await.map_err(cannot_serve)
}

pub(crate) async fn sandbox(arguments: &SandboxArguments) -> Result<(), Failure> {
    let identity = arguments.tls.identity(&["localhost", "127.0.0.1"])?;
    let settings =
        Settings { trusted_roots: trusted_roots(&arguments.trust)?, ..Settings::default() };
    let sandbox = Sandbox::bind(arguments.listen, &identity, settings).map_err(cannot_serve)?;
    eprintln!("Sandbox on {}. Stop it with Ctrl-C.", sandbox.origin());
    arguments.tls.hint();
    if arguments.trust.is_empty() {
        eprintln!("It trusts no attestation. A phone on a host is trusted with --trust ROOT.pem,");
        eprintln!("where ROOT.pem holds what `wardkey phone root` prints.");
    }
    sandbox.serve(cancelled_by_interrupt().cancelled_owned()).await.map_err(cannot_serve)
}

fn trusted_roots(files: &[PathBuf]) -> Result<TrustedRoots, Failure> {
    let mut roots = TrustedRoots::default();
    for path in files {
        let pem = fs::read(path).map_err(|error| bad_root(path, &error))?;
        roots.add_pem(&pem).map_err(|error| bad_root(path, &error))?;
    }
    Ok(roots)
}

fn bad_root(path: &std::path::Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        "reading the trusted roots",
        format!("{}: {error}", path.display()),
        "give a PEM file after --trust, such as `wardkey phone root` prints",
    )
}

fn cannot_serve(error: impl std::fmt::Display) -> Failure {
    Failure::new("starting the service", error, "choose a free port with --listen 127.0.0.1:0")
}

impl TlsArguments {
    /// The given certificate, or one for `names` from the test authority.
    fn identity(&self, names: &[&str]) -> Result<TlsIdentity, Failure> {
        match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => TlsIdentity::from_pem_files(certificate, key),
            _ => Authority::load_or_create(&self.authority)
                .and_then(|authority| authority.issue(names)),
        }
        .map_err(|error: TlsError| {
            Failure::new(
                "reading the certificates",
                error,
                "check the files after --certificate and --key, or the folder after --authority",
            )
        })
    }

    /// Tells how clients come to trust the test authority.
    fn hint(&self) {
        if self.certificate.is_none() {
            let certificate = self.authority.join("ca.pem");
            eprintln!("Clients trust it with --ca {}.", certificate.display());
        }
    }
}
