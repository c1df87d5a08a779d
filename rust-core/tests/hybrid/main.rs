//! The hybrid transport against captured sessions, against itself over a hostile wire, and against
//! arbitrary input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "software")]
#[path = "../agreeable/mod.rs"]
#[allow(dead_code, reason = "the person here takes their time")]
mod agreeable;
mod behind;
mod chromium;
mod debug;
mod hostile;
mod ledger;
mod pair;
mod phone;
mod properties;
mod qr;
#[cfg(feature = "software")]
mod real;
mod tunnel;
mod vectors;
mod workstation;
