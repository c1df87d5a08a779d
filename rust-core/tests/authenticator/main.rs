//! The ceremonies, against a key store and a user that record and fail on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod cleanup;
mod key_failures;
mod lost_list;
mod options;
mod registration;
mod sign_in;
mod support;
mod unlisted;
