//! Everything a ceremony needs, on loopback ports of this machine.

use std::{fs, net::SocketAddr, path::PathBuf};

use reqwest::Url;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wardkey_core::attestation::verdict::Policy;
use wardkey_driver::{TunnelAccess, radio::loopback::Loopback};
use wardkey_local_tls::Authority;
use wardkey_sandbox::{
    Application, ApplicationClient, ApplicationProvider, Clients, DemandedLevel, Sandbox, Settings,
    TrustedRoots,
};
use wardkey_tunnel::{Limits, Tunnel};

use crate::{
    cli::Attestation,
    failure::Failure,
    phone::{HostPhone, PhoneFolder},
    services::TUNNEL_NAMES,
    user::{Behaviour, HostUser, PATIENCE},
};

const STAGE: &str = "starting the demo";

/// Takes the keys of phones on a host, and says so with every verdict.
const POLICY: &str = include_str!("../../../../../fixtures/policies/test.json");

/// Whose phone it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The registration authority, who issues passkeys.
    Authority,
    /// The clinician, who signs in on the ward.
    Clinician,
}

/// Sandbox, tunnel service, an application, two phones and the air between phone and workstation. The services stop when
/// [`shut_down`](Self::shut_down) is called, and break off when this value is dropped.
pub(super) struct World {
    /// Phone state and certificates; gone with this value.
    folder: TempDir,
    authoritys: PhoneFolder,
    clinicians: PhoneFolder,
    /// The service's own link for the first registration authority.
    pub(super) set_up_link: Url,
    /// Where the clinician's work begins.
    pub(super) application: Url,
    pub(super) authority: Authority,
    pub(super) air: Loopback,
    pub(super) origin: String,
    pub(super) tunnel_address: SocketAddr,
    /// Base64 SHA-256 of both services' public keys, for browsers.
    #[cfg(feature = "browser")]
    pub(super) trusted_keys: Vec<String>,
    stop: CancellationToken,
    services: Vec<JoinHandle<Result<(), Failure>>>,
}

impl World {
    pub(super) async fn start() -> Result<Self, Failure> {
        let folder = private_folder()?;
        let phone =
            |name| PhoneFolder::open_or_create(&folder.path().join(name), Attestation::AndroidKey);
        let (authoritys, clinicians) = (phone("authority")?, phone("clinician")?);
        let authority = Authority::generate().map_err(failed)?;
        fs::write(folder.path().join("ca.pem"), authority.certificate_pem()).map_err(failed)?;

        let tunnel_identity = authority.issue(&TUNNEL_NAMES).map_err(failed)?;
        let tunnel =
            Tunnel::bind(any_port(), &tunnel_identity, Limits::default()).map_err(failed)?;
        let identity = authority.issue(&["localhost"]).map_err(failed)?;
        let client = ApplicationClient::with_new_secret("sample-application");
        let application = Application::bind(any_port(), &identity, client).map_err(failed)?;
        let mut settings = sandbox_settings([&authoritys, &clinicians])?;
        let registration = application.registration().to_string();
        settings.clients = Clients::from_json(registration.as_bytes()).map_err(failed)?;
        settings.application_roots = authority.certificate_pem().as_bytes().to_vec();
        let sandbox = Sandbox::bind(any_port(), &identity, settings).await.map_err(failed)?;
        let set_up_link = set_up_link(&sandbox).await?;

        let stop = CancellationToken::new();
        let (origin, tunnel_address) = (sandbox.origin(), tunnel.local_addr());
        let provider = ApplicationProvider {
            issuer: sandbox.issuer().to_owned(),
            roots: authority.certificate_pem().as_bytes().to_vec(),
            level: DemandedLevel::Three,
        };
        let stopped = stop.clone().cancelled_owned();
        let serve_tunnel = async move { tunnel.serve(stopped).await.map_err(failed) };
        let stopped = stop.clone().cancelled_owned();
        let serve_sandbox = async move { sandbox.serve(stopped).await.map_err(failed) };
        let stopped = stop.clone().cancelled_owned();
        let address = application.origin().parse().map_err(failed)?;
        let application = application.at(&provider).map_err(failed)?;
        let serve_application = async move { application.serve(stopped).await.map_err(failed) };
        let services = vec![
            tokio::spawn(serve_tunnel),
            tokio::spawn(serve_sandbox),
            tokio::spawn(serve_application),
        ];
        Ok(Self {
            folder,
            authoritys,
            clinicians,
            set_up_link,
            application: address,
            authority,
            air: Loopback::new(),
            origin,
            tunnel_address,
            #[cfg(feature = "browser")]
            trusted_keys: vec![identity.spki_sha256_base64(), tunnel_identity.spki_sha256_base64()],
            stop,
            services,
        })
    }

    /// The address of a page of the sandbox.
    pub(super) fn page(&self, path: &str) -> Result<Url, Failure> {
        format!("{}{path}", self.origin).parse().map_err(failed)
    }

    /// The way both sides take to the tunnel service.
    pub(super) fn access(&self) -> Result<TunnelAccess, Failure> {
        let access = TunnelAccess::trusting(self.authority.certificate_pem().as_bytes());
        let address = self.tunnel_address.to_string().parse().map_err(failed)?;
        Ok(access.map_err(failed)?.connecting_to(address))
    }

    /// Switches a phone on, whose owner agrees to everything.
    pub(super) async fn phone(&self, owner: Owner) -> Result<HostPhone, Failure> {
        let folder = match owner {
            Owner::Authority => &self.authoritys,
            Owner::Clinician => &self.clinicians,
        };
        let (_, approving) = watch::channel(Behaviour::Approve);
        folder.phone(HostUser::new(approving, PATIENCE)).await
    }

    /// Where clients find the certificate of the authority behind both services.
    pub(super) fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Stops the services in good order.
    pub(super) async fn shut_down(self) -> Result<(), Failure> {
        self.stop.cancel();
        for service in self.services {
            service.await.map_err(failed)??;
        }
        Ok(())
    }
}

fn private_folder() -> Result<TempDir, Failure> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("wardkey-demo-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir().map_err(failed)
}

fn sandbox_settings(phones: [&PhoneFolder; 2]) -> Result<Settings, Failure> {
    let mut trusted_roots = TrustedRoots::default();
    for phone in phones {
        let root = phone.test_attestation()?.root_pem();
        trusted_roots.add_pem(root.as_bytes()).map_err(failed)?;
    }
    let policy = Policy::parse(POLICY).map_err(failed)?;
    Ok(Settings { trusted_roots, policy, ..Settings::default() })
}

/// One registration authority is enough for the demo.
async fn set_up_link(sandbox: &Sandbox) -> Result<Url, Failure> {
    let links = sandbox.set_up_links().await.map_err(failed)?;
    let first = links.into_iter().next();
    let first = first.ok_or_else(|| failed("nobody is to issue passkeys"))?;
    first.url.parse().map_err(failed)
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(STAGE, error, "free a port on 127.0.0.1 and some space in the temporary folder")
}
