//! Google's list of certificates that are no longer to be believed.

use alloc::{collections::BTreeMap, string::String};

use serde::Deserialize;
use thiserror::Error;

/// The list in the format of `https://android.googleapis.com/attestation/status`: serial numbers in
/// hexadecimal, lower case, without leading zeros.
///
/// ```
/// use wardkey_core::attestation::verdict::{RevocationList, Status};
///
/// let list = RevocationList::parse(
///     r#"{"entries": {"2c8cdddfd5e03bfc": {"status": "REVOKED", "reason": "KEY_COMPROMISE"}}}"#,
/// )?;
/// assert_eq!(list.status(&[0x00, 0x2c, 0x8c, 0xdd, 0xdf, 0xd5, 0xe0, 0x3b, 0xfc]), Some(Status::Revoked));
/// assert_eq!(list.status(&[1]), None);
/// # Ok::<(), wardkey_core::attestation::verdict::InvalidRevocationList>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RevocationList {
    entries: BTreeMap<String, Entry>,
    /// Seconds since 1970.
    #[serde(skip)]
    date: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Entry {
    status: Status,
}

/// What has become of a certificate.
///
/// ```
/// use wardkey_core::attestation::verdict::{RevocationList, Status};
///
/// let list = RevocationList::parse(r#"{"entries": {"1": {"status": "SUSPENDED"}}}"#)?;
/// assert_eq!(list.status(&[1]), Some(Status::Suspended));
/// // A word of the future is not skipped.
/// assert!(RevocationList::parse(r#"{"entries": {"1": {"status": "DOUBTED"}}}"#).is_err());
/// # Ok::<(), wardkey_core::attestation::verdict::InvalidRevocationList>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Status {
    /// For good.
    #[serde(rename = "REVOKED")]
    Revoked,
    /// For now.
    #[serde(rename = "SUSPENDED")]
    Suspended,
}

/// The file is not a revocation list.
///
/// ```
/// use wardkey_core::attestation::verdict::{InvalidRevocationList, RevocationList};
///
/// let error: InvalidRevocationList = RevocationList::parse("{}").unwrap_err();
/// assert_eq!(error.to_string(), "not a revocation list: missing field `entries` at line 1 column 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a revocation list: {0}")]
pub struct InvalidRevocationList(String);

impl RevocationList {
    /// Reads the list. A status that is unknown makes it unreadable: to skip it might be to believe.
    pub fn parse(json: &str) -> Result<Self, InvalidRevocationList> {
        serde_json::from_str(json).map_err(|error| InvalidRevocationList(alloc::format!("{error}")))
    }

    /// The same list, with the time it was fetched at (seconds since 1970). The list itself does not say, and a
    /// policy takes none whose age nobody knows.
    ///
    /// ```
    /// use wardkey_core::attestation::verdict::RevocationList;
    ///
    /// let list = RevocationList::parse(r#"{"entries": {}}"#)?;
    /// assert_eq!(list.date(), None);
    /// assert_eq!(list.as_of(1_795_000_000).date(), Some(1_795_000_000));
    /// # Ok::<(), wardkey_core::attestation::verdict::InvalidRevocationList>(())
    /// ```
    #[must_use]
    pub fn as_of(self, seconds: u64) -> Self {
        Self { date: Some(seconds), ..self }
    }

    /// When it was fetched, in seconds since 1970, if that is known.
    ///
    /// ```
    /// use wardkey_core::attestation::verdict::RevocationList;
    ///
    /// let list = RevocationList::default().as_of(1_795_000_000);
    /// assert_eq!(list.date(), Some(1_795_000_000));
    /// ```
    pub const fn date(&self) -> Option<u64> {
        self.date
    }

    /// How many whole days before `now`, in seconds since 1970, it was fetched, if that is known.
    ///
    /// ```
    /// use wardkey_core::attestation::verdict::RevocationList;
    ///
    /// let list = RevocationList::default();
    /// assert_eq!(list.days_old(1_795_000_000), None);
    /// assert_eq!(list.as_of(1_795_000_000 - 100_000).days_old(1_795_000_000), Some(1));
    /// ```
    pub fn days_old(&self, now: u64) -> Option<u64> {
        const DAY: u64 = 86_400;
        Some(now.saturating_sub(self.date?) / DAY)
    }

    /// What the list says of a serial number, big-endian.
    pub fn status(&self, serial: &[u8]) -> Option<Status> {
        let digits = base16ct::lower::encode_string(serial);
        self.entries.get(digits.trim_start_matches('0')).map(|entry| entry.status)
    }
}
