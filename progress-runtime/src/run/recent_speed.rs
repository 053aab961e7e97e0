//! An estimate of the time that is left, from samples of the time and the value.
//!
//! The estimate is the recent speed, over the [`Window`] of the last changes:
//!
//! - Changes that follow each other within a second are one point, at the time of the last. So a
//!   value that jumps before any time has passed gives no speed: what was there before, or was
//!   skipped at once.
//! - Between two points the time left counts down, as the last change has earned the time since.
//!   It grows again only when the next change is overdue.
//! - A pause that is much longer than the steps after it ends the window.
//!
//! Only readers take samples; an update of the work does nothing for this.

use std::collections::VecDeque;
use std::time::Duration;

/// Changes within this time after a point belong to it.
const MERGE: Duration = Duration::from_secs(1);
/// How many points are kept.
const MAX_POINTS: usize = 128;
/// The least time that a window spans, unless a pause ends it.
const SHORTEST: Duration = Duration::from_secs(10);
/// The longest time that a window needs to span.
const LONGEST: Duration = Duration::from_secs(120);
/// The steps of a window that is full.
const FULL_STEPS: u32 = 8;
/// With more steps than this, a little progress is enough. The first of fewer may be a pause.
const SOME_STEPS: u32 = 3;
/// A step that takes so many times the average of the later ones is a pause.
const PAUSE: u32 = 10;
/// The least progress for an estimate, as a part of the whole: with some steps, and with few.
const ENOUGH_PROGRESS: u64 = 200;
const ENOUGH_PROGRESS_IN_FEW_STEPS: u64 = 20;

/// The samples of a run, as far as they are needed.
#[derive(Debug, Default)]
pub(super) struct RecentSpeed {
    points: VecDeque<Point>,
    /// The value at the first sample.
    base: u64,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    /// The time of the first change.
    at: Duration,
    /// The time and the value of the last one.
    changed: Duration,
    value: u64,
}

/// The last points, over which the speed is measured.
struct Window {
    steps: u32,
    span: Duration,
    gained: u64,
    /// Whether the time before the window was a pause.
    is_after_pause: bool,
}

impl RecentSpeed {
    /// Takes a sample. The value and the time never fall.
    pub(super) fn sample(&mut self, now: Duration, value: u64) {
        let Some(last) = self.points.back_mut() else {
            self.points.push_back(Point { at: now, changed: now, value });
            self.base = value;
            return;
        };
        if value <= last.value {
            return;
        }
        if now.saturating_sub(last.at) < MERGE {
            (last.changed, last.value) = (now, value);
            if self.points.len() == 1 {
                self.base = value;
            }
            return;
        }
        if self.points.len() == MAX_POINTS {
            self.points.pop_front();
        }
        self.points.push_back(Point { at: now, changed: now, value });
    }

    /// The time left until the value is `full`; `None` while it cannot be known.
    pub(super) fn left(&self, now: Duration, full: u64) -> Option<Duration> {
        let last = self.points.back()?;
        let window = self.window()?;
        let progress = last.value.saturating_sub(self.base);
        let enough = match window.steps {
            0..=SOME_STEPS if !window.is_after_pause => full / ENOUGH_PROGRESS_IN_FEW_STEPS,
            _ => full / ENOUGH_PROGRESS,
        };
        let has_time = window.span >= SHORTEST || window.is_after_pause;
        if window.gained == 0 || progress < enough || !has_time {
            return None;
        }
        let step = window.span / window.steps;
        let idle = now.saturating_sub(last.changed);
        // A change that is overdue makes the speed fall as if it came now.
        let overdue = idle.saturating_sub(step);
        let span = window.span.saturating_add(overdue);
        let left = full.saturating_sub(last.value);
        let left = span.as_nanos().saturating_mul(u128::from(left)) / u128::from(window.gained);
        let left = Duration::from_nanos(u64::try_from(left).ok()?);
        Some(left.saturating_sub(idle.min(step)))
    }

