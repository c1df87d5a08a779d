//! Everything a ceremony needs, on loopback ports of this machine.

use std::{fs, net::SocketAddr, path::PathBuf};

use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wardkey_driver::{TunnelAccess, radio::loopback::Loopback};
use wardkey_local_tls::Authority;
use wardkey_sandbox::{Sandbox, Settings, TrustedRoots};
use wardkey_tunnel::{Limits, Tunnel};

use crate::{
    cli::Attestation,
    failure::Failure,
    phone::{PhoneFolder, Wallet},
    services::TUNNEL_NAMES,
    user::{Behaviour, HostUser, PATIENCE},
};

const STAGE: &str = "starting the demo";

/// Sandbox, tunnel service, phone and the air between phone and workstation. The services stop when
/// [`shut_down`](Self::shut_down) is called, and break off when this value is dropped.
pub(super) struct World {
    /// Phone state and certificates; gone with this value.
    folder: TempDir,
    phone: PhoneFolder,
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
            PhoneFolder::open_or_create(&folder.path().join("phone"), Attestation::AndroidKey)?;
        let authority = Authority::generate().map_err(failed)?;
        fs::write(folder.path().join("ca.pem"), authority.certificate_pem()).map_err(failed)?;

        let tunnel_identity = authority.issue(&TUNNEL_NAMES).map_err(failed)?;
        let tunnel =
            Tunnel::bind(any_port(), &tunnel_identity, Limits::default()).map_err(failed)?;
        let identity = authority.issue(&["localhost"]).map_err(failed)?;
        let sandbox = Sandbox::bind(any_port(), &identity, sandbox_settings(&phone)?)
            .await
            .map_err(failed)?;

        let stop = CancellationToken::new();
        let (origin, tunnel_address) = (sandbox.origin(), tunnel.local_addr());
        let stopped = stop.clone().cancelled_owned();
        let serve_tunnel = async move { tunnel.serve(stopped).await.map_err(failed) };
        let stopped = stop.clone().cancelled_owned();
        let serve_sandbox = async move { sandbox.serve(stopped).await.map_err(failed) };
        let services = vec![tokio::spawn(serve_tunnel), tokio::spawn(serve_sandbox)];
        Ok(Self {
            folder,
            phone,
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

    /// The way both sides take to the tunnel service.
    pub(super) fn access(&self) -> Result<TunnelAccess, Failure> {
        let access = TunnelAccess::trusting(self.authority.certificate_pem().as_bytes());
        let address = self.tunnel_address.to_string().parse().map_err(failed)?;
        Ok(access.map_err(failed)?.connecting_to(address))
    }

    /// Switches the phone on, with a user who agrees to everything.
    pub(super) fn wallet(&self) -> Result<Wallet, Failure> {
        let (_, approving) = watch::channel(Behaviour::Approve);
        Ok(Wallet::new(self.phone.phone(HostUser::new(approving, PATIENCE))?))
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

fn sandbox_settings(phone: &PhoneFolder) -> Result<Settings, Failure> {
    let mut trusted_roots = TrustedRoots::default();
    let root = phone.test_attestation()?.root_pem();
    trusted_roots.add_pem(root.as_bytes()).map_err(failed)?;
    Ok(Settings { trusted_roots, ..Settings::default() })
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(STAGE, error, "free a port on 127.0.0.1 and some space in the temporary folder")
}
