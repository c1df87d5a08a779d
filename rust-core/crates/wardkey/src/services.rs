//! `wardkey tunnel` and `wardkey sandbox`: the services both sides need.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use serde_json::json;
use wardkey_local_tls::{Authority, TlsError, TlsIdentity};
use wardkey_register::Kept;
use wardkey_sandbox::{Revocations, Sandbox, SandboxError, SetUpLink, Settings, TrustedRoots};
use wardkey_tunnel::Tunnel;

use crate::{
    cli::{SandboxArguments, TlsArguments, TunnelArguments},
    clients, evidence,
    failure::Failure,
    interrupt::cancelled_by_interrupt,
    output::{Output, tell},
    verify,
};

/// The names a test tunnel service answers to: every assigned tunnel domain, and this machine.
pub(crate) const TUNNEL_NAMES: [&str; 4] =
    ["cable.ua5v.com", "cable.auth.com", "localhost", "127.0.0.1"];

pub(crate) async fn tunnel(arguments: &TunnelArguments, output: Output) -> Result<(), Failure> {
    let identity = arguments.tls.identity(&TUNNEL_NAMES)?;
    let limits = arguments.limits.limits();
    let tunnel = Tunnel::bind(arguments.listen, &identity, limits).map_err(cannot_serve)?;
    let address = tunnel.local_addr();
    let stop = cancelled_by_interrupt();
    tell(format_args!("Tunnel service on {address}. Stop it with Ctrl-C."));
    arguments.tls.hint();
    tell(format_args!("Point phone and workstation at it with --tunnel {address}."));
    let origin = format!("https://localhost:{}", address.port());
    arguments.tls.announce(output, address, &origin, &[], None)?;
    tunnel.serve(stop.cancelled_owned()).await.map_err(cannot_serve)
}

pub(crate) async fn sandbox(arguments: &SandboxArguments, output: Output) -> Result<(), Failure> {
    let host = arguments.origin.as_ref().and_then(|origin| origin.host_str());
    let names: Vec<_> = ["localhost", "127.0.0.1"].into_iter().chain(host).collect();
    let identity = arguments.tls.identity(&names)?;
    let settings = settings(arguments).await?;
    let sandbox =
        Sandbox::bind(arguments.listen, &identity, settings).await.map_err(cannot_start)?;
    let origin = sandbox.origin();
    let stop = cancelled_by_interrupt();
    tell(format_args!("Sandbox on {origin}. Stop it with Ctrl-C."));
    if !arguments.clients.is_empty() {
        tell(format_args!("Applications find it by the issuer {}.", sandbox.issuer()));
    }
    arguments.tls.hint();
    if arguments.trust.is_empty() {
        tell(
            "Behind registration links it trusts Google's attestation roots, and for testers none.",
        );
        tell("A phone on a host is trusted with --trust ROOT.pem, where ROOT.pem holds what");
        tell("`wardkey phone root` prints.");
    }
    let links = sandbox.set_up_links().await.map_err(cannot_start)?;
    for link in &links {
        tell(format_args!("{} registers at {}", link.name, link.url));
    }
    arguments.tls.announce(
        output,
        sandbox.local_addr(),
        &origin,
        &links,
        Some(sandbox.issuer()),
    )?;
    sandbox.serve(stop.cancelled_owned()).await.map_err(cannot_serve)
}

async fn settings(arguments: &SandboxArguments) -> Result<Settings, Failure> {
    let mut settings = Settings {
        trusted_roots: trusted_roots(&arguments.trust)?,
        policy: verify::policy(arguments.policy.as_deref())?,
        revocation: match &arguments.revocation {
            Some(file) => Some(Revocations::file(file).map_err(verify::no_list)?),
            None => None,
        },
        database: match &arguments.database {
            Some(url) => Some(evidence::database(url).await?),
            None => None,
        },
        kept: Kept {
            audit: Duration::from_hours(24 * u64::from(arguments.audit_days)),
            ..Kept::default()
        },
        clients: clients::read(&arguments.clients)?,
        application_roots: clients::authorities(arguments)?,
        trusted_proxies: arguments.trusted_proxy.clone(),
        proxy_header: arguments.proxy_header.into(),
        link_life: Duration::from_mins(arguments.link_minutes.into()),
        ..Settings::default()
    };
    if let Some(origin) = &arguments.origin {
        origin.host_str().unwrap_or_default().clone_into(&mut settings.rp_id);
        settings.origin = Some(origin.clone());
    }
    Ok(settings)
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

pub(crate) fn cannot_serve(error: impl std::fmt::Display) -> Failure {
    Failure::new("starting the service", error, "choose a free port with --listen 127.0.0.1:0")
}

fn cannot_start(error: SandboxError) -> Failure {
    let remedy = match error {
        SandboxError::Origin { .. } | SandboxError::RpId { .. } => {
            "give the https address that users see after --origin, such as https://login.example.org"
        }
        SandboxError::Database(_) => "check that the database can be reached and written to",
        error => return cannot_serve(error),
    };
    Failure::new("starting the service", error, remedy)
}

impl TlsArguments {
    /// The given certificate, or one for `names` from the test authority.
    pub(crate) fn identity(&self, names: &[&str]) -> Result<TlsIdentity, Failure> {
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

    /// What clients of the test authority trust it by.
    pub(crate) fn authority_certificate(&self) -> Option<PathBuf> {
        self.certificate.is_none().then(|| self.authority.join("ca.pem"))
    }

    /// Tells how clients come to trust the test authority.
    pub(crate) fn hint(&self) {
        if let Some(certificate) = self.authority_certificate() {
            tell(format_args!("Clients trust it with --ca {}.", certificate.display()));
        }
    }

    /// Tells a program that the service can be reached, and how.
    pub(crate) fn announce(
        &self,
        output: Output,
        listening: SocketAddr,
        origin: &str,
        links: &[SetUpLink],
        issuer: Option<&str>,
    ) -> Result<(), Failure> {
        if output == Output::People {
            return Ok(());
        }
        let certificate = self.authority_certificate();
        // A program may work in another folder than the service.
        let certificate = certificate.map(|path| std::path::absolute(&path).unwrap_or(path));
        let mut ready =
            json!({"listening": listening, "origin": origin, "certificate": certificate});
        if let (false, Some(members)) = (links.is_empty(), ready.as_object_mut()) {
            let links: Vec<_> =
                links.iter().map(|link| json!({"name": link.name, "url": link.url})).collect();
            members.insert("links".to_owned(), json!(links));
        }
        if let (Some(issuer), Some(members)) = (issuer, ready.as_object_mut()) {
            members.insert("issuer".to_owned(), json!(issuer));
        }
        output.print(&ready, String::new)
    }
}