    /// The window that ends with the last point; `None` where there is only one.
    fn window(&self) -> Option<Window> {
        let first = self.points.front()?;
        let last = self.points.back()?;
        let wanted = (last.changed.saturating_sub(first.changed) / 10).clamp(SHORTEST, LONGEST);
        let mut window =
            Window { steps: 0, span: Duration::ZERO, gained: 0, is_after_pause: false };
        for point in self.points.iter().rev().skip(1) {
            let span = last.changed.saturating_sub(point.changed);
            let step = span.saturating_sub(window.span);
            if window.steps >= SOME_STEPS && step > window.span * PAUSE / window.steps {
                window.is_after_pause = true;
                break;
            }
            window.steps += 1;
            window.span = span;
            window.gained = last.value.saturating_sub(point.value);
            if window.steps >= FULL_STEPS && span >= wanted {
                break;
            }
        }
        (window.steps > 0).then_some(window)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RecentSpeed;

    const FULL: u64 = 1_000_000;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The seconds left, at a time in milliseconds.
    fn left(speed: &RecentSpeed, now: u64) -> Option<u64> {
        speed.left(ms(now), FULL).map(|left| left.as_secs_f64().round() as u64)
    }

    /// Samples `value`, in parts per thousand, every 100 ms from `from` up to `to`.
    fn run(speed: &mut RecentSpeed, from: u64, to: u64, value: impl Fn(u64) -> f64) {
        for now in (from..=to).step_by(100) {
            speed.sample(ms(now), (value(now) * FULL as f64 / 1_000.0) as u64);
        }
    }

    #[test]
    fn nothing_is_known_at_first_and_then_the_speed_goes_on() {
        let mut steady = RecentSpeed::default();
        assert_eq!(left(&steady, 0), None);
        run(&mut steady, 0, 9_000, |now| now as f64 / 100.0);
        assert_eq!(left(&steady, 9_000), None);
        run(&mut steady, 9_100, 25_000, |now| now as f64 / 100.0);
        assert_eq!(left(&steady, 25_000), Some(75));
    }

    #[test]
    fn what_was_there_before_is_no_speed() {
        // 900 of 1,000 units are on the disk already; then there is one a second.
        let mut resumed = RecentSpeed::default();
        resumed.sample(ms(0), 0);
        run(&mut resumed, 100, 20_000, |now| 900.0 + (now / 1_000) as f64);
        assert_eq!(left(&resumed, 20_000), Some(80));
        assert_eq!(left(&resumed, 20_500), Some(80));

        // A clock that goes on by whole seconds.
        let mut coarse = RecentSpeed::default();
        coarse.sample(ms(0), 0);
        (1..=20).for_each(|second| coarse.sample(ms(second * 1_000), (900 + second) * 1_000));
        assert_eq!(left(&coarse, 20_000), Some(80));
    }

    #[test]
    fn what_was_skipped_at_once_is_no_speed() {
        // Nine of ten files are in the cache; the last one takes 40 s.
        let mut cached = RecentSpeed::default();
        cached.sample(ms(0), 0);
        run(&mut cached, 100, 12_000, |now| 900.0 + now as f64 / 400.0);
        assert_eq!(left(&cached, 12_000), Some(28));

        // The files in the cache come after a slow one.
        let mut later = RecentSpeed::default();
        run(&mut later, 0, 40_000, |now| now as f64 / 400.0);
        run(&mut later, 40_100, 52_000, |now| 800.0 + now as f64 / 400.0);
        assert_eq!(left(&later, 52_000), Some(28));
    }

    #[test]
    fn between_bursts_the_time_left_falls() {
        // 20 of 100 come every 20 s.
        let mut bursts = RecentSpeed::default();
        let value = |now: u64| (now / 20_000 * 200) as f64;
        run(&mut bursts, 0, 20_000, value);
        assert_eq!(left(&bursts, 20_000), Some(80));
        for seconds in (25..=95).step_by(5) {
            run(&mut bursts, (seconds - 5) * 1_000 + 100, seconds * 1_000, value);
            assert_eq!(left(&bursts, seconds * 1_000), Some(100 - seconds));
        }
    }

    #[test]
    fn a_burst_that_is_overdue_makes_the_time_left_grow() {
        let mut bursts = RecentSpeed::default();
        run(&mut bursts, 0, 20_000, |now| (now / 20_000 * 200) as f64);
        assert_eq!(left(&bursts, 40_000), Some(60));
        assert_eq!(left(&bursts, 50_000), Some(100));
        assert_eq!(left(&bursts, 60_000), Some(140));
    }

    #[test]
    fn after_a_long_wait_the_recent_speed_counts() {
        let hour = 3_600_000;
        let mut late = RecentSpeed::default();
        run(&mut late, 0, hour, |_| 0.0);
        assert_eq!(left(&late, hour), None);
        let value = |now: u64| ((now - hour) / 1_000 * 10) as f64;
        for seconds in 1..=50 {
            let now = hour + seconds * 1_000;
            run(&mut late, now - 900, now, value);
            let expected = (seconds > 3).then_some(100 - seconds);
            assert_eq!(left(&late, now), expected, "after {seconds} s");
        }
    }

    #[test]
    fn a_long_run_keeps_a_bounded_number_of_points() {
        let mut long = RecentSpeed::default();
        run(&mut long, 0, 1_000_000, |now| now as f64 / 10_000.0);
        assert_eq!(long.points.len(), super::MAX_POINTS);
        assert_eq!(left(&long, 1_000_000), Some(9_000));
    }

    #[test]
    fn a_value_that_stands_or_falls_changes_nothing() {
        let mut speed = RecentSpeed::default();
        for value in [0, 0, 300_000, 200_000, 300_000] {
            speed.sample(ms(20_000), value);
        }
        assert_eq!(left(&speed, 40_000), None);
    }
}
