//! The OpenID Connect provider over HTTP.

mod authorize;
mod clients;
mod interop;
mod logout;
mod roles;
mod tokens;
mod world;
