#![no_std]
#![forbid(unsafe_code)]
//! placeholder
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod ctap;
pub mod hybrid;
pub mod keystore;
pub mod store;
