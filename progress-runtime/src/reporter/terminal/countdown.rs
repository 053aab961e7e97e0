//! The time left, as it is shown: it counts down, and is corrected only when it has drifted.

use std::time::Duration;

/// An estimate this close to the time shown, in milliseconds, is not worth a correction…
const TOLERANCE: u64 = 3_000;
/// …nor is one that is off by less than this part of it.
const RELATIVE_TOLERANCE: u64 = 5;

/// When the run is likely to end, in milliseconds by its own clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Countdown {
    end: Option<u64>,
}

impl Countdown {
    /// Takes an estimate, which replaces the time shown only if the two have drifted apart.
    pub(super) fn update(&mut self, now: u64, estimate: Option<u64>) {
        let Some(estimate) = estimate else {
            self.end = None;
            return;
        };
        let shown = self.end.map(|end| end.saturating_sub(now));
        let is_close = shown.is_some_and(|shown| {
            let tolerance = TOLERANCE + shown.max(estimate) / RELATIVE_TOLERANCE;
            shown.abs_diff(estimate) <= tolerance
        });
        if !is_close {
            self.end = now.checked_add(estimate);
        }
    }

    /// The time left, where it is known.
    pub(super) fn left(&self, now: u64) -> Option<Duration> {
        self.end.map(|end| Duration::from_millis(end.saturating_sub(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::Countdown;

    fn left(countdown: &Countdown, now: u64) -> u64 {
        countdown.left(now).unwrap().as_secs()
    }

    #[test]
    fn it_counts_down_whatever_the_estimates_do_nearby() {
        let mut countdown = Countdown::default();
        countdown.update(0, Some(100_000));
        for (now, estimate) in [(1_000, 104_000), (2_000, 92_000), (3_000, 110_000)] {
            countdown.update(now, Some(estimate));
            assert_eq!(left(&countdown, now), 100 - now / 1_000);
        }
    }

    #[test]
    fn it_is_corrected_when_it_has_drifted() {
        let mut countdown = Countdown::default();
        countdown.update(0, Some(100_000));
        countdown.update(10_000, Some(300_000));
        assert_eq!(left(&countdown, 10_000), 300);
    }

    #[test]
    fn it_shows_nothing_when_there_is_no_estimate_any_more() {
        let mut countdown = Countdown::default();
        countdown.update(0, Some(100_000));
        countdown.update(1_000, None);
        assert_eq!(countdown.left(1_000), None);
    }
}
