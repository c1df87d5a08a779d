//! What goes to standard output: a text for people or JSON for programs.

use std::{
    fmt::Display,
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use crate::failure::Failure;

/// Who reads the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    People,
    Programs,
}

impl Output {
    /// Prints the result of a command. One that nobody got is a failure.
    pub(crate) fn print(self, json: &Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let mut stdout = io::stdout();
        let written = match self {
            Self::People => writeln!(stdout, "{}", text()),
            Self::Programs => writeln!(stdout, "{json}"),
        };
        written.and_then(|()| stdout.flush()).map_err(|error| {
            Failure::new("writing the result", error, "keep standard output open until the end")
        })
    }
}

/// Tells people on standard error. That nobody listens there is no reason to stop.
pub(crate) fn tell(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Sites and clients choose these texts; they must not be able to move the cursor, redraw a line, or have a
/// part of it read in another order than it is written.
pub(crate) fn printable(text: &str) -> String {
    let shown = text.chars().filter(|c| !reorders(*c));
    shown.map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9, table 4), which
/// have no glyph of their own.
const fn reorders(c: char) -> bool {
    matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// A time of the store, in UTC.
pub(crate) fn date(seconds: u64) -> String {
    match UNIX_EPOCH.checked_add(Duration::from_secs(seconds)) {
        // Later dates than humantime writes are a clock gone mad.
        Some(time) if time < SystemTime::now() + Duration::from_hours(24 * 365 * 100) => {
            humantime::format_rfc3339_seconds(time).to_string()
        }
        _ => format!("{seconds} s after 1970"),
    }
}
