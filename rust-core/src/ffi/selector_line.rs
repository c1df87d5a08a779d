//! A line of Android's selector that the person chose.

use super::failure::PasskeyError;

/// Milliseconds that a line stays good: WebAuthn Level 3 §5.1.3 has ten minutes as the most that a client is
/// advised to wait for a user.
const LONGEST_WAIT: u64 = 10 * 60 * 1000;

/// A line of Android's selector that the person chose, and so agreed to what it says: it showed site and
/// account, lines are never taken automatically, and the prompt for the signature, which names both once
/// more and wants to be confirmed, is still to come. A third question in a row would only teach people to
/// tap through questions.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, creation, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{CreateRequest, PasskeyError, Reason, SelectorLine};
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// // A selector that was left open for an hour.
/// let line = Some(SelectorLine { offered: Some(5_000), now: 3_605_000 });
/// let late = CreateRequest { line, ..creation() };
/// let made = run(phone.create(late, browser(), keys, screens));
/// let Err(PasskeyError::Interrupted { failure }) = made else { panic!("nobody waits for it") };
/// assert_eq!(failure.reason, Reason::TimedOut);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SelectorLine {
    /// When it was offered, milliseconds on a clock that never goes back; `None` if it does not say, which
    /// no line of this application does.
    pub offered: Option<u64>,
    /// The time now, on that clock.
    pub now: u64,
}

impl SelectorLine {
    /// Refuses a line from a selector that was left open: whoever asked has given up by then, and their
    /// challenge is not valid any more.
    pub(super) fn admit(self) -> Result<(), PasskeyError> {
        let age = self.offered.and_then(|offered| self.now.checked_sub(offered));
        if age.is_some_and(|age| age <= LONGEST_WAIT) {
            return Ok(());
        }
        Err(PasskeyError::too_late("the line was chosen ten minutes after it was offered"))
    }
}
