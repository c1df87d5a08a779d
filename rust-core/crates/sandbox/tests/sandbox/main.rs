//! The sandbox over real TLS, with an authenticator made of software that can be told to lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../../../../tests/agreeable/mod.rs"]
#[allow(dead_code, reason = "these tests have an executor of their own")]
mod agreeable;
mod attestation;
mod audit;
mod authenticator;
mod away;
mod browser;
mod claims;
mod common;
mod core_phone;
mod databases;
mod desk;
mod enrol;
mod enrolment;
mod lapsed;
mod limits;
mod malformed;
mod malformed_links;
mod openid;
mod packages;
mod pages;
mod persistence;
mod problems;
mod recorded;
mod register;
mod relying_party;
mod revoked;
mod robustness;
mod session;
mod shown;
mod signin;
mod slow;
mod stuck;
mod trials;
mod two_sandboxes;
mod vendor;
