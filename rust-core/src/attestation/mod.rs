//! How a credential proves where its key was made.

pub mod android_key;
pub mod packed;
