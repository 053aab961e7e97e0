//! The time in which the process did not run: its machine was suspended, or it was stopped.

use std::time::{Duration, Instant};

/// The ticker's thread sleeps for a tenth of a second. If it was away for longer than this, so was
/// the whole process.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// Adds up the gaps between the ticks of a thread that does nothing else.
#[derive(Debug)]
pub(super) struct Standstill {
    latest: Option<Instant>,
    total: Duration,
}

impl Standstill {
    pub(super) const fn new() -> Self {
        Self { latest: None, total: Duration::ZERO }
    }

    /// The ticks begin, or go on after a time without any.
    pub(super) fn begin(&mut self, now: Instant) {
        self.latest = Some(now);
    }

    pub(super) fn tick(&mut self, now: Instant) {
        self.total = self.until(now);
        self.latest = Some(now);
    }

    /// All gaps until now, with one that the next tick is about to find.
    pub(super) fn until(&self, now: Instant) -> Duration {
        let gap =
            self.latest.map_or(Duration::ZERO, |latest| now.saturating_duration_since(latest));
        if gap > LONGEST_GAP { self.total.saturating_add(gap) } else { self.total }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Standstill;

    #[test]
    fn only_a_long_gap_counts_and_counts_once() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut standstill = Standstill::new();
        assert_eq!(standstill.until(at(100)), Duration::ZERO);
        standstill.begin(at(100));
        standstill.tick(at(109));
        assert_eq!(standstill.until(at(119)), Duration::ZERO);
        // An hour without a tick: it is there before the ticker wakes up, and after.
        assert_eq!(standstill.until(at(3_709)), Duration::from_secs(3_600));
        standstill.tick(at(3_709));
        assert_eq!(standstill.until(at(3_710)), Duration::from_secs(3_600));
        // Nothing ticks while there is no run.
        standstill.begin(at(9_000));
        assert_eq!(standstill.until(at(9_001)), Duration::from_secs(3_600));
    }
}
