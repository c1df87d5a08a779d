//! The CTAP2 wire: canonical CBOR, and the messages and structures made of it.

pub mod cbor;
pub mod cose;
