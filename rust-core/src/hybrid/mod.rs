//! The hybrid transport: a phone and a workstation meet through a QR code, a Bluetooth advert and a
//! tunnel service (CTAP 2.2 §11.5, CTAP 2.3).

mod aead;
pub mod crypter;
pub mod digits;
pub mod eid;
mod error;
pub mod frame;
pub mod keys;
pub mod noise;
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
