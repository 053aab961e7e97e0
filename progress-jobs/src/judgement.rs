//! Whether a worker may say that others are dead: not where it was cut off itself, since they may
//! have been as well.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Databases keep whole seconds of when a worker was seen.
const ROUNDING: Duration = Duration::from_secs(1);

/// What a worker knows of its own silence.
#[derive(Debug)]
pub(crate) struct Judgement {
    beat: Duration,
    dead_after: Duration,
    last_beat: Option<Moment>,
    /// Whether the last beat came late.
    was_late: bool,
    suspended_until: Option<Instant>,
}

/// A moment by both clocks. That of the system can be set, and goes on while the machine sleeps; the
/// database goes by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    instant: Instant,
    date: SystemTime,
}

impl Judgement {
    pub(crate) fn new(beat: Duration, dead_after: Duration) -> Self {
        Self { beat, dead_after, last_beat: None, was_late: false, suspended_until: None }
    }

    /// The worker is on the list. Where the database may have been away for all, they may be about
    /// to return.
    pub(crate) fn begin(&mut self, now: Moment, may_be_away: bool) {
        self.last_beat = Some(now);
        if may_be_away {
            self.suspended_until = Some(now.instant + self.dead_after);
        }
    }

    /// The worker has said that it is alive.
    pub(crate) fn beat(&mut self, now: Moment) {
        let last = self.last_beat.replace(now).unwrap_or(now);
        let silence = now.since(last);
        self.was_late = silence >= self.in_time();
        if silence >= self.dead_after {
            self.suspended_until = Some(now.instant + 2 * self.dead_after);
        }
    }

    pub(crate) fn is_allowed(&self, now: Moment) -> bool {
        // One that is late time and again is slow, and the others have beaten in between.
        let allowed = if self.was_late { self.dead_after } else { self.in_time() };
        self.suspended_until.is_none_or(|until| until <= now.instant)
            && self.last_beat.is_none_or(|last| now.since(last) < allowed)
    }

    /// The silence from which on others may seem dead that were cut off together with this worker:
    /// their last beat was up to one beat before its own.
    fn in_time(&self) -> Duration {
        let in_time = self.dead_after.saturating_sub(self.beat + ROUNDING);
        in_time.max(self.beat * 3 / 2).min(self.dead_after)
    }
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { instant: Instant::now(), date: SystemTime::now() }
    }

    /// The longer one of the times by both clocks.
    fn since(self, earlier: Self) -> Duration {
        let by_date = self.date.duration_since(earlier.date).unwrap_or_default();
        self.instant.duration_since(earlier.instant).max(by_date)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Judgement, Moment};

    const BEAT: Duration = Duration::from_secs(2);
    const DEAD_AFTER: Duration = Duration::from_secs(6);

    fn begun(now: Moment, may_be_away: bool) -> Judgement {
        let mut judgement = Judgement::new(BEAT, DEAD_AFTER);
        judgement.begin(now, may_be_away);
        judgement
    }

    fn later(moment: Moment, by_instant: u64, by_date: u64) -> Moment {
        Moment {
            instant: moment.instant + Duration::from_secs(by_instant),
            date: moment.date + Duration::from_secs(by_date),
        }
    }

    #[test]
    fn a_worker_judges_unless_it_was_silent_itself_by_either_clock() {
        let start = Moment::now();
        for (by_instant, by_date, expected) in
            [(2, 2, true), (2, 0, true), (60, 60, false), (2, 3_600, false), (60, 0, false)]
        {
            let mut judgement = begun(start, false);
            let now = later(start, by_instant, by_date);
            assert_eq!(judgement.is_allowed(now), expected, "{by_instant} {by_date}");
            judgement.beat(now);
            let soon = later(now, 2, 2);
            assert_eq!(judgement.is_allowed(soon), expected, "others beat first");
            for seconds in [2, 4, 6, 8, 10] {
                judgement.beat(later(now, seconds, seconds));
            }
            assert!(judgement.is_allowed(later(now, 12, 12)));
        }
    }

    /// What keeps all from the database for 4 seconds makes those silent for 6 that had beaten 2
    /// seconds before.
    #[test]
    fn a_worker_that_was_late_itself_lets_the_others_beat_first() {
        let start = Moment::now();
        let mut judgement = begun(start, false);
        let now = later(start, 4, 4);
        assert!(!judgement.is_allowed(now));
        judgement.beat(now);
        assert!(judgement.is_allowed(later(now, 2, 2)));
        judgement.beat(later(now, 2, 2));
        assert!(!judgement.is_allowed(later(now, 6, 6)));
    }

    #[test]
    fn a_worker_that_is_always_late_judges_all_the_same() {
        let start = Moment::now();
        let mut judgement = begun(start, false);
        judgement.beat(later(start, 4, 4));
        for seconds in [8, 12, 16] {
            assert!(judgement.is_allowed(later(start, seconds, seconds)));
            judgement.beat(later(start, seconds, seconds));
        }
    }

    #[test]
    fn a_worker_that_beats_in_time_judges_whatever_its_pace() {
        let start = Moment::now();
        for (beat, dead_after) in [(2, 2), (2, 3), (2, 6), (5, 30)] {
            let pace = (Duration::from_secs(beat), Duration::from_secs(dead_after));
            let mut judgement = Judgement::new(pace.0, pace.1);
            judgement.begin(start, false);
            let soon = Moment { instant: start.instant + pace.0 * 9 / 10, ..start };
            assert!(judgement.is_allowed(soon), "{pace:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_from_judging() {
        let start = Moment::now();
        let judgement = begun(start, false);
        let now = Moment { date: start.date - Duration::from_secs(3_600), ..later(start, 2, 0) };
        assert!(judgement.is_allowed(now));
    }

    #[test]
    fn a_worker_of_a_remote_database_waits_for_the_others_first() {
        let start = Moment::now();
        let mut judgement = begun(start, true);
        for seconds in [2, 4] {
            judgement.beat(later(start, seconds, seconds));
        }
        assert!(!judgement.is_allowed(later(start, 5, 5)));
    }
}
