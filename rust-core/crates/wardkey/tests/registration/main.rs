//! Supervised registrations in a real Chromium that do not go as they should: what the registration
//! authority and the person each see, and what is left of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]
#![allow(dead_code, reason = "room and phone are shared with other tests")]

mod clinic;
mod desk;
mod endings;
mod pages;
mod person;
#[path = "../chromium/phone.rs"]
mod phone;
#[path = "../support/port.rs"]
mod port;
mod power;
mod refusals;
#[path = "../chromium/room.rs"]
mod room;
mod sandbox;
