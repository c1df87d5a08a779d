//! A look at BlueZ with our own eyes: is it there, does it answer, is an adapter on?

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use dbus::Path;
use dbus::arg::{PropMap, prop_cast};
use dbus::nonblock::{Proxy, SyncConnection};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::BluetoothSettings;
use crate::radio::RadioError;

const BLUEZ: &str = "org.bluez";
const ADAPTER: &str = "org.bluez.Adapter1";
const ADVERTISING_MANAGER: &str = "org.bluez.LEAdvertisingManager1";

/// A connection to the system bus, apart from those of the two libraries.
pub(super) struct Daemon {
    settings: BluetoothSettings,
    connection: Arc<SyncConnection>,
    /// Cancelled when the connection breaks.
    lost: CancellationToken,
    // Moves the bytes; the connection closes when it ends.
    _transport: AbortOnDropHandle<()>,
}

impl fmt::Debug for Daemon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Daemon")
            .field("lost", &self.lost.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// What a look showed: a daemon with an adapter which is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sight {
    /// The daemon's unique name on the bus: another one means that it was started anew.
    pub(super) daemon: String,
    /// The adapter's name, such as `hci0`.
    pub(super) adapter: String,
    /// Somebody scans.
    pub(super) discovering: bool,
    /// Adverts on the air, from whatever program.
    pub(super) adverts: u8,
}

type Objects = HashMap<Path<'static>, HashMap<String, PropMap>>;

impl Daemon {
    /// Connects to the system bus.
    pub(super) async fn connect(settings: BluetoothSettings) -> Result<Self, RadioError> {
        let no_bus = |reason: String| RadioError::NoBus { reason };
        // Connecting blocks until the bus has said hello.
        let connect = tokio::task::spawn_blocking(dbus_tokio::connection::new_system_sync);
        let (transport, connection) = tokio::time::timeout(settings.answer_within, connect)
            .await
            .map_err(|_| no_bus("it does not answer".to_owned()))?
            .map_err(|error| no_bus(error.to_string()))?
            .map_err(|error| no_bus(error.to_string()))?;
        let lost = CancellationToken::new();
        let guard = lost.clone().drop_guard();
        let transport = tokio::spawn(async move {
            transport.await;
            drop(guard);
        });
        let transport = AbortOnDropHandle::new(transport);
        Ok(Self { settings, connection, lost, _transport: transport })
    }

    /// Cancelled when the connection breaks.
    pub(super) fn lost(&self) -> CancellationToken {
        self.lost.clone()
    }

    /// Waits for an answer of the service, but not longer than it may take, nor longer than there
    /// is a bus that could bring it. The libraries' own connections end with ours.
    pub(super) async fn answer<T>(&self, call: impl Future<Output = T>) -> Result<T, RadioError> {
        tokio::select! {
            biased;
            () = self.lost.cancelled() => {
                Err(RadioError::NoBus { reason: "the connection broke".to_owned() })
            }
            answer = tokio::time::timeout(self.settings.answer_within, call) => {
                answer.map_err(|_| RadioError::NoAnswer)
            }
        }
    }

    /// Finds an adapter which is on, or says why there is none.
    pub(super) async fn look(&self) -> Result<Sight, RadioError> {
        match self.answer(self.ask()).await? {
            Ok(sight) => sight,
            Err(error) => {
                // When the bus breaks, calls fail a moment before the connection is known to.
                self.answer(tokio::task::yield_now()).await?;
                Err(read_error(&error))
            }
        }
    }

    async fn ask(&self) -> Result<Result<Sight, RadioError>, dbus::Error> {
        // First the call which may start the daemon, then its name.
        let (objects,): (Objects,) = self
            .proxy(BLUEZ, "/")
            .method_call("org.freedesktop.DBus.ObjectManager", "GetManagedObjects", ())
            .await?;
        let (daemon,): (String,) = self
            .proxy("org.freedesktop.DBus", "/org/freedesktop/DBus")
            .method_call("org.freedesktop.DBus", "GetNameOwner", (BLUEZ,))
            .await?;
        Ok(choose_adapter(&objects, daemon))
    }

    fn proxy<'a>(&self, name: &'a str, path: &'a str) -> Proxy<'a, Arc<SyncConnection>> {
        Proxy::new(name, path, self.settings.answer_within, self.connection.clone())
    }
}

fn choose_adapter(objects: &Objects, daemon: String) -> Result<Sight, RadioError> {
    let mut error = RadioError::NoAdapter;
    for (path, interfaces) in objects {
        let Some(adapter) = interfaces.get(ADAPTER) else { continue };
        if prop_cast(adapter, "Powered") == Some(&true) {
            let manager = interfaces.get(ADVERTISING_MANAGER);
            let adverts = manager.and_then(|manager| prop_cast(manager, "ActiveInstances"));
            return Ok(Sight {
                daemon,
                adapter: path.rsplit('/').next().unwrap_or_default().to_owned(),
                discovering: prop_cast(adapter, "Discovering") == Some(&true),
                adverts: adverts.copied().unwrap_or_default(),
            });
        }
        let state = prop_cast::<String>(adapter, "PowerState");
        if state.is_some_and(|state| state == "off-blocked") {
            error = RadioError::BluetoothBlocked;
        } else if matches!(error, RadioError::NoAdapter) {
            error = RadioError::BluetoothOff;
        }
    }
    Err(error)
}

/// What an error of the bus means.
fn read_error(error: &dbus::Error) -> RadioError {
    match error.name().unwrap_or_default() {
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner"
        | "org.freedesktop.DBus.Error.Spawn.ServiceNotFound" => RadioError::NoService,
        "org.freedesktop.DBus.Error.NoReply" | "org.freedesktop.DBus.Error.Timeout" => {
            RadioError::NoAnswer
        }
        "org.freedesktop.DBus.Error.AccessDenied" => RadioError::AccessDenied,
        _ => RadioError::NoBus { reason: error.to_string() },
    }
}
