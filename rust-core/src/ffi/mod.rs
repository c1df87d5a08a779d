//! The boundary to Kotlin: the only module that knows uniffi or jni.

mod log_sink;

pub use log_sink::drain_captured_log;
