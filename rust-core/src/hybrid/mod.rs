//! The hybrid transport: signing in on a workstation with the passkey on a phone (CTAP 2.2 §11.5,
//! as CTAP 2.3 carries it on).
//!
//! # One ceremony
//!
//! The two devices have never met. A QR code gives the phone what it needs to be found, a Bluetooth
//! advert proves that the two are near each other, and a tunnel service on the Internet carries
//! their messages without understanding any:
//!
//! ```text
//! workstation                          tunnel service                           phone
//!      │  QR code: public key, secret ──────────────── seen by the camera ────────▶ │  qr, digits
//!      │                                     │ ◀──────── new tunnel ─────────────── │  tunnel
//!      │                                     │ ───────── routing id ──────────────▶ │
//!      │ ◀──────── Bluetooth advert: routing id, nonce, under the secret ────────── │  eid
//!      │ ────────── join the tunnel ───────▶ │                                      │
//!      │ ══ handshake: workstation's ephemeral key ═══════════════════════════════▶ │  noise
//!      │ ◀═══════════════════════════════════════ handshake: phone's ephemeral key ═ │
//!      │ ◀═══════════════════════════════════ what the phone's authenticator can do ═ │  post_handshake
//!      │ ══ CTAP command ═════════════════════════════════════════════════════════▶ │  frame, crypter
//!      │                                                     the person decides     │
//!      │ ◀══════════════════════════════════════════════════════════ CTAP response ═ │
//!      │ ══ shutdown ═════════════════════════════════════════════════════════════▶ │
//! ```
//!
//! What each step is worth:
//!
//! - **The code** holds a key pair's public half and 16 secret bytes, made for this ceremony alone.
//!   Everything else is derived from the secret ([`keys`]), so the tunnel service cannot tell which
//!   tunnel belongs to which code.
//! - **The advert** is what stops a code from working far away: the handshake's pre-shared key is
//!   derived from the code *and* the advert, so a page that shows its code to a victim elsewhere
//!   cannot go on without a radio next to the victim's phone.
//! - **The handshake** gives both sides fresh keys. The phone knows from the code whom it talks to;
//!   the workstation knows that the phone saw the code.
//! - **The messages** are CTAP, which this module carries without looking inside.
//!
//! # Parts
//!
//! [`session`] puts them together for either role, without sockets, radio, clock or randomness; a
//! driver supplies those. An [`Error`] says who is at fault, at which [`Stage`], and what a person
//! can do. Everything below it stands on its own: [`qr`] and [`digits`] for the code, [`keys`] for
//! derivation, [`eid`] for the advert, [`tunnel`] for addresses, [`noise`] and [`point`] for the
//! handshake, [`crypter`], [`frame`] and [`post_handshake`] for what follows it.
//!
//! # Versions
//!
//! This is CTAP 2.2 §11.5 in its QR-initiated form, and of CTAP 2.3 (2026-02-26) what a phone must
//! understand: channels in QR key 6, of which it uses the WebSocket. Facts of the field that no
//! version writes down are kept too: the phone's path `/cable/new`, a getInfo that must be canonical
//! CBOR, unknown QR keys sent as bait. [`noise`] knows the handshake of linked devices; linking
//! itself is not offered, and what a peer says about it is ignored.

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
