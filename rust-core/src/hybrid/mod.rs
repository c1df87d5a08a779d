//! The hybrid transport: a phone and a workstation meet through a QR code, a Bluetooth advert and a
//! tunnel service (CTAP 2.2 §11.5, CTAP 2.3).
#![expect(dead_code, reason = "the sessions do not yet go through all stages")]

pub mod digits;
pub mod eid;
mod error;
pub mod keys;
pub mod point;
pub mod post_handshake;
pub mod qr;
pub mod session;
mod stage;
pub mod tunnel;

pub use error::{
    Blame, Cause, Error, LocalFault, NetworkFault, PeerFault, RadioFailure, TunnelFailure,
};
pub use stage::Stage;
