//! Sessions and what applications are given under them, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;
mod forget;
mod grants;
mod logouts;
mod sessions;
mod trials;
