//! The service over real TLS and a real WebSocket client, on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;
mod endings;
mod pairing;
mod refusals;
mod telling;
