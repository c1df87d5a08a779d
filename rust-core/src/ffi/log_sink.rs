//! Where log lines go: to Android's log on the phone, to a list that tests read elsewhere.
//!
//! uniffi carries everything but this. The logger starts through plain JNI, because Kotlin calls it the
//! moment the library is loaded, before the first object exists.

use jni::{Env, NativeMethod, native_method, objects::JClass, sys::jint};
use log::LevelFilter;
use thiserror::Error;

// Exported by name: the virtual machine finds it because the library was loaded with
// `System.loadLibrary`.
const _: NativeMethod = native_method! {
    java_type = "org.wardkey.core.NativeLog",
    static extern fn init(max_level: jint) -> jboolean,
};

/// Starts the logger at a level from 0 (off) to 5 (trace). Returns whether this call was the first.
fn init<'local>(
    _: &mut Env<'local>,
    _: JClass<'local>,
    max_level: jint,
) -> Result<bool, InvalidLevel> {
    let filter = match max_level {
        0 => LevelFilter::Off,
        1 => LevelFilter::Error,
        2 => LevelFilter::Warn,
        3 => LevelFilter::Info,
        4 => LevelFilter::Debug,
        5 => LevelFilter::Trace,
        other => return Err(InvalidLevel::Unknown(other)),
    };
    let is_first = platform::install(filter);
    if is_first {
        log::info!("the log of wardkey-core {} begins", env!("CARGO_PKG_VERSION"));
    }
    Ok(is_first)
}

#[derive(Debug, Error)]
enum InvalidLevel {
    #[error("there is no log level {0}")]
    Unknown(jint),
    #[error(transparent)]
    Jni(#[from] jni::errors::Error),
}

#[cfg(target_os = "android")]
mod platform {
    use core::sync::atomic::{AtomicBool, Ordering};

    use log::LevelFilter;

    static STARTED: AtomicBool = AtomicBool::new(false);

    pub(super) fn install(filter: LevelFilter) -> bool {
        let first = !STARTED.swap(true, Ordering::Relaxed);
        // The logger itself keeps to the level of the first call: so it takes everything, and the level that
        // may be changed decides.
        let all = android_logger::Config::default().with_max_level(LevelFilter::Trace);
        android_logger::init_once(all.with_tag("Wardkey"));
        log::set_max_level(filter);
        first
    }
}

#[cfg(not(target_os = "android"))]
mod platform {
    use std::{
        format,
        string::String,
        sync::{Mutex, PoisonError},
        vec::Vec,
    };

    use log::{LevelFilter, Log, Metadata, Record};

    /// The lines so far.
    struct Captured(Mutex<Vec<String>>);

    static CAPTURED: Captured = Captured(Mutex::new(Vec::new()));

    impl Log for Captured {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &Record<'_>) {
            let line = format!("{} {} {}", record.level(), record.target(), record.args());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }

        fn flush(&self) {}
    }

    pub(super) fn install(filter: LevelFilter) -> bool {
        let first = log::set_logger(&CAPTURED).is_ok();
        log::set_max_level(filter);
        first
    }

    pub(super) fn drain() -> Vec<String> {
        core::mem::take(&mut *CAPTURED.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes the lines logged so far, for tests on hosts. Always empty on a phone.
///
/// ```
/// // Nobody has started the log.
/// assert!(wardkey_core::ffi::drain_captured_log().is_empty());
/// ```
#[uniffi::export]
pub fn drain_captured_log() -> std::vec::Vec<std::string::String> {
    #[cfg(target_os = "android")]
    return std::vec::Vec::new();
    #[cfg(not(target_os = "android"))]
    platform::drain()
}
