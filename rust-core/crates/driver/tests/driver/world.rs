//! A tunnel service, an air, and the two devices.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use wardkey_core::hybrid::qr::{QrCode, RequestType};
use wardkey_core::hybrid::session::{PhoneConfig, WorkstationConfig, WorkstationRequest};
use wardkey_core::hybrid::{Cause, Stage};
use wardkey_driver::radio::loopback::Loopback;
use wardkey_driver::{
    CtapHandler, DriveError, Phone, PhoneAnswer, PhonePorts, TunnelAccess, Workstation,
    WorkstationPorts,
};
use wardkey_local_tls::Authority;
use wardkey_tunnel::{Handle, Limits, Tunnel};

pub(crate) const DOMAIN: &str = "cable.ua5v.com";
pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// getAssertion with an empty map: the drivers do not look inside.
pub(crate) const COMMAND: [u8; 2] = [2, 0xa0];
/// An empty getInfo map.
pub(crate) const GET_INFO: [u8; 1] = [0xa0];

/// A running tunnel service, reached through a door that counts who is inside.
pub(crate) struct World {
    pub(crate) air: Loopback,
    pub(crate) access: TunnelAccess,
    pub(crate) tunnel: Handle,
    /// Connections to the service that are open now.
    pub(crate) connections: watch::Receiver<usize>,
    _service: AbortOnDropHandle<()>,
    _door: AbortOnDropHandle<()>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let authority = Authority::generate().unwrap();
        let identity = authority.issue(&[DOMAIN]).unwrap();
        let tunnel = Tunnel::bind(ANY_PORT, &identity, Limits::default()).unwrap();
        let handle = tunnel.handle();
        let inside = tunnel.local_addr();
        let service = tokio::spawn(async move {
            tunnel.serve(std::future::pending()).await.unwrap();
        });
        let door = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = door.local_addr().unwrap().to_string().parse().unwrap();
        let (count, connections) = watch::channel(0);
        let access = TunnelAccess::trusting(authority.certificate_pem().as_bytes()).unwrap();
        Self {
            air: Loopback::new(),
            access: access.connecting_to(address),
            tunnel: handle,
            connections,
            _service: AbortOnDropHandle::new(service),
            _door: AbortOnDropHandle::new(tokio::spawn(keep_door(door, inside, count))),
        }
    }

    /// Waits until nothing is on the air and nobody is connected.
    pub(crate) async fn at_rest(&self) {
        self.air.wait_for_adverts(0).await;
        self.connections.clone().wait_for(|count| *count == 0).await.unwrap();
    }
}

async fn keep_door(door: TcpListener, inside: SocketAddr, count: watch::Sender<usize>) {
    loop {
        let (mut visitor, _) = door.accept().await.unwrap();
        count.send_modify(|count| *count += 1);
        let count = count.clone();
        tokio::spawn(async move {
            let mut service = TcpStream::connect(inside).await.unwrap();
            // An error is a connection that broke off, which is an end as well.
            let _ = tokio::io::copy_bidirectional(&mut visitor, &mut service).await;
            count.send_modify(|count| *count -= 1);
        });
    }
}

/// One device's wishes and what became of them.
pub(crate) struct Device {
    pub(crate) cancel: CancellationToken,
    /// Cancels at the beginning of this stage.
    pub(crate) cancel_at: Option<Stage>,
    pub(crate) stages: Vec<Stage>,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self { cancel: CancellationToken::new(), cancel_at: None, stages: Vec::new() }
    }

    pub(crate) fn cancelling_at(stage: Stage) -> Self {
        Self { cancel_at: Some(stage), ..Self::new() }
    }

    pub(crate) async fn phone(
        &mut self,
        air: &Loopback,
        access: &TunnelAccess,
        code: QrCode,
        handler: impl CtapHandler,
    ) -> Result<(), DriveError> {
        self.configured_phone(air, access, code, handler, PhoneConfig::new(GET_INFO.to_vec())).await
    }

    pub(crate) async fn configured_phone(
        &mut self,
        air: &Loopback,
        access: &TunnelAccess,
        code: QrCode,
        mut handler: impl CtapHandler,
        config: PhoneConfig,
    ) -> Result<(), DriveError> {
        let Self { cancel, cancel_at, stages } = self;
        let ports = PhonePorts {
            access,
            radio: &mut air.advertiser(),
            handler: &mut handler,
            cancel,
            on_stage: &mut |stage| note(stage, stages, *cancel_at, cancel),
        };
        Phone::new(code, config).unwrap().run(ports).await
    }

    pub(crate) async fn workstation(
        &mut self,
        air: &Loopback,
        access: &TunnelAccess,
        workstation: Workstation,
    ) -> Result<PhoneAnswer, DriveError> {
        let Self { cancel, cancel_at, stages } = self;
        let ports = WorkstationPorts {
            access,
            radio: &mut air.scanner(),
            cancel,
            on_stage: &mut |stage| note(stage, stages, *cancel_at, cancel),
        };
        workstation.run(ports).await
    }
}

fn note(
    stage: Stage,
    stages: &mut Vec<Stage>,
    cancel_at: Option<Stage>,
    cancel: &CancellationToken,
) {
    stages.push(stage);
    if cancel_at == Some(stage) {
        cancel.cancel();
    }
}

/// A workstation that asks [`COMMAND`].
pub(crate) fn workstation() -> Workstation {
    configured_workstation(WorkstationConfig::default())
}

pub(crate) fn configured_workstation(config: WorkstationConfig) -> Workstation {
    let request =
        WorkstationRequest { command: COMMAND.to_vec(), request_type: RequestType::GetAssertion };
    Workstation::new(request, config).unwrap()
}

/// Answers each command with success and the command itself.
pub(crate) struct Echo;

impl CtapHandler for Echo {
    fn handle(&mut self, command: Vec<u8>) -> BoxFuture<'_, Vec<u8>> {
        async move { [vec![0], command].concat() }.boxed()
    }
}

/// Never answers, or when it likes; notes whether its work was dropped, or done.
pub(crate) struct Undecided {
    answers: bool,
    pub(crate) asked: CancellationToken,
    pub(crate) dropped: CancellationToken,
}

impl Undecided {
    pub(crate) fn new() -> Self {
        Self { answers: false, asked: CancellationToken::new(), dropped: CancellationToken::new() }
    }

    /// Somebody who lets a phone reach this stage.
    pub(crate) fn letting_pass_to(stage: Stage) -> Self {
        Self { answers: stage == Stage::ShuttingDown, ..Self::new() }
    }
}

impl CtapHandler for Undecided {
    fn handle(&mut self, command: Vec<u8>) -> BoxFuture<'_, Vec<u8>> {
        let guard = self.dropped.clone().drop_guard();
        self.asked.cancel();
        async move {
            let _guard = guard;
            if self.answers { Echo.handle(command).await } else { std::future::pending().await }
        }
        .boxed()
    }
}

/// The stage and the cause of a failure.
pub(crate) fn failure<T: std::fmt::Debug>(result: Result<T, DriveError>) -> (Stage, Cause) {
    let error = result.unwrap_err().error;
    (error.stage, error.cause)
}
