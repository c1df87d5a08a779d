//! A Chromium that runs hybrid ceremonies on one machine.

use std::{
    net::SocketAddr,
    ops::{Deref, DerefMut},
    path::PathBuf,
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{
    Error, Screen, Window,
    child::{Output, Program},
};

/// What a browser is started with.
///
/// ```
/// use wardkey_chromium::Settings;
///
/// let settings = Settings {
///     bus_address: "unix:path=/run/stand-in/socket".into(),
///     tunnel: "127.0.0.1:8453".parse()?,
///     trusted_keys: Vec::new(),
///     page: "https://localhost:8443/".into(),
/// };
/// let other_page = Settings { page: "https://localhost:8443/desk".into(), ..settings.clone() };
/// assert_eq!(other_page.tunnel, settings.tunnel);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it finds Bluetooth: the address of a D-Bus with `org.bluez` on it.
    pub bus_address: String,
    /// Where it finds every assigned tunnel domain.
    pub tunnel: SocketAddr,
    /// Base64 SHA-256 of the public keys of certificates to accept.
    pub trusted_keys: Vec<String>,
    /// The first page.
    pub page: String,
}

/// A browser with one window, or more. Used as its first window. Dropping it ends it and removes its profile.
///
/// ```no_run
/// use wardkey_chromium::{Browser, Screen, Settings};
///
/// # async fn example(settings: Settings) -> Result<(), wardkey_chromium::Error> {
/// let screen = Screen::start().await?;
/// let mut browser = Browser::start(&screen, &settings).await?;
/// let title = browser.evaluate("document.title").await?;
/// // Another machine, as far as a page can tell: it has none of the cookies of the first.
/// let mut other = browser.private_window("about:blank").await?;
/// assert_eq!(other.evaluate("document.cookie").await?, "");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Browser {
    first: Window,
    address: String,
    _process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium on `screen` and waits until its page can be told what to do.
    pub async fn start(screen: &Screen, settings: &Settings) -> Result<Self, Error> {
        let profile = tempfile::Builder::new()
            .prefix("wardkey-chromium-")
            .tempdir()
            .map_err(Error::Profile)?;
        let mut command = Command::new(program());
        command
            .args(arguments(settings))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("DISPLAY", screen.display())
            .env("DBUS_SYSTEM_BUS_ADDRESS", &settings.bus_address)
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        let chromium = Program { name: "chromium", package: "chromium" };
        let address = |line: &str| line.strip_prefix("DevTools listening on ").map(str::to_owned);
        let (process, address) = chromium.start(&mut command, Output::Error, address).await?;

        let mut first = Window::first(&address).await?;
        first.open(&settings.page).await?;
        Ok(Self { first, address, _process: process, _profile: profile })
    }

    /// Opens a page in another window, in front of the others, which shares no cookies with them.
    pub async fn private_window(&self, page: &str) -> Result<Window, Error> {
        let mut window = Window::private(&self.address).await?;
        window.open(page).await?;
        Ok(window)
    }
}

impl Deref for Browser {
    type Target = Window;

    fn deref(&self) -> &Window {
        &self.first
    }
}

impl DerefMut for Browser {
    fn deref_mut(&mut self) -> &mut Window {
        &mut self.first
    }
}

fn program() -> PathBuf {
    std::env::var_os("CHROMIUM").map_or_else(|| "chromium".into(), PathBuf::from)
}

fn arguments(settings: &Settings) -> Vec<String> {
    let tunnel = settings.tunnel;
    let names = format!(
        "MAP cable.ua5v.com:443 {tunnel}, MAP cable.auth.com:443 {tunnel}, MAP * ~NOTFOUND, \
         EXCLUDE localhost, EXCLUDE 127.0.0.1"
    );
    let mut arguments = vec![
        // Containers and the superuser have no user namespaces for the sandbox.
        "--no-sandbox".into(),
        // No bar across the page about the flags below.
        "--test-type".into(),
        "--no-first-run".into(),
        "--no-default-browser-check".into(),
        "--no-proxy-server".into(),
        "--disable-gpu".into(),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-sync".into(),
        "--password-store=basic".into(),
        "--lang=en-GB".into(),
        "--window-position=0,0".into(),
        "--window-size=1280,1024".into(),
        "--remote-debugging-port=0".into(),
        format!("--host-resolver-rules={names}"),
    ];
    if !settings.trusted_keys.is_empty() {
        let keys = settings.trusted_keys.join(",");
        arguments.push(format!("--ignore-certificate-errors-spki-list={keys}"));
    }
    arguments
}
