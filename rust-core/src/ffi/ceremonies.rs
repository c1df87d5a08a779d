//! One ceremony at a time.

use std::sync::atomic::{AtomicU64, Ordering};

/// Whether a ceremony is under way, and whether one was since somebody looked.
#[derive(Default)]
pub(super) struct Ceremonies {
    /// How often one began or ended: odd while one is under way.
    turns: AtomicU64,
}

impl Ceremonies {
    /// Begins one, unless one is under way.
    pub(super) fn begin(&self) -> Option<Ceremony<'_>> {
        let next = |turns: u64| turns.is_multiple_of(2).then(|| turns + 1);
        self.turns.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).ok()?;
        Some(Ceremony(self))
    }

    /// The time without a ceremony that it is now, if it is.
    pub(super) fn quiet(&self) -> Option<Quiet<'_>> {
        let since = self.turns.load(Ordering::Acquire);
        since.is_multiple_of(2).then_some(Quiet { ceremonies: self, since })
    }
}

/// A ceremony in progress; over when dropped, however it ends.
pub(super) struct Ceremony<'a>(&'a Ceremonies);

impl Drop for Ceremony<'_> {
    fn drop(&mut self) {
        self.0.turns.fetch_add(1, Ordering::AcqRel);
    }
}

/// A time without a ceremony.
pub(super) struct Quiet<'a> {
    ceremonies: &'a Ceremonies,
    since: u64,
}

impl Quiet<'_> {
    /// Whether it lasted until now: none began, not even one that is over.
    pub(super) fn lasts(&self) -> bool {
        self.ceremonies.turns.load(Ordering::Acquire) == self.since
    }
}

#[cfg(test)]
mod tests {
    use super::Ceremonies;

    #[test]
    fn a_quiet_time_ends_with_the_next_ceremony() {
        let ceremonies = Ceremonies::default();
        let quiet = ceremonies.quiet().unwrap();
        assert!(quiet.lasts());
        let ceremony = ceremonies.begin().unwrap();
        assert!(ceremonies.begin().is_none());
        assert!(ceremonies.quiet().is_none());
        assert!(!quiet.lasts());
        drop(ceremony);
        assert!(!quiet.lasts());
        assert!(ceremonies.quiet().unwrap().lasts());
        assert!(ceremonies.begin().is_some());
    }
}
