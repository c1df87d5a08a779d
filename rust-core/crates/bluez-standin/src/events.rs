//! What tests wait for instead of time.

use tokio::sync::{broadcast, watch};

use crate::air::Advert;

/// Events a slow reader may fall behind before it misses the oldest.
const CAPACITY: usize = 1024;

/// Something that happened at one machine's BlueZ.
///
/// [`Machine`](crate::Machine) has an example.
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
/// [`Machine`](crate::Machine) has an example.
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
