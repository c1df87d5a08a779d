//! What a check finds.

use alloc::string::String;

use super::{Check, Grade, Line, policy::Demand};

/// Grade, value and reason, before they become a line.
pub(super) struct Finding(Grade, String, &'static str);

impl Finding {
    pub(super) fn pass(value: impl Into<String>, reason: &'static str) -> Self {
        Self(Grade::Pass, value.into(), reason)
    }

    pub(super) fn warn(value: impl Into<String>, reason: &'static str) -> Self {
        Self(Grade::Warn, value.into(), reason)
    }

    pub(super) fn fail(value: impl Into<String>, reason: &'static str) -> Self {
        Self(Grade::Fail, value.into(), reason)
    }

    /// A shortcoming that is as serious as the policy says.
    pub(super) fn short(demand: Demand, value: impl Into<String>, reason: &'static str) -> Self {
        let grade = match demand {
            Demand::Require => Grade::Fail,
            Demand::Warn => Grade::Warn,
            Demand::Ignore => Grade::Pass,
        };
        Self(grade, value.into(), reason)
    }

    pub(super) fn line(self, check: Check) -> Line {
        Line { check, grade: self.0, value: self.1, reason: self.2.into() }
    }
}
