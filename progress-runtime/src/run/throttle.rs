//! A limit on how often the ends of items are dispatched.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use super::sampler::PERIOD;

/// Lets one event through in each period, and remembers whether others were left.
pub(super) struct Throttle {
    /// When the next event may pass, in nanoseconds on the run's clock.
    next: AtomicU64,
    left: AtomicBool,
}

impl Throttle {
    pub(super) const fn new() -> Self {
        Self { next: AtomicU64::new(0), left: AtomicBool::new(false) }
    }

    /// Whether an event passes now. One that does not is left to [`take_left`](Self::take_left).
    pub(super) fn is_due(&self, now: impl FnOnce() -> Duration) -> bool {
        if self.left.load(SeqCst) {
            return false;
        }
        let now = nanos(now());
        let is_due = |next: u64| (now >= next).then(|| now.saturating_add(nanos(PERIOD)));
        let passes = self.next.fetch_update(SeqCst, SeqCst, is_due).is_ok();
        if !passes {
            self.left.store(true, SeqCst);
        }
        passes
    }

    /// Whether an event was left since this was last called.
    pub(super) fn take_left(&self) -> bool {
        self.left.load(SeqCst) && self.left.swap(false, SeqCst)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{PERIOD, Throttle};

    #[test]
    fn one_event_passes_in_each_period() {
        let throttle = Throttle::new();
        let passed = (0..100).filter(|ms| throttle.is_due(|| Duration::from_millis(*ms)));
        assert_eq!(passed.count(), 1);
        assert!(throttle.take_left());
        assert!(!throttle.take_left());
        assert!(throttle.is_due(|| PERIOD));
    }

    #[test]
    fn while_an_event_is_left_the_clock_is_not_read() {
        let throttle = Throttle::new();
        assert!(throttle.is_due(|| Duration::ZERO));
        assert!(!throttle.is_due(|| Duration::ZERO));
        assert!(!throttle.is_due(|| unreachable!("the next sample takes it")));
    }
}
