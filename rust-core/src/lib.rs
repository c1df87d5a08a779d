//! The core of Wardkey, a passkey authenticator for the highest assurance level.
//!
//! ```text
//! workstation browser ⇄ tunnel service ⇄ hybrid::Session → Authenticator → KeyStore (secure hardware)
//!                                                              ↕
//!                                            CredentialStore, UserInterface
//! ```
//!
//! A browser's request reaches the phone as CTAP2 bytes over the hybrid transport, or as WebAuthn JSON
//! from the phone's own credential manager. Both end in the same two ceremonies,
//! [`make_credential`](authenticator::Authenticator::make_credential) and
//! [`get_assertion`](authenticator::Authenticator::get_assertion), and in one signature by a key that
//! never leaves its hardware.
//!
//! Nothing in here opens a socket, reads a clock, starts a thread or draws a random number: time and
//! random bytes arrive as arguments. Without the `std` and `software` features the crate is `no_std` and
//! builds for a target that has none of these.
//!
//! | Module | What it is | Specification |
//! |---|---|---|
//! | [`ctap`] | the wire: canonical CBOR, messages, status codes | CTAP 2.3 §6, §8 |
//! | [`keystore`] | where private keys live | Android Keystore, KeyMint |
//! | [`store`] | what is remembered about credentials | – |
//! | [`attestation`] | how a key proves where it was made | WebAuthn Level 3 §8 |
//! | [`authenticator`] | the two ceremonies and the policy | CTAP 2.3 §6.1, §6.2 |
//! | [`webauthn`] | options in, responses out, as JSON; origins | WebAuthn Level 3 §5 |
//! | [`hybrid`] | from the QR code to an encrypted tunnel | CTAP 2.2 §11.5 |
//! | [`managed`] | what an organization prescribes to its phones | Android managed configurations |
//! | `ffi` | the boundary to Kotlin, with the feature of that name | – |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod attestation;
pub mod authenticator;
pub mod ctap;
#[cfg(feature = "ffi")]
pub mod ffi;
pub mod hybrid;
pub mod keystore;
pub mod managed;
mod secret;
pub mod store;
pub mod webauthn;

#[cfg(feature = "ffi")]
uniffi::setup_scaffolding!();
