//! A room with a workstation, and the services that it and a phone meet at.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use wardkey_bluez_standin::{Air, Machine};
use wardkey_chromium::{Browser, Screen, Settings};
use wardkey_local_tls::{Authority, TlsIdentity};
use wardkey_tunnel::{Handle, Limits, Tunnel};

use crate::phone::private_folder;

/// A browser and its screen keep two cores busy: one room at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Long enough for the slowest machine; no test waits for it to pass.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Room {
    pub screen: Screen,
    pub machine: Machine,
    pub air: Air,
    pub authority: Authority,
    /// That of the authority.
    pub certificate: PathBuf,
    pub tunnel: SocketAddr,
    pub tunnel_handle: Handle,
    tunnel_key: String,
    _folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Room {
    pub async fn open() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let folder = private_folder();
        let authority = Authority::generate().unwrap();
        let certificate = folder.path().join("ca.pem");
        std::fs::write(&certificate, authority.certificate_pem()).unwrap();

        let identity = authority.issue(&["cable.ua5v.com", "cable.auth.com"]).unwrap();
        let tunnel = Tunnel::bind(any_port(), &identity, Limits::default()).unwrap();
        let (tunnel_address, tunnel_handle) = (tunnel.local_addr(), tunnel.handle());
        tokio::spawn(tunnel.serve(std::future::pending()));

        let air = Air::new();
        Self {
            screen: Screen::start().await.unwrap(),
            machine: Machine::start(&air).await.unwrap(),
            air,
            authority,
            certificate,
            tunnel: tunnel_address,
            tunnel_handle,
            tunnel_key: identity.spki_sha256_base64(),
            _folder: folder,
            _turn: turn,
        }
    }

    /// A browser that trusts this server and the tunnel service.
    pub async fn browser(&self, server: &TlsIdentity, page: String) -> Browser {
        let settings = Settings {
            bus_address: self.machine.bus_address().to_owned(),
            tunnel: self.tunnel,
            trusted_keys: vec![server.spki_sha256_base64(), self.tunnel_key.clone()],
            page,
        };
        Browser::start(&self.screen, &settings).await.unwrap()
    }

    /// The code that the browser shows, once it listens for the phone's advert.
    pub async fn code(&self) -> String {
        let is_code = |text: &str| text.starts_with("FIDO:/");
        let code = self.screen.wait_for_code(PATIENCE, is_code).await.unwrap();
        self.machine.activity().wait_for(|now| now.scanners > 0).await.unwrap();
        code
    }
}

pub fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}
