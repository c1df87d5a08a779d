//! The OpenID Connect provider over HTTP.

mod application;
mod authorize;
mod clients;
mod interop;
mod logout;
mod older;
mod roles;
mod tokens;
pub(crate) mod world;
