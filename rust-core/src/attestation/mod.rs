//! Attestation: evidence for where a credential key lives.
//!
//! [`android_key`] carries the certificate chain Android Keystore makes with a key, [`packed`] a
//! signature by the new key itself. [`key_description`] is what the first certificate of an Android
//! chain says about its key, and [`verdict`] judges the whole chain.

pub mod android_key;
pub mod packed;
mod statement;
pub mod verdict;

pub use crate::keystore::key_description;
pub use statement::InvalidStatement;
