//! Evidence of what was done to authenticators: a log in which every change shows.
//!
//! Each [`Record`] is one line of JSON and carries the hash of the line before, so that a line that was
//! changed, removed, added or moved breaks the chain at a place [`verify`] names. Whoever holds the hash
//! of the last line, printed or kept elsewhere, also notices lines cut off at the end. Nothing here reads
//! a clock or a database.
//!
//! ```
//! use wardkey_evidence::{Event, Hash, Moment, Record, verify};
//!
//! let now = Moment::from_millis(1_795_000_000_000);
//! let event = Event::LinkExpired { registration: "b2ZmZXJlZA".into() };
//! let record = Record::new(1, now, event, Hash::START);
//! let log = format!("{}\n", record.line());
//! let summary = verify(log.as_bytes(), Some(record.hash()))?;
//! assert_eq!(summary.records, 1);
//!
//! let changed = log.replace("b2ZmZXJlZA", "b3RoZXI");
//! assert!(verify(changed.as_bytes(), None).is_err());
//! # Ok::<(), wardkey_evidence::VerifyError>(())
//! ```
#![forbid(unsafe_code)]

mod binding;
mod event;
mod hash;
mod moment;
mod record;
mod verify;

pub use binding::Binding;
pub use event::{Actor, Event};
pub use hash::{Hash, InvalidHash};
pub use moment::{InvalidMoment, Moment};
pub use record::{InvalidRecord, Record};
pub use verify::{Summary, Tampered, VerifyError, Wrong, verify, verify_each};
