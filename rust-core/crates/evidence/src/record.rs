use serde::{Deserialize, Serialize};

use crate::{Event, Hash, Moment};

/// One line of the log.
///
/// The line is canonical JSON: no spaces, the members in this order, each text in one spelling only.
/// `hash` is SHA-256 over `wardkey evidence 1`, a line feed, and the line without its member `hash`.
///
/// ```
/// use wardkey_evidence::{Event, Hash, Moment, Record};
///
/// let event = Event::LinkExpired { registration: "b2ZmZXJlZA".into() };
/// let record = Record::new(1, Moment::from_millis(1_795_000_000_000), event, Hash::START);
/// assert_eq!(Record::parse(&record.line())?, record);
/// assert!(record.line().len() < Record::LONGEST);
///
/// let next = Record::new(2, record.at(), record.event().clone(), record.hash());
/// assert_eq!((next.sequence(), next.previous()), (2, record.hash()));
/// # Ok::<(), wardkey_evidence::InvalidRecord>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    body: Body,
    hash: Hash,
}

/// What is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    sequence: u64,
    at: Moment,
    event: Event,
    previous: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sequence: u64,
    at: Moment,
    event: Event,
    previous: Hash,
    hash: Hash,
}

/// Why a line is no record.
///
/// ```
/// use wardkey_evidence::{InvalidRecord, Record};
///
/// assert!(matches!(Record::parse("{}"), Err(InvalidRecord::Syntax(_))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// Not the JSON of a record.
    #[error("it is no record: {0}")]
    Syntax(String),
    /// A record, but not to the byte what this program writes.
    #[error("it is not written as records are")]
    Spelling,
    /// The hash is another than the content has.
    #[error("its content does not have its hash")]
    Hash,
}

impl Record {
    /// As many bytes as a line may have, its line feed among them. [`verify`](crate::verify) reads no more,
    /// so a record that is longer must not be written: nobody could vouch for the log from there on.
    pub const LONGEST: usize = 64 * 1024;

    /// The record that follows the one with the hash `previous`; the first has the sequence number 1
    /// and follows [`Hash::START`].
    pub fn new(sequence: u64, at: Moment, event: Event, previous: Hash) -> Self {
        let body = Body { sequence, at, event, previous };
        let hash = Hash::of(json(&body).as_bytes());
        Self { body, hash }
    }

    /// Reads a line, without its line feed.
    pub fn parse(line: &str) -> Result<Self, InvalidRecord> {
        let read: Line =
            serde_json::from_str(line).map_err(|error| InvalidRecord::Syntax(error.to_string()))?;
        let Line { sequence, at, event, previous, hash } = read;
        let record = Self { body: Body { sequence, at, event, previous }, hash };
        let body = json(&record.body);
        if with_hash(&body, hash) != line {
            return Err(InvalidRecord::Spelling);
        }
        if Hash::of(body.as_bytes()) != hash {
            return Err(InvalidRecord::Hash);
        }
        Ok(record)
    }

    /// The record as one line of JSON, without a line feed.
    pub fn line(&self) -> String {
        with_hash(&json(&self.body), self.hash)
    }

    /// Counts from 1.
    pub const fn sequence(&self) -> u64 {
        self.body.sequence
    }

    /// When it happened.
    pub const fn at(&self) -> Moment {
        self.body.at
    }

    /// What happened.
    pub const fn event(&self) -> &Event {
        &self.body.event
    }

    /// The hash of the record before.
    pub const fn previous(&self) -> Hash {
        self.body.previous
    }

    /// The hash of this record, which the next one names.
    pub const fn hash(&self) -> Hash {
        self.hash
    }
}

fn json(body: &Body) -> String {
    // Texts and numbers under names that are texts: there is nothing that JSON cannot hold.
    serde_json::to_string(body).unwrap_or_default()
}

fn with_hash(body: &str, hash: Hash) -> String {
    let open = body.strip_suffix('}').unwrap_or(body);
    format!(r#"{open},"hash":"{hash}"}}"#)
}
