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
