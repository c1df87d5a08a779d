//! The loop that both roles share.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::session::{Input, Output, Session};
use wardkey_core::hybrid::{Error, Stage};

use crate::events::{Detail, Event};
use crate::tunnel::TunnelOrder;

/// How long radio and tunnel may take to come to rest after the session has finished.
const REST: Duration = Duration::from_secs(6);

/// A ceremony that ended without its purpose: what the session says, and the story behind it.
///
/// ```
/// use wardkey_core::hybrid::Blame;
/// use wardkey_driver::{Detail, DriveError, TunnelError};
/// # use tokio_util::sync::CancellationToken;
/// # use wardkey_core::hybrid::{qr::RequestType, session::{PhoneConfig, WorkstationConfig, WorkstationRequest}};
/// # use wardkey_driver::{CtapHandler, Phone, PhonePorts, TunnelAccess, Workstation, radio::loopback::Loopback};
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
/// # let nobody = tokio::net::TcpSocket::new_v4()?;
/// # nobody.bind("127.0.0.1:0".parse()?)?;
/// # let nobody_listens = nobody.local_addr()?.to_string();
/// # let access = TunnelAccess::new()?.connecting_to(nobody_listens.parse()?);
/// # let ports = PhonePorts {
/// #     access: &access,
/// #     radio: &mut Loopback::new().advertiser(),
/// #     handler: &mut Nobody,
/// #     cancel: &CancellationToken::new(),
/// #     on_stage: &mut |_| (),
/// # };
/// let DriveError { error, detail } = phone.run(ports).await.unwrap_err();
/// assert_eq!(error.blame(), Blame::Network);
/// assert!(error.remedy().starts_with("Check the Internet connection"));
/// let Some(Detail::Tunnel(TunnelError::Unreachable { source, .. })) = detail else {
///     panic!("not what the tunnel said: {detail:?}")
/// };
/// assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DriveError {
    /// Who is at fault, at which stage, and the remedy.
    pub error: Error,
    /// What the tunnel or the radio said, if that is what failed.
    pub detail: Option<Detail>,
}

impl std::fmt::Display for DriveError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(formatter)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(formatter, ": {detail}"))
    }
}

impl std::error::Error for DriveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// The time of a session: since it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }

    async fn wait_until(self, time: Option<Duration>) {
        match time.and_then(|time| self.0.checked_add(time)) {
            Some(instant) => tokio::time::sleep_until(instant).await,
            None => std::future::pending().await,
        }
    }
}

/// Where a session's outputs go, apart from the tunnel's.
pub(crate) trait Ports {
    /// Does what the output says; the tunnel's, stages and the end never come here.
    fn dispatch(&mut self, output: Output);
}

/// The session's half of a driver.
pub(crate) struct Drive<'a, P> {
    pub(crate) session: &'a mut (dyn Session + Send),
    pub(crate) clock: Clock,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) on_stage: &'a mut (dyn FnMut(Stage) + Send),
    pub(crate) tunnel: mpsc::UnboundedSender<TunnelOrder>,
    pub(crate) ports: P,
}

impl<P: Ports> Drive<'_, P> {
    /// Drives the session to its end beside `workers`, which rest when they can get no more
    /// orders, and lets them come to rest.
    pub(crate) async fn beside(self, workers: impl Future<Output = ()>) -> Result<(), DriveError> {
        let mut workers = std::pin::pin!(workers);
        let mut session = std::pin::pin!(self.run());
        tokio::select! {
            result = &mut session => {
                if tokio::time::timeout(REST, workers).await.is_err() {
                    tracing::warn!("radio or tunnel did not come to rest in time");
                }
                result
            }
            // They outlive the session, which holds their orders; were it otherwise, the deadlines
            // still end it.
            () = &mut workers => session.await,
        }
    }

    async fn run(mut self) -> Result<(), DriveError> {
        let mut cancelled = false;
        let mut detail = None;
        loop {
            if let Some(result) = self.drain() {
                return result.map_err(|error| DriveError { error, detail });
            }
            let event = tokio::select! {
                biased;
                () = self.cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    Event::from(Input::Cancel)
                }
                Some(event) = self.events.recv() => event,
                () = self.clock.wait_until(self.session.poll_timeout()) => {
                    Event::from(Input::Timeout)
                }
            };
            self.session.handle(self.clock.now(), event.input);
            // If the session finishes now, this event is why.
            detail = event.detail;
        }
    }

    fn drain(&mut self) -> Option<Result<(), Error>> {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Finished(result) => return Some(result),
                Output::Stage(stage) => (self.on_stage)(stage),
                Output::Connect(request) => self.order(TunnelOrder::Connect(request)),
                Output::Send(message) => self.order(TunnelOrder::Send(message)),
                Output::Close => self.order(TunnelOrder::Close),
                other => self.ports.dispatch(other),
            }
        }
        None
    }

    fn order(&self, order: TunnelOrder) {
        // An error means that the tunnel's part is gone, which its deadline makes good.
        let _ = self.tunnel.send(order);
    }
}
