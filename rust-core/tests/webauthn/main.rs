//! WebAuthn JSON: options read strictly, origins held to their relying parties, responses checked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod ceremony;
mod client;
mod client_data;
mod options;
mod origins;
mod refusals;
