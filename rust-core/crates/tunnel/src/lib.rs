//! The hybrid tunnel service: where a phone and a workstation that cannot reach each other meet.
//!
//! The phone opens `/cable/new/<tunnel id>` and is told a routing id, which it puts into its
//! Bluetooth advert. The workstation, which has heard the advert, opens
//! `/cable/connect/<routing id>/<tunnel id>`. From then on every binary frame of one is handed to
//! the other, unread: what passes is sealed between the two ends (CTAP 2.2 §11.5).
//!
//! ```text
//! phone ── wss /cable/new/… ──▶ Tunnel ◀── wss /cable/connect/… ── workstation
//!          ◀── X-caBLE-Routing-ID        (advert over Bluetooth) ──▶
//! ```
//!
//! `/healthz` answers `ok`, `/metrics` answers in Prometheus text.
//!
//! ```
//! # async fn example() -> Result<(), wardkey_tunnel::TunnelError> {
//! use std::net::{Ipv4Addr, SocketAddr};
//! use wardkey_local_tls::Authority;
//! use wardkey_tunnel::{Limits, Tunnel};
//!
//! let authority = Authority::generate()?;
//! let identity = authority.issue(&["cable.ua5v.com", "cable.auth.com", "localhost"])?;
//! let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
//! let tunnel = Tunnel::bind(any_port, &identity, Limits::default())?;
//! println!("listening on {}", tunnel.local_addr());
//! tunnel.serve(async { /* a signal to stop */ }).await?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
#![forbid(unsafe_code)]

mod ending;
mod id;
mod limits;
mod metrics;
mod refusal;
mod registry;
mod relay;
mod routes;
mod service;
mod socket;

pub use limits::Limits;
pub use service::{Handle, Tunnel, TunnelError};
