//! The phone's half, on bluer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bluer::ErrorKind;
use bluer::adv::{Advertisement, AdvertisementHandle, Type};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::daemon::Daemon;
use super::{BluetoothSettings, SERVICE, Trouble};
use crate::radio::{Advert, Advertiser, RadioError};

/// Pause between two looks at whether an advert is gone, which takes some milliseconds.
const PAUSE: Duration = Duration::from_millis(5);

/// A phone's radio on Bluetooth.
///
/// A thread of its own talks to BlueZ: an advert whose registration is abandoned half-way could not
/// be taken back, and bluer needs its tasks run in the order in which they were begun.
///
/// ```no_run
/// use wardkey_driver::radio::bluetooth::{BluetoothAdvertiser, BluetoothSettings};
/// use wardkey_driver::radio::{Advert, Advertiser};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut radio = BluetoothAdvertiser::new(BluetoothSettings::default());
/// radio.advertise(Advert([0x5a; 20])).await?;
/// radio.stop().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BluetoothAdvertiser {
    orders: mpsc::UnboundedSender<Order>,
    failures: mpsc::UnboundedReceiver<RadioError>,
}

/// What the thread is told, and where it reports that it is done.
struct Order {
    /// The advert to put on the air; none to be silent.
    advert: Option<Advert>,
    done: oneshot::Sender<Result<(), RadioError>>,
}

impl BluetoothAdvertiser {
    /// Makes a radio. Bluetooth is not touched before it is used.
    pub fn new(settings: BluetoothSettings) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (outbox, failures) = mpsc::unbounded_channel();
        let keeper = Keeper { settings, bluez: None, wanted: None, on_air: None };
        // If the thread cannot start, every order finds it gone.
        let thread = std::thread::Builder::new().name("bluetooth".into());
        let _ = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(keeper.run(inbox, outbox)),
                Err(error) => tracing::error!(%error, "no runtime for Bluetooth"),
            }
        });
        Self { orders, failures }
    }

    async fn order(&mut self, advert: Option<Advert>) -> Result<(), RadioError> {
        // Failures of an earlier advert no longer matter.
        while self.failures.try_recv().is_ok() {}
        let (done, result) = oneshot::channel();
        // If the thread is gone, so is its end of `done`: one answer for both.
        let _ = self.orders.send(Order { advert, done });
        result.await.unwrap_or(Err(RadioError::NoAnswer))
    }
}

impl Advertiser for BluetoothAdvertiser {
    fn advertise(&mut self, advert: Advert) -> BoxFuture<'_, Result<(), RadioError>> {
        self.order(Some(advert)).boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        self.order(None).boxed()
    }

    fn failure(&mut self) -> BoxFuture<'_, RadioError> {
        async move {
            match self.failures.recv().await {
                Some(failure) => failure,
                None => std::future::pending().await,
            }
        }
        .boxed()
    }
}

/// Keeps the wanted advert on the air.
struct Keeper {
    settings: BluetoothSettings,
    bluez: Option<Bluez>,
    wanted: Option<Advert>,
    on_air: Option<OnAir>,
}

/// Connections to the system bus: ours to look, bluer's to act.
struct Bluez {
    daemon: Daemon,
    session: bluer::Session,
}

/// A registered advert. BlueZ ends it when the handle is dropped.
struct OnAir {
    _handle: AdvertisementHandle,
    /// The daemon it was registered with.
    daemon: String,
}

