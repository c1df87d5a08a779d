//! The phone's side: a scanned code, a radio that advertises, an authenticator.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::Stage;
use wardkey_core::hybrid::eid::Advert;
use wardkey_core::hybrid::qr::QrCode;
use wardkey_core::hybrid::session::{Output, PhoneConfig, PhoneRandomness, PhoneSession};

use crate::beacon;
use crate::drive::{Clock, Drive, DriveError, Ports};
use crate::events::Events;
use crate::handler::{self, CtapHandler, HandlerOrder};
use crate::radio::Advertiser;
use crate::random::{RandomError, draw};
use crate::tunnel::{TunnelAccess, relay};

/// A phone's ceremony for one code. What [`run`](Self::run) takes is at [`PhonePorts`].
///
/// ```
/// use wardkey_core::hybrid::{qr::QrCode, session::PhoneConfig};
/// use wardkey_driver::Phone;
/// # use wardkey_core::hybrid::{qr::RequestType, session::{WorkstationConfig, WorkstationRequest}};
/// # let command = vec![0x02, 0xa0];
/// # let request = WorkstationRequest { command, request_type: RequestType::GetAssertion };
/// # let workstation = wardkey_driver::Workstation::new(request, WorkstationConfig::default())?;
/// # let scanned = workstation.qr().to_text();
///
/// let code = QrCode::parse(&scanned)?;
/// let get_info = vec![0xa0];
/// let phone = Phone::new(code, PhoneConfig::new(get_info))?;
/// # drop(phone);
/// assert!(QrCode::parse("https://www.example.org").is_err(), "of something else");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Phone {
    session: PhoneSession,
    clock: Clock,
}

/// What a phone's ceremony works with.
///
/// ```
/// use tokio_util::sync::CancellationToken;
/// use wardkey_core::hybrid::Cause;
/// use wardkey_driver::{PhonePorts, TunnelAccess, radio::loopback::Loopback};
/// # use wardkey_core::hybrid::{qr::RequestType, session::{PhoneConfig, WorkstationConfig, WorkstationRequest}};
/// # use wardkey_driver::{CtapHandler, Phone, Workstation};
/// # struct Nobody;
/// # impl CtapHandler for Nobody {
/// #     fn handle(&mut self, _: Vec<u8>) -> futures_util::future::BoxFuture<'_, Vec<u8>> {
/// #         Box::pin(std::future::pending())
/// #     }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let command = vec![0x02, 0xa0];
/// # let request = WorkstationRequest { command, request_type: RequestType::GetAssertion };
/// # let code = Workstation::new(request, WorkstationConfig::default())?.qr().clone();
/// # let phone = Phone::new(code, PhoneConfig::new(vec![0xa0]))?;
/// # let mut handler = Nobody;
/// let cancel = CancellationToken::new();
/// let ports = PhonePorts {
///     access: &TunnelAccess::new()?.connecting_to("localhost:8443".parse()?),
///     radio: &mut Loopback::new().advertiser(),
///     handler: &mut handler,
///     cancel: &cancel,
///     on_stage: &mut |stage| println!("{stage}"),
/// };
/// cancel.cancel();
/// let ended = phone.run(ports).await.unwrap_err();
/// assert_eq!(ended.error.cause, Cause::Cancelled);
/// # Ok(())
/// # }
/// ```
pub struct PhonePorts<'a> {
    /// The way to the tunnel service.
    pub access: &'a TunnelAccess,
    /// The radio that tells the workstation where to meet.
    pub radio: &'a mut dyn Advertiser,
    /// The authenticator that answers the workstation's commands.
    pub handler: &'a mut dyn CtapHandler,
    /// Calls the ceremony off.
    pub cancel: &'a CancellationToken,
    /// Told each stage as it begins.
    pub on_stage: &'a mut (dyn FnMut(Stage) + Send),
}

impl Phone {
    /// Begins a ceremony. Its first deadline runs from now, so call [`run`](Self::run) at once.
    pub fn new(code: QrCode, config: PhoneConfig) -> Result<Self, RandomError> {
        let randomness =
            draw(|random| Ok(PhoneRandomness::new(random.bytes()?, random.bytes()?).ok()))?;
        let clock = Clock::start();
        Ok(Self { session: PhoneSession::new(code, randomness, clock.now(), config), clock })
    }

    /// Runs the ceremony to its end.
    ///
    /// On return nothing is on the air and the tunnel is closed. So it is when the future is
    /// dropped, only less politely: the tunnel breaks off instead of saying goodbye.
    pub async fn run(mut self, ports: PhonePorts<'_>) -> Result<(), DriveError> {
        let PhonePorts { access, radio, handler, cancel, on_stage } = ports;
        let (events, inbox) = Events::channel();
        let (tunnel, tunnel_orders) = mpsc::unbounded_channel();
        let (adverts, advert_orders) = mpsc::unbounded_channel();
        let (requests, request_orders) = mpsc::unbounded_channel();
        let drive = Drive {
            session: &mut self.session,
            clock: self.clock,
            events: inbox,
            cancel,
            on_stage,
            tunnel,
            ports: PhoneOrders { adverts, requests },
        };
        // On the heap: a connection's buffers are large.
        let workers = Box::pin(async {
            tokio::join!(
                relay(access, tunnel_orders, events.clone()),
                beacon::advertise(radio, advert_orders, events.clone()),
                handler::answer(handler, request_orders, events.clone()),
            );
        });
        drive.beside(workers).await
    }
}

/// The ways to a phone's radio and authenticator. Errors mean that they are gone, which the
/// session's deadlines make good.
struct PhoneOrders {
    adverts: mpsc::UnboundedSender<Option<Advert>>,
    requests: mpsc::UnboundedSender<HandlerOrder>,
}

impl Ports for PhoneOrders {
    fn dispatch(&mut self, output: Output) {
        match output {
            Output::Advertise(advert) => drop(self.adverts.send(Some(advert))),
            Output::StopAdvertising => drop(self.adverts.send(None)),
            Output::Request(command) => drop(self.requests.send(HandlerOrder::Handle(command))),
            Output::CancelRequest => drop(self.requests.send(HandlerOrder::Cancel)),
            other => tracing::error!(?other, "a phone's session asked for what is not a phone's"),
        }
    }
}
