//! Both drivers over real sockets, against the tunnel service and against services that misbehave.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod calling_off;
mod ceremony;
mod deadlines;
mod fake;
mod hostile;
mod messages;
mod opening;
mod world;
