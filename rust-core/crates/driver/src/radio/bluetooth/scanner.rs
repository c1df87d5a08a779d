//! The workstation's half, on btleplug.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Instant;

use btleplug::api::{Central, CentralEvent, CentralState, Manager as _, Peripheral, ScanFilter};
use btleplug::platform::{Adapter, Manager};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::daemon::{Daemon, Sight};
use super::{BluetoothSettings, LEGACY_SERVICE, SERVICE, Trouble};
use crate::radio::{Advert, RadioError, Scanner};

/// Adverts heard and not yet asked for. More are dropped: phones repeat them.
const QUEUE: usize = 32;

/// A workstation's radio on Bluetooth.
///
/// A task of its own scans, so that no advert is lost between two questions.
///
/// ```no_run
/// use std::time::Duration;
/// use wardkey_driver::radio::bluetooth::{BluetoothScanner, BluetoothSettings};
/// use wardkey_driver::radio::Scanner;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let patient = BluetoothSettings { recover_within: Duration::from_mins(1), ..Default::default() };
/// let mut radio = BluetoothScanner::new(patient);
/// match radio.next_advert().await {
///     Ok(advert) => println!("heard {advert}"),
///     Err(error) => println!("{error}: {}", error.remedy()),
/// }
/// radio.stop().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BluetoothScanner {
    settings: BluetoothSettings,
    scan: Option<Scan>,
    /// Connections of an ended scan, for the next one: btleplug never closes its own.
    bluez: Option<Bluez>,
}

#[derive(Debug)]
struct Scan {
    adverts: mpsc::Receiver<Result<Advert, RadioError>>,
    task: JoinHandle<Option<Bluez>>,
    stop: DropGuard,
}

impl BluetoothScanner {
    /// Makes a radio. Bluetooth is not touched before it is used.
    pub fn new(settings: BluetoothSettings) -> Self {
        Self { settings, scan: None, bluez: None }
    }

    fn start(&mut self) -> Scan {
        let (sender, adverts) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let scanning = Scanning {
            settings: self.settings,
            bluez: self.bluez.take(),
            stop: stop.clone(),
            adverts: sender,
            heard: None,
        };
        Scan { adverts, task: tokio::spawn(scanning.run()), stop: stop.drop_guard() }
    }

    async fn end_scan(&mut self) {
        if let Some(scan) = &mut self.scan {
            scan.stop.token().cancel();
            // An error means that the task panicked: then there is nothing to keep.
            self.bluez = (&mut scan.task).await.unwrap_or_default();
            self.scan = None;
        }
    }
}

impl Scanner for BluetoothScanner {
    fn next_advert(&mut self) -> BoxFuture<'_, Result<Advert, RadioError>> {
        async move {
            let scan = self.scan.take().unwrap_or_else(|| self.start());
            let scan = self.scan.insert(scan);
            match scan.adverts.recv().await {
                Some(Ok(advert)) => Ok(advert),
                Some(Err(error)) => {
                    self.end_scan().await;
                    Err(error)
                }
                None => {
                    self.end_scan().await;
                    Err(RadioError::NoAnswer)
                }
            }
        }
        .boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        async move {
            self.end_scan().await;
            Ok(())
        }
        .boxed()
    }
}

/// Connections to the system bus: ours to look, btleplug's to act.
#[derive(Debug)]
struct Bluez {
    daemon: Daemon,
    manager: Manager,
}

/// A scan in progress.
struct Scanning {
    settings: BluetoothSettings,
    bluez: Option<Bluez>,
    stop: CancellationToken,
    adverts: mpsc::Sender<Result<Advert, RadioError>>,
    /// When BlueZ was last seen to scan; none before the first time.
    heard: Option<Instant>,
}

/// The events of an adapter.
struct Events {
    /// There until the end.
    stream: Option<Pin<Box<dyn Stream<Item = CentralEvent> + Send>>>,
    lost: CancellationToken,
}

impl Events {
    async fn next(&mut self) -> Option<CentralEvent> {
        self.stream.as_mut()?.next().await
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        if self.lost.is_cancelled() {
            // When dropped, the stream says goodbye to the bus, and panics if that is gone.
            std::mem::forget(self.stream.take());
        }
    }
}

