//! Whether a worker may say that others are dead: not where it was cut off itself, since they may
//! have been as well.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// What a worker knows of its own silence.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    last_beat: Option<Moment>,
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
    /// The worker is on the list. Where the database may have been away for all, they may be about
    /// to return.
    pub(crate) fn begin(&mut self, now: Moment, dead_after: Duration, may_be_away: bool) {
        self.last_beat = Some(now);
        if may_be_away {
            self.suspended_until = Some(now.instant + dead_after);
        }
    }

    /// The worker has said that it is alive.
    pub(crate) fn beat(&mut self, now: Moment, dead_after: Duration) {
        let last = self.last_beat.replace(now).unwrap_or(now);
        if now.since(last) >= dead_after {
            self.suspended_until = Some(now.instant + 2 * dead_after);
        }
    }

    pub(crate) fn is_allowed(&self, now: Moment, dead_after: Duration) -> bool {
        self.suspended_until.is_none_or(|until| until <= now.instant)
            && self.last_beat.is_none_or(|last| now.since(last) < dead_after)
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

    const DEAD_AFTER: Duration = Duration::from_secs(6);

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
            let mut judgement = Judgement::default();
            judgement.begin(start, DEAD_AFTER, false);
            let now = later(start, by_instant, by_date);
            assert_eq!(judgement.is_allowed(now, DEAD_AFTER), expected, "{by_instant} {by_date}");
            judgement.beat(now, DEAD_AFTER);
            let soon = later(now, 2, 2);
            assert_eq!(judgement.is_allowed(soon, DEAD_AFTER), expected, "others beat first");
            for seconds in [2, 5, 10] {
                judgement.beat(later(now, seconds, seconds), DEAD_AFTER);
            }
            assert!(judgement.is_allowed(later(now, 12, 12), DEAD_AFTER));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_from_judging() {
        let start = Moment::now();
        let mut judgement = Judgement::default();
        judgement.begin(start, DEAD_AFTER, false);
        let now = Moment { date: start.date - Duration::from_secs(3_600), ..later(start, 2, 0) };
        assert!(judgement.is_allowed(now, DEAD_AFTER));
    }

    #[test]
    fn a_worker_of_a_remote_database_waits_for_the_others_first() {
        let start = Moment::now();
        let mut judgement = Judgement::default();
        judgement.begin(start, DEAD_AFTER, true);
        assert!(!judgement.is_allowed(later(start, 5, 5), DEAD_AFTER));
    }
}
