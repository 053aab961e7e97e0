//! The text of the time left: coarse, so that it does not flicker, and counting down.

/// The time left of one run, as it is shown.
///
/// The text keeps to multiples of a step, which is longer the more time there is left. It changes
/// only when the estimate is more than three quarters of a step away from it. Between two estimates
/// the time counts down by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimeLeft {
    latest: Option<Estimate>,
    shown: Option<Shown>,
}

/// When the run is likely to end, in milliseconds by its own clock.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    end: u64,
    /// The earliest and the latest end, where they lie far apart.
    range: Option<[u64; 2]>,
}

/// The time that is shown, in seconds, each a multiple of its step.
#[derive(Clone, Copy, Debug)]
struct Shown {
    left: u64,
    range: Option<[u64; 2]>,
}

impl TimeLeft {
    /// Takes the time left and its range, in milliseconds, as they are estimated `now`.
    pub(super) fn update(&mut self, now: u64, left: Option<u64>, range: Option<[u64; 2]>) {
        // What is shown counts down to now first, with the estimate before.
        self.shown = self.shown_at(now);
        self.latest = left.map(|left| Estimate {
            end: now.saturating_add(left),
            range: range.map(|range| range.map(|left| now.saturating_add(left))),
        });
        self.shown = self.shown_at(now);
    }

    /// The text: `~25s`, `~6m`, or `5–9m` with this dash; `None` while the time left is not known.
    pub(super) fn text(&self, now: u64, dash: &str) -> Option<String> {
        let Shown { left, range } = self.shown_at(now)?;
        let range = range.and_then(|range| range_text(range, dash));
        Some(range.unwrap_or_else(|| format!("~{}", time_text(left))))
    }

    fn shown_at(&self, now: u64) -> Option<Shown> {
        let Estimate { end, range } = self.latest?;
        let left = end.saturating_sub(now);
        match self.shown {
            Some(shown) if shown.is_close_to(left) => Some(shown),
            _ => Some(Shown {
                left: rounded(left),
                range: range.map(|range| range.map(|end| rounded(end.saturating_sub(now)))),
            }),
        }
    }
}

impl Shown {
    fn is_close_to(self, left: u64) -> bool {
        let (shown, step) = (self.left.saturating_mul(1_000), step(left) * 1_000);
        // There is no shorter time to show than the first step.
        let left = left.max(step);
        left.abs_diff(shown) <= step * 3 / 4
    }
}

/// The step of a time in milliseconds, in seconds.
fn step(left: u64) -> u64 {
    match left / 1_000 {
        0..60 => 5,
        60..120 => 10,
        120..600 => 30,
        600..3_600 => 60,
        3_600..36_000 => 300,
        _ => 3_600,
    }
}

/// A time in milliseconds as a multiple of its step, at least one, in seconds.
fn rounded(left: u64) -> u64 {
    let step = step(left);
    let steps = left.saturating_add(step * 500) / (step * 1_000);
    steps.max(1) * step
}

/// `25s`, `1m40s`, `12m`, `1h05m`, `11h`.
fn time_text(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, 0, _) => format!("{hours}h"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// `20–40s`, `5–9m`, `2–5h`: the unit is that of the longer time. `None` if the two are the same in
/// that unit.
fn range_text([shortest, longest]: [u64; 2], dash: &str) -> Option<String> {
    let (unit, name) = match longest {
        0..120 => (1, "s"),
        120..7_200 => (60, "m"),
        _ => (3_600, "h"),
    };
    let (shortest, longest) = (shortest / unit, longest.div_ceil(unit));
    match shortest {
        0 => Some(format!("<{longest}{name}")),
        _ => (shortest < longest).then(|| format!("{shortest}{dash}{longest}{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::TimeLeft;

    /// The texts at the moments of these estimates, in seconds.
    fn texts(estimates: impl IntoIterator<Item = (u64, u64)>) -> Vec<String> {
        let mut shown = TimeLeft::default();
        let mut texts: Vec<String> = Vec::new();
        for (now, left) in estimates {
            shown.update(now * 1_000, Some(left * 1_000), None);
            texts.extend(shown.text(now * 1_000, "–").filter(|text| texts.last() != Some(text)));
        }
        texts
    }

    #[test]
    fn it_counts_down_in_steps() {
        let texts = texts((0..=135).map(|now| (now, 135 - now)));
        let expected = [
            "~2m30s", "~2m", "~1m50s", "~1m40s", "~1m30s", "~1m20s", "~1m10s", "~1m", "~55s",
            "~50s", "~45s", "~40s", "~35s", "~30s", "~25s", "~20s", "~15s", "~10s", "~5s",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn it_does_not_flicker() {
        let texts = texts((0..60).map(|now| (now, if now % 2 == 0 { 352 } else { 341 })));
        assert_eq!(texts, ["~6m"]);
    }

    #[test]
    fn it_is_corrected_when_the_estimate_has_moved() {
        assert_eq!(texts([(0, 100), (10, 300), (20, 7_200)]), ["~1m40s", "~5m", "~2h"]);
    }

    #[test]
    fn between_two_estimates_it_goes_on() {
        let mut shown = TimeLeft::default();
        shown.update(0, Some(100_000), None);
        assert_eq!(shown.text(60_000, "–").as_deref(), Some("~40s"));
        assert_eq!(shown.text(600_000, "–").as_deref(), Some("~5s"));
        shown.update(60_000, None, None);
        assert_eq!(shown.text(60_000, "–"), None);
    }

    #[test]
    fn a_wide_range_is_shown_as_one() {
        let text = |left: u64, low: u64, high: u64| {
            let mut shown = TimeLeft::default();
            shown.update(0, Some(left * 1_000), Some([low * 1_000, high * 1_000]));
            shown.text(0, "–").unwrap()
        };
        assert_eq!(text(400, 290, 530), "5–9m");
        assert_eq!(text(30, 20, 40), "20–40s");
        assert_eq!(text(9_000, 7_200, 18_000), "2–5h");
        assert_eq!(text(60, 31, 240), "<4m");
        assert_eq!(text(600, 600, 600), "~10m");
    }

    #[test]
    fn no_time_overflows() {
        let mut shown = TimeLeft::default();
        shown.update(u64::MAX, Some(u64::MAX), Some([0, u64::MAX]));
        assert!(shown.text(u64::MAX, "–").is_some());
        assert!(shown.text(0, "–").is_some());
    }
}