impl Scanning {
    /// Scans until told to stop; gives the connections back.
    async fn run(mut self) -> Option<Bluez> {
        let stop = self.stop.clone();
        while let Err(trouble) = self.scan().await {
            if let Trouble::Failed(error) = trouble {
                if matches!(error, RadioError::NoBus { .. } | RadioError::NoAnswer) {
                    self.bluez = None;
                }
                // A scan that never began cannot be interrupted: the person must know at once.
                let since = self.heard.map(|heard| heard.elapsed());
                if since.is_none_or(|since| since >= self.settings.recover_within) {
                    // Either the scanner is gone, or it takes this as the last word.
                    let _ = self.adverts.send(Err(error)).await;
                    break;
                }
            }
            let pause = tokio::time::sleep(self.settings.check_every);
            if stop.run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
        self.bluez
    }

    /// Scans until told to stop, which is success, or until something is wrong.
    async fn scan(&mut self) -> Result<(), Trouble> {
        let settings = self.settings;
        let bluez = match self.bluez.take() {
            Some(bluez) => bluez,
            None => Bluez::connect(settings).await?,
        };
        let scanned = self.scan_with(&bluez).await;
        self.bluez = Some(bluez);
        scanned
    }

    async fn scan_with(&mut self, bluez: &Bluez) -> Result<(), Trouble> {
        let sight = bluez.daemon.look().await?;
        let adapter = bluez.powered_adapter().await?;
        let mut events = bluez.start(&adapter).await?;
        let listened = self.listen(bluez, &sight, &adapter, &mut events).await;
        // Whatever the service says to that, this scan is over.
        let _ = bluez.daemon.answer(adapter.stop_scan()).await;
        listened
    }

    async fn listen(
        &mut self,
        bluez: &Bluez,
        sight: &Sight,
        adapter: &Adapter,
        events: &mut Events,
    ) -> Result<(), Trouble> {
        let settings = self.settings;
        self.heard = Some(Instant::now());
        // Not at once: BlueZ reports a scan a little after it has begun.
        let first_check = tokio::time::Instant::now() + settings.check_every;
        let mut check = tokio::time::interval_at(first_check, settings.check_every);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(()),
                _ = check.tick() => {
                    bluez.verify_scan(sight).await?;
                    self.heard = Some(Instant::now());
                }
                event = events.next() => match event {
                    None | Some(CentralEvent::StateUpdate(CentralState::PoweredOff)) => {
                        return Err(Trouble::Interrupted);
                    }
                    Some(event) => {
                        if let Some(advert) = bluez.daemon.answer(read(adapter, event)).await? {
                            // An error means a full queue.
                            let _ = self.adverts.try_send(Ok(advert));
                        }
                    }
                },
            }
        }
    }
}

impl Bluez {
    async fn connect(settings: BluetoothSettings) -> Result<Self, RadioError> {
        let daemon = Daemon::connect(settings).await?;
        let no_bus = |error: btleplug::Error| RadioError::NoBus { reason: error.to_string() };
        let manager = daemon.answer(Manager::new()).await?.map_err(no_bus)?;
        Ok(Self { daemon, manager })
    }

    /// Looks whether the scan still runs.
    async fn verify_scan(&self, sight: &Sight) -> Result<(), Trouble> {
        let now = self.daemon.look().await?;
        if now.daemon == sight.daemon && now.discovering {
            return Ok(());
        }
        Err(Trouble::Interrupted)
    }

    /// The first adapter which is on. btleplug would switch on one which is off.
    async fn powered_adapter(&self) -> Result<Adapter, RadioError> {
        let adapters = self.daemon.answer(self.manager.adapters()).await?.map_err(refused)?;
        for adapter in adapters {
            let state = self.daemon.answer(adapter.adapter_state()).await?;
            if matches!(state, Ok(CentralState::PoweredOn)) {
                return Ok(adapter);
            }
        }
        // Between the look and the question the adapter went: another look says where.
        Err(self.daemon.look().await.err().unwrap_or(RadioError::NoAdapter))
    }

    async fn start(&self, adapter: &Adapter) -> Result<Events, RadioError> {
        let events = self.daemon.answer(adapter.events()).await?.map_err(refused)?;
        let events = Events { stream: Some(events), lost: self.daemon.lost() };
        // No filter: BlueZ compares UUID filters with UUID lists, never with service data.
        match self.daemon.answer(adapter.start_scan(ScanFilter::default())).await? {
            Ok(()) => Ok(events),
            // BlueZ's own words are often less than what a look shows.
            Err(error) => Err(self.daemon.look().await.err().unwrap_or_else(|| refused(error))),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn refused(error: btleplug::Error) -> RadioError {
    RadioError::Refused { action: "scan", reason: error.to_string() }
}

/// The advert in an event, if there is one.
///
/// The first sighting of a phone is a discovery without data: whoever waits for its data event
/// waits for the next packet. So the data is read from the device then.
async fn read(adapter: &Adapter, event: CentralEvent) -> Option<Advert> {
    let service_data = match event {
        CentralEvent::ServiceDataAdvertisement { service_data, .. } => service_data,
        CentralEvent::DeviceDiscovered(id) | CentralEvent::DeviceUpdated(id) => {
            let device = adapter.peripheral(&id).await.ok()?;
            device.properties().await.ok()??.service_data
        }
        _ => return None,
    };
    find(&service_data)
}

fn find(service_data: &HashMap<Uuid, Vec<u8>>) -> Option<Advert> {
    [SERVICE, LEGACY_SERVICE]
        .iter()
        .filter_map(|service| service_data.get(service))
        .find_map(|data| Advert::from_service_data(data))
}
