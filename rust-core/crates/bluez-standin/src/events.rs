//! What tests wait for instead of time.

use tokio::sync::{broadcast, watch};

use crate::air::Advert;

/// Events a slow reader may fall behind before it misses the oldest.
const CAPACITY: usize = 1024;

/// Something that happened at one machine's BlueZ.
///
/// ```
/// use wardkey_bluez_standin::{Air, Event, Machine};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine = Machine::start(&Air::new()).await?;
/// let mut events = machine.events();
/// # let client = zbus::connection::Builder::address(machine.bus_address()).build().await?;
/// // What a client under test does in its own process:
/// let (name, adapter) = (Some("org.bluez"), Some("org.bluez.Adapter1"));
/// client.call_method(name, "/org/bluez/hci0", adapter, "StartDiscovery", &()).await?;
///
/// assert_eq!(events.recv().await?, Event::Called("StartDiscovery".into()));
/// assert_eq!(events.recv().await?, Event::ScanStarted);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client called this method; also reported when the daemon is mute.
    Called(String),
    /// A client began to scan.
    ScanStarted,
    /// A scan ended: the client stopped it or left, or power or adapter went away.
    ScanEnded,
    /// An advert went on the air.
    AdvertStarted(Advert),
    /// An advert left the air.
    AdvertEnded(Advert),
}

/// What one machine's radio does at this moment.
///
/// ```
/// use wardkey_bluez_standin::{Activity, Air, Machine};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine = Machine::start(&Air::new()).await?;
/// let mut activity = machine.activity();
/// assert_eq!(*activity.borrow(), Activity::default());
/// # let client = zbus::connection::Builder::address(machine.bus_address()).build().await?;
/// // What a client under test does in its own process:
/// let (name, adapter) = (Some("org.bluez"), Some("org.bluez.Adapter1"));
/// client.call_method(name, "/org/bluez/hci0", adapter, "StartDiscovery", &()).await?;
///
/// let scanning = activity.wait_for(|now| now.scanners == 1).await?;
/// assert!(scanning.adverts.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Clients scanning.
    pub scanners: usize,
    /// Adverts on the air.
    pub adverts: Vec<Advert>,
}

/// Tells tests what happens.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    events: broadcast::Sender<Event>,
    activity: watch::Sender<Activity>,
}

impl Reporter {
    pub(crate) fn new() -> Self {
        Self { events: broadcast::Sender::new(CAPACITY), activity: watch::Sender::default() }
    }

    pub(crate) fn event(&self, event: Event) {
        // An error means that nobody listens.
        let _ = self.events.send(event);
    }

    pub(crate) fn activity(&self, now: Activity) {
        self.activity.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Activity> {
        self.activity.subscribe()
    }
}
