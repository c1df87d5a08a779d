//! Attestation: evidence for where a credential key lives.
//!
//! [`android_key`] carries the certificate chain Android Keystore makes with a key, [`packed`] a
//! signature by the new key itself. [`key_description`] is what the first certificate of an Android
//! chain says about its key, [`verdict`] judges the whole chain, and [`WitnessCode`] lets two people see
//! that they hold the same one.

pub mod android_key;
pub mod packed;
mod statement;
pub mod verdict;
mod witness;

pub use crate::keystore::key_description;
pub use statement::InvalidStatement;
pub use witness::WitnessCode;
