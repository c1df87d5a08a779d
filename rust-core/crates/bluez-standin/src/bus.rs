//! A private D-Bus: one `dbus-daemon` child in a folder of its own.

use std::fs::File;
use std::io;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::ChildStdout;

/// A running private bus. Dropping it ends the daemon and removes its folder.
///
/// ```
/// use wardkey_bluez_standin::Bus;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut bus = Bus::start().await?;
/// assert!(bus.address().starts_with("unix:path="));
/// let connect = || zbus::connection::Builder::address(bus.address()).build();
/// let client = connect().await?;
/// assert!(client.unique_name().is_some());
/// bus.end()?;
/// assert!(zbus::connection::Builder::address(bus.address()).build().await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Bus {
    daemon: Daemon,
    address: String,
    // Holds the socket and the configuration for as long as the daemon runs.
    _folder: TempDir,
}

/// The child process. A plain one rather than tokio's, because it must be gone, and not only
/// told to go, when the guard is: nothing else would wait for it once the runtime ended.
#[derive(Debug)]
struct Daemon(Child);

impl Daemon {
    fn end(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // An error means that it ended already.
        let _ = self.end();
    }
}

/// Why a private bus did not start.
///
/// ```
/// use wardkey_bluez_standin::BusError;
///
/// let error = BusError::Spawn(std::io::ErrorKind::NotFound.into());
/// assert!(error.to_string().contains("(Debian package `dbus-daemon`)"));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The folder or the configuration could not be written.
    #[error("cannot prepare a folder for the private bus: {0}")]
    Folder(#[source] io::Error),
    /// `dbus-daemon` could not be run.
    #[error("cannot run dbus-daemon (Debian package `dbus-daemon`): {0}")]
    Spawn(#[source] io::Error),
    /// `dbus-daemon` ended without printing its address.
    #[error("dbus-daemon ended without printing its address: {0}")]
    NoAddress(String),
}

impl Bus {
    /// Starts a bus and waits until it listens.
    pub async fn start() -> Result<Self, BusError> {
        Self::start_with("").await
    }

    /// The same, with a policy that lets nobody speak to BlueZ: as it is for users whom a machine has in
    /// none of the groups that may.
    ///
    /// ```
    /// use wardkey_bluez_standin::Bus;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bus = Bus::start_guarded().await?;
    /// let connect = || zbus::connection::Builder::address(bus.address());
    /// let (bluez, client) = (connect().build().await?, connect().build().await?);
    /// bluez.request_name("org.bluez").await?;
    /// let call = client.call_method(Some("org.bluez"), "/", None::<&str>, "Anything", &()).await;
    /// let error = call.unwrap_err().to_string();
    /// assert!(error.contains("AccessDenied"), "{error}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_guarded() -> Result<Self, BusError> {
        Self::start_with(r#"<deny send_destination="org.bluez"/>"#).await
    }

    async fn start_with(policy: &str) -> Result<Self, BusError> {
        let folder =
            tempfile::Builder::new().prefix("wardkey-bus-").tempdir().map_err(BusError::Folder)?;
        let configuration = folder.path().join("bus.conf");
        let socket = folder.path().join("socket");
        let log = folder.path().join("log");
        std::fs::write(&configuration, configure(&socket.display().to_string(), policy))
            .map_err(BusError::Folder)?;
        let mut daemon = Command::new("dbus-daemon")
            .arg("--nofork")
            .arg("--nopidfile")
            .arg("--print-address=1")
            .arg(format!("--config-file={}", configuration.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // The daemon grumbles about limits in most containers: worth showing only if it fails.
            .stderr(File::create(&log).map_err(BusError::Folder)?)
            .spawn()
            .map(Daemon)
            .map_err(BusError::Spawn)?;
        let address = match daemon.0.stdout.take() {
            Some(output) => read_line(output).await.map_err(BusError::Spawn)?,
            None => None,
        };
        match address {
            Some(address) => Ok(Self { daemon, address, _folder: folder }),
            None => Err(BusError::NoAddress(std::fs::read_to_string(&log).unwrap_or_default())),
        }
    }

    /// The address for `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends the daemon as a crash would: every connection breaks at once.
    pub fn end(&mut self) -> io::Result<()> {
        self.daemon.end()
    }
}

async fn read_line(output: std::process::ChildStdout) -> io::Result<Option<String>> {
    let output = ChildStdout::from_std(output)?;
    BufReader::new(output).lines().next_line().await
}

/// The daemon's configuration.
///
/// The explicit receive rules matter: with send rules alone the reply to `Hello` is dropped and
/// a client waits for ever. Of two rules that apply, the later counts: `policy` is the last.
fn configure(socket: &str, policy: &str) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow send_type="signal"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    {policy}
  </policy>
</busconfig>
"#
    )
}
