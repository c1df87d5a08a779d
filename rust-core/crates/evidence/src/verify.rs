use std::io::{self, BufRead, Read as _};

use crate::{Hash, InvalidRecord, Moment, Record};

/// A line without an end must not fill the memory.
const LONGEST_LINE: u64 = Record::LONGEST as u64;

/// What an untouched log holds.
///
/// ```
/// use wardkey_evidence::{Hash, Summary, verify};
///
/// let empty = Summary { records: 0, first: None, last: None, head: Hash::START };
/// assert_eq!(verify("".as_bytes(), None)?, empty);
/// # Ok::<(), wardkey_evidence::VerifyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many records.
    pub records: u64,
    /// When the first was made.
    pub first: Option<Moment>,
    /// When the last was made.
    pub last: Option<Moment>,
    /// The hash of the last, [`Hash::START`] if there is none: to be kept where this log is not.
    pub head: Hash,
}

/// The first line at which a log is not what was written.
///
/// ```
/// use wardkey_evidence::{Tampered, VerifyError, Wrong, verify};
///
/// let error = verify("not a record\n".as_bytes(), None).unwrap_err();
/// assert!(matches!(error, VerifyError::Tampered(Tampered { line: 1, wrong: Wrong::Record(_) })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct Tampered {
    /// Counts from 1. One past the last if something is missing at the end.
    pub line: u64,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong with a line.
///
/// ```
/// use wardkey_evidence::{Event, Hash, Moment, Record, VerifyError, Wrong, verify};
///
/// let event = Event::LinkOpened { registration: "b2ZmZXJlZA".into() };
/// let second = Record::new(2, Moment::from_millis(1_795_000_000_000), event, Hash::START);
/// let log = second.line() + "\n";
/// let Err(VerifyError::Tampered(found)) = verify(log.as_bytes(), None) else { panic!("missed") };
/// assert_eq!(found.wrong, Wrong::Sequence { expected: 1, found: 2 });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It was changed.
    #[error("changed: {0}")]
    Record(#[from] InvalidRecord),
    /// It is not UTF-8 text.
    #[error("changed: it is not UTF-8 text")]
    Text,
    /// It is longer than any record.
    #[error("changed: it is longer than any record")]
    TooLong,
    /// The line feed at its end is missing.
    #[error("changed: it does not end")]
    Unfinished,
    /// Records before it are missing, or it was moved or added.
    #[error("record {found} where {expected} belongs: records were removed, added or moved")]
    Sequence {
        /// The record that belongs here.
        expected: u64,
        /// The record that is here.
        found: u64,
    },
    /// The record before it is another than the one it was written after.
    #[error("it was written after another record than the one before it, which was exchanged")]
    Previous,
    /// The log ends with another record than the one expected.
    #[error(
        "the log ends with another record than expected: records at its end were removed, added or exchanged"
    )]
    Head {
        /// The hash of the record that is the last.
        found: Hash,
    },
}

/// Why a log cannot be vouched for.
///
/// ```
/// use std::io::{BufReader, Read};
/// use wardkey_evidence::{VerifyError, verify};
///
/// /// A disk that fails.
/// struct Broken;
///
/// impl Read for Broken {
///     fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
///         Err(std::io::Error::other("the disk is broken"))
///     }
/// }
///
/// let error = verify(BufReader::new(Broken), None).unwrap_err();
/// assert!(matches!(error, VerifyError::Read(_)), "nobody tampered");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It was changed.
    #[error(transparent)]
    Tampered(#[from] Tampered),
    /// It cannot be read.
    #[error("the log cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// Reads a log to its end and checks every record against the one before.
///
/// `head` is the hash of the last record as it was noted elsewhere. Without it, records cut off at the
/// end go unnoticed, and so does a log that somebody wrote anew from its start.
///
/// ```
/// use wardkey_evidence::{Event, Hash, Moment, Record, verify};
///
/// let event = Event::LinkExpired { registration: "b2ZmZXJlZA".into() };
/// let first = Record::new(1, Moment::from_millis(1_795_000_000_000), event.clone(), Hash::START);
/// let second = Record::new(2, Moment::from_millis(1_795_000_900_000), event, first.hash());
/// let log = format!("{}\n{}\n", first.line(), second.line());
/// assert_eq!(verify(log.as_bytes(), None)?.head, second.hash());
///
/// let cut = first.line() + "\n";
/// assert_eq!(verify(cut.as_bytes(), None)?.records, 1, "goes unnoticed");
/// assert!(verify(cut.as_bytes(), Some(second.hash())).is_err(), "but not like this");
/// # Ok::<(), wardkey_evidence::VerifyError>(())
/// ```
pub fn verify(log: impl BufRead, head: Option<Hash>) -> Result<Summary, VerifyError> {
    verify_each(log, head, |_| {})
}

/// The same, and shows each record that is as it was written, in their order.
///
/// ```
/// use wardkey_evidence::{Event, Hash, Moment, Record, verify_each};
///
/// let event = Event::LinkExpired { registration: "b2ZmZXJlZA".into() };
/// let log = Record::new(1, Moment::from_millis(1_795_000_000_000), event, Hash::START).line() + "\n";
/// let mut kinds = Vec::new();
/// verify_each(log.as_bytes(), None, |record| kinds.push(record.event().kind()))?;
/// assert_eq!(kinds, ["link-expired"]);
/// # Ok::<(), wardkey_evidence::VerifyError>(())
/// ```
pub fn verify_each(
    mut log: impl BufRead,
    head: Option<Hash>,
    mut each: impl FnMut(&Record),
) -> Result<Summary, VerifyError> {
    let mut summary = Summary { records: 0, first: None, last: None, head: Hash::START };
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = log.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        let number = summary.records + 1;
        let record = check(&line, &summary).map_err(|wrong| Tampered { line: number, wrong })?;
        each(&record);
        summary = Summary {
            records: number,
            first: summary.first.or(Some(record.at())),
            last: Some(record.at()),
            head: record.hash(),
        };
    }
    match head {
        Some(head) if head != summary.head => {
            let wrong = Wrong::Head { found: summary.head };
            Err(Tampered { line: summary.records + 1, wrong }.into())
        }
        _ => Ok(summary),
    }
}

/// Whether a line is the record that follows what was read so far.
fn check(line: &[u8], before: &Summary) -> Result<Record, Wrong> {
    let Some(line) = line.strip_suffix(b"\n") else {
        let is_long = u64::try_from(line.len()).is_ok_and(|length| length == LONGEST_LINE);
        return Err(if is_long { Wrong::TooLong } else { Wrong::Unfinished });
    };
    let record = Record::parse(std::str::from_utf8(line).map_err(|_| Wrong::Text)?)?;
    let expected = before.records + 1;
    if record.sequence() != expected {
        return Err(Wrong::Sequence { expected, found: record.sequence() });
    }
    if record.previous() != before.head {
        return Err(Wrong::Previous);
    }
    Ok(record)
}
