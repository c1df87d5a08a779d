//! The boundary to Kotlin: the only module that knows uniffi or jni.

mod log_sink;
mod self_test;

pub use log_sink::drain_captured_log;
pub use self_test::{KnownAnswer, self_test};
