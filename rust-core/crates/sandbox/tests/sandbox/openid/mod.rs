//! The OpenID Connect provider over HTTP.

mod authorize;
mod clients;
mod logout;
mod roles;
mod tokens;
mod world;
