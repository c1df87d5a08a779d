use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The end of the year 9999: later ones cannot be written in four digits.
const LAST_MILLISECOND: i64 = 253_402_300_799_999;

/// A point in time: milliseconds since 1970, UTC, between 1970 and 9999.
///
/// ```
/// use wardkey_evidence::Moment;
///
/// let moment = Moment::from_millis(1_795_000_000_123);
/// assert_eq!(moment.to_string(), "2026-11-18T11:06:40.123Z");
/// assert_eq!("2026-11-18T11:06:40.123Z".parse(), Ok(moment));
/// assert_eq!((moment.millis(), moment.seconds()), (1_795_000_000_123, 1_795_000_000));
///
/// let quarter = std::time::Duration::from_mins(15);
/// assert_eq!((moment + quarter).since(moment), quarter);
/// assert!(moment.since(moment + quarter).is_zero(), "yet to come");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// Not a time as this log writes it, such as `2026-11-18T11:06:40.123Z`.
///
/// ```
/// use wardkey_evidence::{InvalidMoment, Moment};
///
/// assert_eq!("yesterday".parse::<Moment>(), Err(InvalidMoment));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2026-11-18T11:06:40.123Z")]
pub struct InvalidMoment;

impl Moment {
    /// That many milliseconds after 1970; what lies outside the range becomes its end.
    pub const fn from_millis(millis: i64) -> Self {
        match millis {
            ..0 => Self(0),
            0..=LAST_MILLISECOND => Self(millis),
            _ => Self(LAST_MILLISECOND),
        }
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0.unsigned_abs() / 1000
    }

    /// How long ago `earlier` was; nothing if it is yet to come.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.unsigned_abs())
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_millis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_millis(self.system_time()).fmt(formatter)
    }
}

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let moment = Self::from(humantime::parse_rfc3339(text).map_err(|_| InvalidMoment)?);
        // One moment, one text: otherwise two lines could say the same.
        if moment.to_string() == text { Ok(moment) } else { Err(InvalidMoment) }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
