//! The workstation's side: a code on the screen, a radio that listens, one command.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::Stage;
use wardkey_core::hybrid::qr::QrCode;
use wardkey_core::hybrid::session::{
    Output, WorkstationConfig, WorkstationRandomness, WorkstationRequest, WorkstationSession,
};

use crate::beacon;
use crate::drive::{Clock, Drive, DriveError, Ports};
use crate::events::Events;
use crate::radio::Scanner;
use crate::random::{RandomError, draw};
use crate::tunnel::{TunnelAccess, relay};

/// A workstation's ceremony: one code, one command. What [`run`](Self::run) takes is at
/// [`WorkstationPorts`].
///
/// ```
/// use wardkey_core::hybrid::qr::RequestType;
/// use wardkey_core::hybrid::session::{WorkstationConfig, WorkstationRequest};
/// use wardkey_driver::Workstation;
///
/// let command = vec![0x02, 0xa0];
/// let request = WorkstationRequest { command, request_type: RequestType::GetAssertion };
/// let workstation = Workstation::new(request, WorkstationConfig::default())?;
/// let shown = workstation.qr().to_text();
/// assert!(shown.starts_with("FIDO:/"));
/// # Ok::<(), wardkey_driver::RandomError>(())
/// ```
#[derive(Debug)]
pub struct Workstation {
    session: WorkstationSession,
    clock: Clock,
}

/// What a workstation's ceremony works with.
///
/// ```
/// use tokio_util::sync::CancellationToken;
/// use wardkey_core::hybrid::{Cause, Stage};
/// use wardkey_driver::{TunnelAccess, WorkstationPorts, radio::loopback::Loopback};
/// # use wardkey_core::hybrid::{qr::RequestType, session::{WorkstationConfig, WorkstationRequest}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let command = vec![0x02, 0xa0];
/// # let request = WorkstationRequest { command, request_type: RequestType::GetAssertion };
/// # let workstation = wardkey_driver::Workstation::new(request, WorkstationConfig::default())?;
/// let cancel = CancellationToken::new();
/// let mut stages = Vec::new();
/// let ports = WorkstationPorts {
///     access: &TunnelAccess::new()?,
///     radio: &mut Loopback::new().scanner(),
///     cancel: &cancel,
///     on_stage: &mut |stage| {
///         stages.push(stage);
///         cancel.cancel();
///     },
/// };
/// let ended = workstation.run(ports).await.unwrap_err();
/// assert_eq!(ended.error.cause, Cause::Cancelled);
/// assert_eq!(stages, [Stage::ShowingCode]);
/// # Ok(())
/// # }
/// ```
pub struct WorkstationPorts<'a> {
    /// The way to the tunnel service.
    pub access: &'a TunnelAccess,
    /// The radio that listens for the phone.
    pub radio: &'a mut dyn Scanner,
    /// Calls the ceremony off.
    pub cancel: &'a CancellationToken,
    /// Told each stage as it begins.
    pub on_stage: &'a mut (dyn FnMut(Stage) + Send),
}

/// What the phone said.
///
/// ```
/// use wardkey_driver::PhoneAnswer;
///
/// let answer = PhoneAnswer { response: vec![0x2e], get_info: vec![0xa0] };
/// let Some((status, _cbor)) = answer.response.split_first() else { panic!("a status byte at least") };
/// assert_eq!(*status, 0x2e, "CTAP2_ERR_NO_CREDENTIALS");
/// assert_eq!(format!("{answer:?}"), "PhoneAnswer { status: Some(46), .. }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneAnswer {
    /// The answer to the command: status byte, then the response's CBOR.
    pub response: Vec<u8>,
    /// The getInfo map the phone introduced itself with, CBOR.
    pub get_info: Vec<u8>,
}

// The response may hold a user handle.
impl std::fmt::Debug for PhoneAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PhoneAnswer")
            .field("status", &self.response.first())
            .finish_non_exhaustive()
    }
}

impl Workstation {
    /// Begins a ceremony. The life of its code runs from now.
    pub fn new(
        request: WorkstationRequest,
        config: WorkstationConfig,
    ) -> Result<Self, RandomError> {
        let randomness = draw(|random| {
            Ok(WorkstationRandomness::new(random.bytes()?, random.bytes()?, random.bytes()?).ok())
        })?;
        let clock = Clock::start();
        let session = WorkstationSession::new(randomness, request, clock.now(), config);
        Ok(Self { session, clock })
    }

    /// The code to show.
    pub const fn qr(&self) -> &QrCode {
        self.session.qr()
    }

    /// Runs the ceremony to its end.
    ///
    /// On return the radio has stopped and the tunnel is closed. So it is when the future is
    /// dropped, only less politely: the tunnel breaks off instead of saying goodbye.
    pub async fn run(mut self, ports: WorkstationPorts<'_>) -> Result<PhoneAnswer, DriveError> {
        let WorkstationPorts { access, radio, cancel, on_stage } = ports;
        let (events, inbox) = Events::channel();
        let (tunnel, tunnel_orders) = mpsc::unbounded_channel();
        let (scans, scan_orders) = mpsc::unbounded_channel();
        let mut response = Vec::new();
        let drive = Drive {
            session: &mut self.session,
            clock: self.clock,
            events: inbox,
            cancel,
            on_stage,
            tunnel,
            ports: WorkstationOrders { scans, response: &mut response },
        };
        // On the heap: a connection's buffers are large.
        let workers = Box::pin(async {
            tokio::join!(
                relay(access, tunnel_orders, events.clone()),
                beacon::scan(radio, scan_orders, events.clone()),
            );
        });
        drive.beside(workers).await?;
        let get_info = self.session.get_info().unwrap_or_default().to_vec();
        Ok(PhoneAnswer { response, get_info })
    }
}

/// The way to a workstation's radio, and where the answer goes.
struct WorkstationOrders<'a> {
    scans: mpsc::UnboundedSender<bool>,
    response: &'a mut Vec<u8>,
}

impl Ports for WorkstationOrders<'_> {
    fn dispatch(&mut self, output: Output) {
        match output {
            // Errors mean that the radio's part is gone, which the session's deadlines make good.
            Output::StartScanning => drop(self.scans.send(true)),
            Output::StopScanning => drop(self.scans.send(false)),
            Output::Response(response) => *self.response = response,
            other => tracing::error!(?other, "a workstation's session asked for a phone's part"),
        }
    }
}
