//! The hybrid transport against captured sessions, against itself over a hostile wire, and against
//! arbitrary input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod chromium;
mod debug;
mod hostile;
mod ledger;
mod pair;
mod phone;
mod properties;
mod qr;
mod tunnel;
mod vectors;
mod workstation;
