//! The `wardkey` command as its users meet it: every part a process of its own, told apart by what it
//! prints, what it says and how it exits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

#[path = "../../../../tests/agreeable/mod.rs"]
#[allow(dead_code, reason = "these tests have an executor of their own")]
mod agreeable;
mod application;
mod ask;
mod audit;
#[cfg(all(feature = "bluetooth", target_os = "linux"))]
mod bluetooth;
mod by_variable;
mod ceremony;
mod child;
mod codes;
mod desk;
mod drawing;
mod evidence;
mod evidence_register;
mod fake;
#[cfg(all(feature = "foreign-client", target_os = "linux"))]
mod foreign;
mod help;
mod interruption;
mod journal;
mod options;
mod people;
#[path = "../support/port.rs"]
mod port;
mod registering;
#[cfg(all(feature = "bluetooth", target_os = "linux"))]
mod room;
mod services;
mod town;
mod tunnels;
mod verify;
