//! The OpenID Connect provider over HTTP.

mod application;
mod authorize;
mod clients;
mod interop;
mod levels;
mod logout;
mod older;
mod role_counts;
mod roles;
mod tokens;
pub(crate) mod world;
