//! The way to the tunnel service: one WebSocket over TLS for each ceremony.

mod access;
mod connect;
mod error;
mod relay;

pub use access::{AccessError, AddressError, TunnelAccess, TunnelAddress};
pub use error::TunnelError;
pub(crate) use relay::{TunnelOrder, relay};
