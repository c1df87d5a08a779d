//! The boundary to Kotlin: the only module that knows uniffi or jni.
//!
//! Kotlin implements [`HardwareKeys`], [`CredentialStorage`], [`AssetLinkFetcher`] and [`UserInterface`],
//! and calls [`PasskeyProvider`] (WebAuthn JSON, for Credential Manager) and [`HybridPhone`] (one code
//! scanned from another device's screen). What crosses is bytes, strings and records; what fails is a
//! [`PasskeyError`], with a stage, a reason Kotlin has words for, and a text that is safe to show.
//!
//! Every foreign method returns a `Result`, because an exception out of an infallible one ends the
//! process when Rust calls it while dropping. A future that is dropped, which is what cancelling a Kotlin
//! coroutine does, deletes the key it was having made before the coroutine's `join` returns.

#![expect(clippy::needless_pass_by_value, reason = "uniffi hands over values, not references")]

mod callers;
mod configuration;
mod failure;
mod hybrid;
mod keys;
mod log_sink;
mod offers;
mod provider;
mod reasons;
mod self_test;
mod storage;
mod user;

pub use callers::{AndroidCaller, AssetLinkFetcher, FetchError};
pub use configuration::{ConfigurationReport, ManagedEntry, ManagedValue};
pub use failure::{DomError, Failure, PasskeyError, Reason, Step};
pub use hybrid::{HybridEvent, HybridOrder, HybridPhone, HybridTurn, Radio, TunnelProblem};
pub use keys::{HardwareKeys, KeyFailure, KeySpec, SigningPrompt, Use};
pub use log_sink::drain_captured_log;
pub use offers::{CreateOffer, Passkey};
pub use provider::{CtapAnswer, PasskeyProvider};
pub use self_test::{KnownAnswer, self_test};
pub use storage::{CredentialStorage, StorageFailure};
pub use user::{Choice, Message, UserFailure, UserInterface};
