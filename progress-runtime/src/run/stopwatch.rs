//! The time that a run has been at work.

use std::time::Duration;

/// Counts the time of a run since it began, without the time in which its process stood still.
#[derive(Debug)]
pub(super) struct Stopwatch {
    began: Duration,
    /// How long the process had stood still when the run began.
    standstill: Duration,
    at_work: Duration,
    was_suspended: bool,
}

impl Stopwatch {
    /// Starts at this time; the process has stood still for `standstill` so far.
    pub(super) fn start(now: Duration, standstill: Duration) -> Self {
        Self { began: now, standstill, at_work: Duration::ZERO, was_suspended: false }
    }

    /// The time at work until now. It never falls.
    pub(super) fn read(&mut self, now: Duration, standstill: Duration) -> Duration {
        let suspended = standstill.saturating_sub(self.standstill);
        self.was_suspended |= !suspended.is_zero();
        let at_work = now.saturating_sub(self.began).saturating_sub(suspended);
        self.at_work = self.at_work.max(at_work);
        self.at_work
    }

    /// Whether the process stood still while the run was at work.
    pub(super) fn was_suspended(&self) -> bool {
        self.was_suspended
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Stopwatch;

    const NONE: Duration = Duration::ZERO;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_suspended_machine_does_no_work() {
        let mut stopwatch = Stopwatch::start(secs(100), secs(7));
        assert_eq!(stopwatch.read(secs(110), secs(7)), secs(10));
        assert!(!stopwatch.was_suspended());
        assert_eq!(stopwatch.read(secs(3_710), secs(3_607)), secs(10));
        assert_eq!(stopwatch.read(secs(3_712), secs(3_607)), secs(12));
        assert!(stopwatch.was_suspended());
    }

    #[test]
    fn a_clock_that_goes_back_stands() {
        let mut stopwatch = Stopwatch::start(secs(0), NONE);
        assert_eq!(stopwatch.read(secs(8), NONE), secs(8));
        assert_eq!(stopwatch.read(secs(5), NONE), secs(8));
        assert_eq!(stopwatch.read(secs(9), NONE), secs(9));
    }
}
