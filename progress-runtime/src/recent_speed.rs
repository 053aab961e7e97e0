//! The recent speed of what is counted, and the time that is left, from samples of the time and the
//! value.
//!
//! The speed is that over the [`Window`] of the last changes:
//!
//! - Changes that follow each other within a second are one point, at the time of the last. So a
//!   value that jumps before any time has passed gives no speed: what was there before, or was
//!   skipped at once.
//! - Between two points the time left counts down, as the last change has earned the time since.
//!   It grows again only when the next change is overdue.
//! - A pause that is much longer than the steps after it ends the window.
//! - One gain that is much larger than any other, in no more time, is a jump, as over what is in a
//!   cache: it counts as the largest of the others.
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
/// A gain of so many times the second largest is a jump.
const JUMP: u64 = 10;
/// The least progress for an estimate, as a part of the whole: with some steps, and with few.
const ENOUGH_PROGRESS: u64 = 200;
const ENOUGH_PROGRESS_IN_FEW_STEPS: u64 = 20;

/// The samples of a run, as far as they are needed.
#[derive(Debug, Default)]
pub(crate) struct RecentSpeed {
    points: VecDeque<Point>,
    /// The value at the first sample.
    base: u64,
    /// The latest value.
    latest: u64,
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
    pub(crate) fn sample(&mut self, now: Duration, value: u64) {
        self.latest = self.latest.max(value);
        let is_first = self.points.len() == 1;
        let Some(last) = self.points.back_mut() else {
            self.points.push_back(Point { at: now, changed: now, value });
            self.base = value;
            return;
        };
        if value <= last.value {
            return;
        }
        if now == last.changed && !is_first {
            // No time has passed since the last change, as on a clock that a test drives: this one
            // belongs to the time that comes.
            return;
        }
        if now.saturating_sub(last.at) < MERGE {
            (last.changed, last.value) = (now, value);
            if is_first {
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
    pub(crate) fn left(&self, now: Duration, full: u64) -> Option<Duration> {
        let last = self.points.back()?;
        let window = self.window(LONGEST)?;
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
        let left = full.saturating_sub(self.latest);
        let left = span.as_nanos().saturating_mul(u128::from(left)) / u128::from(window.gained);
        let left = Duration::from_nanos(u64::try_from(left).ok()?);
        Some(left.saturating_sub(idle.min(step)))
    }

    /// The latest value.
    pub(crate) fn latest(&self) -> Option<u64> {
        self.points.back().map(|_| self.latest)
    }

    /// The speed over the last seconds, a second; `None` while it cannot be known. It is 0 after a
    /// pause that is much longer than the steps before it.
    pub(crate) fn rate(&self, now: Duration) -> Option<f64> {
        let last = self.points.back()?;
        let window = self.window(SHORTEST)?;
        if window.span < MERGE / 2 {
            return None;
        }
        let step = window.span / window.steps;
        let idle = now.saturating_sub(last.changed);
        if idle > SHORTEST + step * PAUSE {
            return Some(0.0);
        }
        let span = window.span + idle.saturating_sub(step);
        Some(window.gained as f64 / span.as_secs_f64())
    }

    /// The window that ends with the last point, and spans at most `longest` if it has enough
    /// steps; `None` where there is only one point.
    fn window(&self, longest: Duration) -> Option<Window> {
        let first = self.points.front()?;
        let last = self.points.back()?;
        let wanted = (last.changed.saturating_sub(first.changed) / 10).clamp(SHORTEST, longest);
        let mut window =
            Window { steps: 0, span: Duration::ZERO, gained: 0, is_after_pause: false };
        let largest = self.largest_gain();
        for (point, next) in self.points.iter().zip(self.points.iter().skip(1)).rev() {
            let span = last.changed.saturating_sub(point.changed);
            let step = span.saturating_sub(window.span);
            if window.steps >= SOME_STEPS && step > window.span * PAUSE / window.steps {
                window.is_after_pause = true;
                break;
            }
            window.steps += 1;
            window.span = span;
            let gained = next.value.saturating_sub(point.value);
            window.gained += gained.min(largest);
            if window.steps >= FULL_STEPS && span >= wanted {
                break;
            }
        }
        (window.steps > 0).then_some(window)
    }

    /// The largest gain between two points that is no jump.
    fn largest_gain(&self) -> u64 {
        let steps = self.points.iter().zip(self.points.iter().skip(1)).map(|(point, next)| {
            let time = next.changed.saturating_sub(point.changed);
            (next.value.saturating_sub(point.value), time)
        });
        let (mut largest, mut second, mut sum) = ((0, Duration::ZERO), 0, Duration::ZERO);
        for step in steps {
            sum += step.1;
            if step.0 > largest.0 {
                (largest, second) = (step, largest.0);
            } else {
                second = second.max(step.0);
            }
        }
        let is_short = || largest.1 * (self.points.len() as u32 - 1) <= sum * 2;
        if second > 0 && largest.0 / second >= JUMP && is_short() { second } else { largest.0 }
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
    fn what_follows_a_change_in_no_time_belongs_to_the_time_that_comes() {
        // One a second, and each is looked at before and after the clock has moved.
        let mut looked_at = RecentSpeed::default();
        for second in 0..=20 {
            looked_at.sample(ms(second * 1_000), second * 1_000);
            looked_at.sample(ms(second * 1_000), (second + 1) * 1_000);
        }
        assert_eq!(left(&looked_at, 20_000), Some(979));
    }

    #[test]
    fn a_jump_in_steady_work_is_no_speed() {
        // One a second; after 50 of 100 come 40 that are in the cache.
        let mut jump = RecentSpeed::default();
        let value = |now: u64| now as f64 / 100.0 + if now >= 50_000 { 400.0 } else { 0.0 };
        for second in 0..=59 {
            jump.sample(ms(second * 1_000), (value(second * 1_000) * FULL as f64 / 1_000.0) as u64);
            let now = second * 1_000;
            let expected = if second < 50 { 100 - second } else { 60 - second };
            assert_eq!(left(&jump, now), (second >= 10).then_some(expected), "after {second} s");
        }
    }

    #[test]
    fn a_long_step_that_brings_much_is_no_jump() {
        // Nine items of 1 s, and one of 50 s that is worth as much as 50.
        let mut items = RecentSpeed::default();
        for second in 0..=9 {
            items.sample(ms(second * 1_000), second * 5_000);
        }
        items.sample(ms(59_000), 295_000);
        assert_eq!(left(&items, 59_000), Some(141));
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

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut rate = RecentSpeed::default();
        // What was there before is no speed.
        rate.sample(ms(0), 0);
        rate.sample(ms(10), 500_000);
        assert_eq!(rate.rate(ms(10)), None);
        for tenth in 1..=300 {
            let fast = 340_000 * tenth;
            rate.sample(ms(tenth * 100), 500_000 + fast);
        }
        assert_eq!(rate.rate(ms(30_000)).map(f64::round), Some(3_400_000.0));
        let before = 500_000 + 340_000 * 300;
        for tenth in 1..=150 {
            rate.sample(ms(30_000 + tenth * 100), before + 10_000 * tenth);
        }
        assert_eq!(rate.rate(ms(45_000)).map(f64::round), Some(100_000.0));
        assert_eq!(rate.rate(ms(100_000)), Some(0.0), "after a pause");
    }

    #[test]
    fn the_rate_of_what_comes_rarely_is_that_of_several_steps() {
        let mut rate = RecentSpeed::default();
        for step in 0..10 {
            rate.sample(ms(step * 30_000), step);
        }
        assert_eq!(rate.rate(ms(275_000)), Some(1.0 / 30.0));
        assert_eq!(rate.rate(ms(330_000)), Some(8.0 / 270.0), "the next one is overdue");
    }
}
