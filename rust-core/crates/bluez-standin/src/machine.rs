//! A machine: a private bus with a BlueZ on it.

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use zbus::Connection;

use crate::adapter::Power;
use crate::air::{Air, MachineId};
use crate::bluez::Bluez;
use crate::bus::{Bus, BusError};
use crate::events::{Activity, Event, Reporter};
use crate::faults::Faults;
use crate::service::{Command, Order, Service};

/// A machine with Bluetooth. Dropping it ends its bus.
///
/// `DBUS_SYSTEM_BUS_ADDRESS` leads Bluetooth code to it. libdbus reads that variable once in the
/// life of a process, so code under test runs in a child process for each machine.
///
/// ```no_run
/// # async fn example() -> Result<(), wardkey_bluez_standin::Error> {
/// use wardkey_bluez_standin::{Advert, Air, Machine};
///
/// let air = Air::new();
/// let machine = Machine::start(&air).await?;
/// // … start a child with DBUS_SYSTEM_BUS_ADDRESS = machine.bus_address() …
/// let mut activity = machine.activity();
/// let scanning = activity.wait_for(|now| now.scanners == 1).await;
/// assert!(scanning.is_ok());
/// drop(scanning);
/// air.transmit(Advert::of_service("5A:00:00:00:00:07", 0xfff9, &[7; 20]));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Machine {
    // Before the bus, so that it is dropped first.
    bluez: Option<Running>,
    bus: Bus,
    air: Air,
    id: MachineId,
    reporter: Reporter,
}

/// The daemon's task and the way to it.
#[derive(Debug)]
struct Running {
    task: JoinHandle<()>,
    connection: Connection,
    commands: mpsc::UnboundedSender<Command>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why the stand-in cannot do what was asked.
///
/// ```
/// use wardkey_bluez_standin::{Air, Error, Machine};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut machine = Machine::start(&Air::new()).await?;
/// machine.set_powered(false).await?;
/// machine.stop_bluez().await;
/// let error = machine.set_powered(true).await.unwrap_err();
/// assert!(matches!(error, Error::NotRunning));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The private bus did not start.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The bus runs but does not serve the stand-in.
    #[error("the private bus refuses the stand-in: {0}")]
    Service(#[from] zbus::Error),
    /// The daemon is not running: stopped, or its bus ended.
    #[error("the stand-in's BlueZ is not running")]
    NotRunning,
}

impl Machine {
    /// Starts a bus and a BlueZ with one adapter which is on.
    pub async fn start(air: &Air) -> Result<Self, Error> {
        let mut machine = Self::start_without_bluez(air).await?;
        machine.start_bluez().await?;
        Ok(machine)
    }

    /// Starts a bus with no BlueZ on it.
    pub async fn start_without_bluez(air: &Air) -> Result<Self, Error> {
        Ok(Self::on(Bus::start().await?, air))
    }

    /// Starts a BlueZ that its users may not speak to.
    ///
    /// ```
    /// use wardkey_bluez_standin::{Air, Machine};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut machine = Machine::start_guarded(&Air::new()).await?;
    /// # let client = zbus::connection::Builder::address(machine.bus_address()).build().await?;
    /// # let (name, adapter) = (Some("org.bluez"), Some("org.bluez.Adapter1"));
    /// # let scan = || client.call_method(name, "/org/bluez/hci0", adapter, "StartDiscovery", &());
    /// // `scan` is what a client under test does.
    /// assert!(scan().await.is_err());
    /// machine.end_bus()?;
    /// assert!(scan().await.is_err(), "and now there is nobody to say so");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_guarded(air: &Air) -> Result<Self, Error> {
        let mut machine = Self::on(Bus::start_guarded().await?, air);
        machine.start_bluez().await?;
        Ok(machine)
    }

    fn on(bus: Bus, air: &Air) -> Self {
        let (air, id) = (air.clone(), air.new_machine());
        Self { bluez: None, bus, air, id, reporter: Reporter::new() }
    }

    /// Starts BlueZ, or starts it anew: nothing of an earlier one remains.
    ///
    /// ```
    /// use wardkey_bluez_standin::{Air, Machine};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut machine = Machine::start_without_bluez(&Air::new()).await?;
    /// # let client = zbus::connection::Builder::address(machine.bus_address()).build().await?;
    /// # let (name, adapter) = (Some("org.bluez"), Some("org.bluez.Adapter1"));
    /// # let scan = || client.call_method(name, "/org/bluez/hci0", adapter, "StartDiscovery", &());
    /// // `scan` is what a client under test does.
    /// assert!(scan().await.is_err(), "nobody has that name on the bus");
    /// machine.start_bluez().await?;
    /// assert!(scan().await.is_ok());
    /// machine.set_adapter_present(false).await?;
    /// assert!(scan().await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_bluez(&mut self) -> Result<(), Error> {
        self.stop_bluez().await;
        let (commands, inbox) = mpsc::unbounded_channel();
        let bluez = Bluez::new(self.air.clone(), self.id, self.reporter.clone())?;
        let service =
            Service::connect(self.bus.address(), bluez, inbox, commands.downgrade()).await?;
        self.bluez = Some(Running {
            connection: service.connection(),
            task: tokio::spawn(service.run()),
            commands,
        });
        Ok(())
    }

    /// Ends BlueZ as a crash would; the bus stays.
    pub async fn stop_bluez(&mut self) {
        if let Some(mut running) = self.bluez.take() {
            // Errors mean that it ended already. Waiting frees the name before a successor asks.
            let _ = running.connection.clone().close().await;
            let _ = (&mut running.task).await;
        }
    }

    /// Ends the bus as a crash would: every connection breaks.
    pub fn end_bus(&mut self) -> std::io::Result<()> {
        self.bus.end()
    }

    /// The value for `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn bus_address(&self) -> &str {
        self.bus.address()
    }

    /// Plays these faults from now on, in place of earlier ones.
    pub async fn faults(&self, faults: Faults) -> Result<(), Error> {
        self.order(Order::Faults(faults)).await
    }

    /// Switches the adapter on or off, as a user does in the settings.
    pub async fn set_powered(&self, on: bool) -> Result<(), Error> {
        let power = if on { Power::On } else { Power::Off };
        self.order(Order::Power(power)).await
    }

    /// Plugs the adapter in or out.
    pub async fn set_adapter_present(&self, present: bool) -> Result<(), Error> {
        self.order(Order::Present(present)).await
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.reporter.subscribe()
    }

    /// What the radio does now, and each change of it.
    pub fn activity(&self) -> watch::Receiver<Activity> {
        self.reporter.watch()
    }

    async fn order(&self, order: Order) -> Result<(), Error> {
        let running = self.bluez.as_ref().ok_or(Error::NotRunning)?;
        let (done, confirmed) = oneshot::channel();
        running.commands.send(Command::Order(order, done)).map_err(|_| Error::NotRunning)?;
        confirmed.await.map_err(|_| Error::NotRunning)
    }
}
