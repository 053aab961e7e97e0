//! The time that is left, as people are told it: coarse, counting down, corrected when it drifts.

use std::time::Duration;

/// Estimates nearer to what was said than this are not worth a correction…
const PATIENCE: u64 = 3_000;
/// …nor are those off by less than one part in so many.
const TOLERANCE: u64 = 5;

/// When the run will likely end, in milliseconds of its own clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Countdown {
    end: Option<u64>,
}

impl Countdown {
    /// Takes an estimate in: it replaces the one before only where the two have drifted apart.
    pub(super) fn update(&mut self, now: u64, estimate: Option<u64>) {
        let Some(estimate) = estimate else {
            self.end = None;
            return;
        };
        let said = self.end.map(|end| end.saturating_sub(now));
        let holds = said.is_some_and(|said| {
            said.abs_diff(estimate) <= PATIENCE + said.max(estimate) / TOLERANCE
        });
        if !holds {
            self.end = now.checked_add(estimate);
        }
    }

    /// The time left, where it is known.
    pub(super) fn left(&self, now: u64) -> Option<Duration> {
        self.end.map(|end| Duration::from_millis(end.saturating_sub(now)))
    }
}

/// `~2h10m`, `~6m`, `~40s`: rounded up, as nobody minds a job that is done early.
pub(super) fn coarse(left: Duration) -> String {
    let seconds = left.as_millis().div_ceil(1_000);
    match seconds {
        0..=5 => "~5s".to_owned(),
        6..=50 => format!("~{}s", seconds.div_ceil(10) * 10),
        51..=3_540 => format!("~{}m", seconds.div_ceil(60)),
        _ => {
            let tens = seconds.div_ceil(600);
            format!("~{}h{:02}m", tens / 6, tens % 6 * 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Countdown, coarse};

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
    fn nothing_is_said_of_what_is_not_known_any_more() {
        let mut countdown = Countdown::default();
        countdown.update(0, Some(100_000));
        countdown.update(1_000, None);
        assert_eq!(countdown.left(1_000), None);
    }

    #[test]
    fn times_are_coarse() {
        let said = |seconds| coarse(Duration::from_secs(seconds));
        assert_eq!(said(0), "~5s");
        assert_eq!(said(11), "~20s");
        assert_eq!(said(50), "~50s");
        assert_eq!(said(51), "~1m");
        assert_eq!(said(340), "~6m");
        assert_eq!(said(3_541), "~1h00m");
        assert_eq!(said(4_900), "~1h30m");
        assert_eq!(said(86_400), "~24h00m");
    }
}
