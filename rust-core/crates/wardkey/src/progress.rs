//! Progress on standard error: each step as it happens, with the time since the start.

use std::{fmt::Display, time::Instant};

use wardkey_core::hybrid::Stage;

use crate::output::tell;

/// Tells the tester where a ceremony stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    start: Instant,
    who: &'static str,
}

impl Progress {
    /// Starts the clock; `who` is the part that is being played.
    pub(crate) fn start(who: &'static str) -> Self {
        Self { start: Instant::now(), who }
    }

    /// Another part on the same clock.
    pub(crate) const fn of(self, who: &'static str) -> Self {
        Self { who, ..self }
    }

    pub(crate) fn stage(self, stage: Stage) {
        self.step(stage);
    }

    pub(crate) fn step(self, what: impl Display) {
        let seconds = self.start.elapsed().as_secs_f64();
        tell(format_args!("{seconds:7.3} s  {:<12} {what}", self.who));
    }
}
