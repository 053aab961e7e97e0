//! The time that a run has been at work.

use std::time::Duration;

/// A pause between two readings that is longer than this is not work: the machine was suspended, or
/// the process was stopped. A run that is observed, or keeps a history, is read ten times a second.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// Counts the time of a run since it began, without the time in which its machine was suspended.
#[derive(Debug)]
pub(super) struct Stopwatch {
    began: Duration,
    latest: Duration,
    suspended: Duration,
    skips_gaps: bool,
}

impl Stopwatch {
    /// A stopwatch that starts at `now`. A manual clock goes as it is told, so its gaps count.
    pub(super) fn start(now: Duration, skips_gaps: bool) -> Self {
        Self { began: now, latest: now, suspended: Duration::ZERO, skips_gaps }
    }

    /// The time at work until `now`. It never falls.
    pub(super) fn read(&mut self, now: Duration) -> Duration {
        let gap = now.saturating_sub(self.latest);
        if self.skips_gaps && gap > LONGEST_GAP {
            self.suspended = self.suspended.saturating_add(gap);
        }
        self.latest = self.latest.max(now);
        self.latest.saturating_sub(self.began).saturating_sub(self.suspended)
    }

    /// Whether some time did not count.
    pub(super) fn was_suspended(&self) -> bool {
        !self.suspended.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Stopwatch;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_suspended_machine_does_no_work() {
        let mut stopwatch = Stopwatch::start(secs(100), true);
        assert_eq!(stopwatch.read(secs(110)), secs(10));
        assert!(!stopwatch.was_suspended());
        assert_eq!(stopwatch.read(secs(3_710)), secs(10));
        assert_eq!(stopwatch.read(secs(3_712)), secs(12));
        assert!(stopwatch.was_suspended());
    }

    #[test]
    fn the_gaps_of_a_manual_clock_count() {
        let mut stopwatch = Stopwatch::start(secs(0), false);
        assert_eq!(stopwatch.read(secs(3_600)), secs(3_600));
        assert!(!stopwatch.was_suspended());
    }

    #[test]
    fn a_clock_that_goes_back_stands() {
        let mut stopwatch = Stopwatch::start(secs(0), true);
        assert_eq!(stopwatch.read(secs(8)), secs(8));
        assert_eq!(stopwatch.read(secs(5)), secs(8));
        assert_eq!(stopwatch.read(secs(9)), secs(9));
    }
}
