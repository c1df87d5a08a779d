//! The OpenID Connect provider, with the paths, scopes and claims of the real service.

mod acr;
mod authorization;
mod client;
mod scope;
