//! Months, as Android counts patch levels, and days.

use alloc::{format, string::String};
use core::time::Duration;

use der::DateTime;

/// Months since the year 0 at a time in seconds since 1970; `None` beyond the year 9999.
pub(super) fn month_of(seconds: u64) -> Option<u64> {
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds)).ok()?;
    Some(u64::from(date.year()) * 12 + u64::from(date.month()) - 1)
}

/// The day of a time in seconds since 1970, as ISO 8601 writes it; `None` beyond the year 9999.
pub(super) fn day_of(seconds: u64) -> Option<String> {
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds)).ok()?;
    Some(format!("{}-{:02}-{:02}", date.year(), date.month(), date.day()))
}

/// Months since the year 0 of a patch level, YYYYMM; `None` if there is no such month.
pub(super) fn month_of_patch(level: u64) -> Option<u64> {
    let (year, month) = (level / 100, level % 100);
    ((1..=12).contains(&month) && (2000..=9999).contains(&year)).then(|| year * 12 + month - 1)
}
