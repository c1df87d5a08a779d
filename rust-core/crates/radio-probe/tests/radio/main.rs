//! The Bluetooth radios against the stand-in: every trap and fault, one process for each radio.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod advertise;
mod scan;
mod support;
