//! Drives sessions of hybrid transport on tokio: a WebSocket to the tunnel service, a [radio] for
//! proximity, and the clock.
//!
//! ```text
//!             ┌ relay ──── WebSocket ──▶ tunnel service
//! session ◀──▶┤ beacon ─── Advertiser or Scanner
//! (the core)  └ handler ── CtapHandler (phone only)
//! ```
//!
//! A session is pure: it says what to do and is told what happened. Around it, one worker for each
//! part of the outside world takes orders and reports events. They run inside the one future of
//! [`Phone::run`] or [`Workstation::run`]; nothing is spawned, so dropping that future ends
//! everything.
//!
//! A ceremony in one process, through a tunnel service of our own:
//!
//! ```
//! use futures_util::future::{BoxFuture, FutureExt};
//! use tokio_util::sync::CancellationToken;
//! use wardkey_core::hybrid::qr::RequestType;
//! use wardkey_core::hybrid::session::{PhoneConfig, WorkstationConfig, WorkstationRequest};
//! use wardkey_driver::radio::loopback::Loopback;
//! use wardkey_driver::{
//!     CtapHandler, Phone, PhonePorts, TunnelAccess, Workstation, WorkstationPorts,
//! };
//! # use wardkey_local_tls::Authority;
//! # use wardkey_tunnel::{Limits, Tunnel};
//!
//! /// An authenticator that knows no credential.
//! struct Empty;
//!
//! impl CtapHandler for Empty {
//!     fn handle(&mut self, _command: Vec<u8>) -> BoxFuture<'_, Vec<u8>> {
//!         async { vec![0x2e] }.boxed()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let authority = Authority::generate()?;
//! # let identity = authority.issue(&["cable.ua5v.com"])?;
//! # let tunnel = Tunnel::bind(([127, 0, 0, 1], 0).into(), &identity, Limits::default())?;
//! # let address = tunnel.local_addr().to_string();
//! # let pem = authority.certificate_pem().as_bytes();
//! # tokio::spawn(tunnel.serve(std::future::pending()));
//! let access = TunnelAccess::trusting(pem)?.connecting_to(address.parse()?);
//! let air = Loopback::new();
//! let cancel = CancellationToken::new();
//!
//! let command = vec![0x02, 0xa0];
//! let request = WorkstationRequest { command, request_type: RequestType::GetAssertion };
//! let workstation = Workstation::new(request, WorkstationConfig::default())?;
//! let phone = Phone::new(workstation.qr().clone(), PhoneConfig::new(vec![0xa0]))?;
//!
//! let phone_ports = PhonePorts {
//!     access: &access,
//!     radio: &mut air.advertiser(),
//!     handler: &mut Empty,
//!     cancel: &cancel,
//!     on_stage: &mut |stage| println!("phone: {stage}"),
//! };
//! let workstation_ports = WorkstationPorts {
//!     access: &access,
//!     radio: &mut air.scanner(),
//!     cancel: &cancel,
//!     on_stage: &mut |stage| println!("workstation: {stage}"),
//! };
//! let (phone, answer) =
//!     tokio::join!(phone.run(phone_ports), workstation.run(workstation_ports));
//! phone?;
//! assert_eq!(answer?.response, [0x2e]);
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod beacon;
mod drive;
mod events;
mod handler;
mod phone;
pub mod radio;
mod random;
pub mod tunnel;
mod workstation;

pub use drive::DriveError;
pub use events::Detail;
pub use handler::CtapHandler;
pub use phone::{Phone, PhonePorts};
pub use random::RandomError;
pub use tunnel::{TunnelAccess, TunnelAddress, TunnelError};
pub use workstation::{PhoneAnswer, Workstation, WorkstationPorts};