impl Keeper {
    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Order>,
        failures: mpsc::UnboundedSender<RadioError>,
    ) {
        let mut check = tokio::time::interval(self.settings.check_every);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut interrupted_at = None;
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some(order) = order else {
                        // Nobody is left to hear of a failure.
                        let _ = self.silence().await;
                        return;
                    };
                    interrupted_at = None;
                    let result = self.obey(order.advert).await;
                    // An error means that the caller no longer waits.
                    let _ = order.done.send(result);
                }
                _ = check.tick(), if self.wanted.is_some() => {
                    let Err(error) = self.keep().await else {
                        interrupted_at = None;
                        continue;
                    };
                    let since = *interrupted_at.get_or_insert_with(Instant::now);
                    if since.elapsed() >= self.settings.recover_within {
                        self.wanted = None;
                        // An error means that the advertiser is gone.
                        let _ = failures.send(error);
                    }
                }
            }
        }
    }

    async fn obey(&mut self, advert: Option<Advert>) -> Result<(), RadioError> {
        // A changed payload is a new registration: BlueZ does not read an advert twice.
        let silenced = self.silence().await;
        let Some(advert) = advert else { return silenced };
        // If it matters that the earlier advert did not end, this one says so.
        self.register(advert).await?;
        self.wanted = Some(advert);
        Ok(())
    }

    /// Takes the advert off the air and waits until it is gone. Dropping the handle only begins
    /// that: a program which ends at once would leave it to the daemon to notice.
    async fn silence(&mut self) -> Result<(), RadioError> {
        self.wanted = None;
        let (Some(on_air), Some(bluez)) = (self.on_air.take(), &self.bluez) else { return Ok(()) };
        let ended = bluez.end(on_air).await;
        match self.check(ended) {
            Err(RadioError::NoAnswer) => Err(RadioError::NoAnswer),
            // Without bus, daemon or an adapter which is on, nothing is on the air.
            _ => Ok(()),
        }
    }

    /// Looks whether the advert is still there and registers it again if not.
    async fn keep(&mut self) -> Result<(), RadioError> {
        let Some(advert) = self.wanted else { return Ok(()) };
        match self.verify().await {
            Ok(()) => Ok(()),
            Err(trouble) => {
                self.on_air = None;
                if let Trouble::Failed(error) = trouble {
                    return Err(error);
                }
                self.register(advert).await
            }
        }
    }

    async fn verify(&mut self) -> Result<(), Trouble> {
        let sight = self.bluez().await?.daemon.look().await;
        let sight = self.check(sight)?;
        match &self.on_air {
            Some(on_air) if on_air.daemon == sight.daemon && sight.adverts > 0 => Ok(()),
            _ => Err(Trouble::Interrupted),
        }
    }

    async fn register(&mut self, advert: Advert) -> Result<(), RadioError> {
        let registered = self.bluez().await?.register(&advert).await;
        match self.check(registered)? {
            Ok(on_air) => {
                self.on_air = Some(on_air);
                Ok(())
            }
            Err(error) => Err(self.explain(&error).await),
        }
    }

    /// Says why BlueZ refused: its own words are often less than what a look shows.
    async fn explain(&mut self, error: &bluer::Error) -> RadioError {
        if error.kind == ErrorKind::NotPermitted {
            return RadioError::NoFreeSlot;
        }
        let look = match self.bluez().await {
            Ok(bluez) => bluez.daemon.look().await.map(drop),
            Err(error) => Err(error),
        };
        let refused = || RadioError::Refused { action: "advertise", reason: error.to_string() };
        look.err().unwrap_or_else(refused)
    }

    async fn bluez(&mut self) -> Result<&Bluez, RadioError> {
        let bluez = match self.bluez.take() {
            Some(bluez) => bluez,
            None => Bluez::connect(self.settings).await?,
        };
        Ok(self.bluez.insert(bluez))
    }

    /// Passes a result on, after leaving connections that are of no more use. This also ends a
    /// registration that a mute daemon might still carry out.
    fn check<T>(&mut self, result: Result<T, RadioError>) -> Result<T, RadioError> {
        if matches!(result, Err(RadioError::NoBus { .. } | RadioError::NoAnswer)) {
            self.on_air = None;
            self.bluez = None;
        }
        result
    }
}

impl Bluez {
    async fn connect(settings: BluetoothSettings) -> Result<Self, RadioError> {
        let daemon = Daemon::connect(settings).await?;
        let no_bus = |error: bluer::Error| RadioError::NoBus { reason: error.to_string() };
        let session = daemon.answer(bluer::Session::new()).await?.map_err(no_bus)?;
        // BlueZ reads an advert by calling back, and bluer swallows such calls until a task that it
        // has only just begun has had its first turn. On a single thread, every task that was begun
        // before has one before this returns.
        tokio::task::yield_now().await;
        Ok(Self { daemon, session })
    }

    /// The outer error is ours, the inner one what BlueZ says.
    async fn register(&self, advert: &Advert) -> Result<bluer::Result<OnAir>, RadioError> {
        let sight = self.daemon.look().await?;
        let register = async {
            let adapter = self.session.adapter(&sight.adapter)?;
            adapter.advertise(advertisement(advert)).await
        };
        let registered = self.daemon.answer(register).await?;
        Ok(registered.map(|handle| OnAir { _handle: handle, daemon: sight.daemon }))
    }

    /// Ends an advert and waits until BlueZ counts one less.
    async fn end(&self, on_air: OnAir) -> Result<(), RadioError> {
        let before = self.daemon.look().await?;
        drop(on_air);
        let gone = async {
            loop {
                let now = self.daemon.look().await?;
                if now.daemon != before.daemon || now.adverts < before.adverts {
                    return Ok(());
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        self.daemon.answer(gone).await?
    }
}

/// UUID list (4 bytes) and service data (24): with three of flags exactly the 31 bytes of legacy
/// advertising. A broadcast has no flags and asks for no connection, which nobody could use.
fn advertisement(advert: &Advert) -> Advertisement {
    Advertisement {
        advertisement_type: Type::Broadcast,
        service_uuids: BTreeSet::from([SERVICE]),
        service_data: BTreeMap::from([(SERVICE, advert.0.to_vec())]),
        ..Advertisement::default()
    }
}
