//! The task that holds `org.bluez` on a bus.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{broadcast, mpsc, oneshot};
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, OwnedVariant};

use crate::adapter::Power;
use crate::advertiser::{self, ADVERTISEMENT, AdvertKey};
use crate::air::Packet;
use crate::bluez::Bluez;
use crate::calls::{self, Next};
use crate::events::Activity;
use crate::faults::{ErrorName, Faults};
use crate::objects::PROPERTIES;

const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

/// How long BlueZ waits for a client to show its advertisement object.
const ADVERTISEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the machine's handle may ask for.
#[derive(Debug)]
pub(crate) enum Order {
    Faults(Faults),
    Power(Power),
    Present(bool),
}

/// What reaches the task from inside the program.
#[derive(Debug)]
pub(crate) enum Command {
    /// Do this, then confirm.
    Order(Order, oneshot::Sender<()>),
    /// An advertisement object was read from its owner.
    AdvertisementRead {
        call: Message,
        key: AdvertKey,
        properties: Option<HashMap<String, OwnedVariant>>,
    },
}

/// One BlueZ on one bus.
pub(crate) struct Service {
    bluez: Bluez,
    connection: Connection,
    messages: MessageStream,
    commands: mpsc::UnboundedReceiver<Command>,
    // Weak, or the task would keep itself alive after the machine is gone.
    to_self: mpsc::WeakUnboundedSender<Command>,
    packets: broadcast::Receiver<Packet>,
}

impl Service {
    /// Connects to the bus and takes the name `org.bluez`.
    pub(crate) async fn connect(
        address: &str,
        bluez: Bluez,
        commands: mpsc::UnboundedReceiver<Command>,
        to_self: mpsc::WeakUnboundedSender<Command>,
    ) -> zbus::Result<Self> {
        let connection = zbus::connection::Builder::address(address).build().await?;
        let messages = MessageStream::from(&connection);
        let packets = bluez.air.listen();
        let rule = format!("type='signal',sender='{BUS}',member='NameOwnerChanged'");
        connection.call_method(Some(BUS), BUS_PATH, Some(BUS), "AddMatch", &rule).await?;
        connection.request_name("org.bluez").await?;
        Ok(Self { bluez, connection, messages, commands, to_self, packets })
    }

    /// The connection, to break it from outside.
    pub(crate) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// Serves until the machine's handle or the bus is gone.
    pub(crate) async fn run(mut self) {
        while self.step().await.is_ok() {}
        self.bluez.reporter.activity(Activity::default());
    }

    async fn step(&mut self) -> Result<(), Ended> {
        let mut confirm = None;
        let handled = tokio::select! {
            message = self.messages.next() => match message {
                Some(Ok(message)) => self.handle_message(&message),
                _ => return Err(Ended),
            },
            command = self.commands.recv() => match command {
                Some(Command::Order(order, done)) => {
                    confirm = Some(done);
                    self.handle_order(&order)
                }
                Some(Command::AdvertisementRead { call, key, properties }) => {
                    self.advertise(&call, key, properties)
                }
                None => return Err(Ended),
            },
            packet = self.packets.recv() => match packet {
                Ok(packet) => self.bluez.hear(&packet),
                // A radio that is too busy misses packets.
                Err(_) => Ok(()),
            },
        };
        if let Err(error) = handled {
            eprintln!("bluez-standin: {error}");
        }
        for message in self.bluez.objects.take_outbox() {
            self.connection.send(&message).await.map_err(|_| Ended)?;
        }
        self.bluez.report_activity();
        if let Some(done) = confirm {
            // An error means that the caller no longer waits.
            let _ = done.send(());
        }
        Ok(())
    }

    fn handle_order(&mut self, order: &Order) -> zbus::Result<()> {
        match *order {
            Order::Faults(faults) => self.bluez.set_faults(faults),
            Order::Power(power) => self.bluez.set_power(power),
            Order::Present(present) => self.bluez.set_present(present),
        }
    }

    fn handle_message(&mut self, message: &Message) -> zbus::Result<()> {
        match message.message_type() {
            Type::MethodCall => self.handle_call(message),
            Type::Signal => self.handle_signal(message),
            _ => Ok(()),
        }
    }

    fn handle_call(&mut self, message: &Message) -> zbus::Result<()> {
        match calls::handle(&mut self.bluez, message) {
            Ok(Next::Done) => Ok(()),
            Ok(Next::ReadAdvertisement(key)) => {
                self.read_advertisement(message.clone(), key);
                Ok(())
            }
            Err(error) => self.bluez.objects.refuse(
                &message.header(),
                ErrorName::InvalidArguments,
                &error.to_string(),
            ),
        }
    }

    fn handle_signal(&mut self, message: &Message) -> zbus::Result<()> {
        let header = message.header();
        if header.member().is_none_or(|name| *name != "NameOwnerChanged") {
            return Ok(());
        }
        let body = message.body();
        let (name, _, new_owner): (&str, &str, &str) = body.deserialize()?;
        if new_owner.is_empty() {
            return self.bluez.client_left(name);
        }
        Ok(())
    }

    /// Reads the object beside the loop: its owner may be slow, or answer other calls first.
    fn read_advertisement(&self, call: Message, key: AdvertKey) {
        let (connection, to_self) = (self.connection.clone(), self.to_self.clone());
        tokio::spawn(async move {
            let (client, path) = (Some(key.client.as_str()), key.path.as_str());
            let read =
                connection.call_method(client, path, Some(PROPERTIES), "GetAll", &ADVERTISEMENT);
            let properties = match tokio::time::timeout(ADVERTISEMENT_TIMEOUT, read).await {
                Ok(Ok(reply)) => reply.body().deserialize().ok(),
                _ => None,
            };
            if let Some(service) = to_self.upgrade() {
                // An error means that the service ended meanwhile.
                let _ = service.send(Command::AdvertisementRead { call, key, properties });
            }
        });
    }

    fn advertise(
        &mut self,
        call: &Message,
        key: AdvertKey,
        properties: Option<HashMap<String, OwnedVariant>>,
    ) -> zbus::Result<()> {
        let header = call.header();
        let address = self.bluez.air.new_address();
        let Some(properties) = properties else {
            let text = "Failed to register advertisement";
            return self.bluez.objects.refuse(&header, ErrorName::Failed, text);
        };
        match advertiser::parse(&properties, address) {
            Ok(advert) => {
                self.bluez.objects.reply(&header, &())?;
                self.bluez.advertise(key, advert)
            }
            Err(unfit) => self.bluez.objects.refuse(&header, ErrorName::Failed, &unfit.to_string()),
        }
    }
}

/// The machine's handle or the bus is gone.
struct Ended;
