//! A limit on how often the ends of items are dispatched.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use super::sampler::PERIOD;
use crate::clock::nanos;

/// How many events pass at once, before the limit is one in each period.
pub(super) const BURST: u32 = 16;

/// Lets a burst of events through and then one in each period, and remembers whether others were
/// left. It is a leaky bucket: the Generic Cell Rate Algorithm of ITU-T I.371.
pub(super) struct Throttle {
    /// When the bucket will be empty, in nanoseconds on the run's clock.
    empty: AtomicU64,
    left: AtomicBool,
}

impl Throttle {
    pub(super) const fn new() -> Self {
        Self { empty: AtomicU64::new(0), left: AtomicBool::new(false) }
    }

    /// Whether an event passes now. One that does not is left to [`take_left`](Self::take_left).
    pub(super) fn is_due(&self, now: impl FnOnce() -> Duration) -> bool {
        if self.left.load(SeqCst) {
            return false;
        }
        let (now, period) = (nanos(now()), nanos(PERIOD));
        let full = now.saturating_add(period * u64::from(BURST));
        let fill = |empty: u64| {
            let empty = empty.max(now).saturating_add(period);
            (empty <= full).then_some(empty)
        };
        let passes = self.empty.fetch_update(SeqCst, SeqCst, fill).is_ok();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BURST, PERIOD, Throttle};

    /// How many of a thousand events pass at that time.
    fn passed(throttle: &Throttle, now: Duration) -> usize {
        throttle.take_left();
        (0..1_000).filter(|_| throttle.is_due(|| now)).count()
    }

    #[test]
    fn a_burst_passes_and_then_one_in_each_period() {
        let throttle = Throttle::new();
        assert_eq!(passed(&throttle, Duration::ZERO), BURST as usize);
        assert!(throttle.take_left());
        assert!(!throttle.take_left());
        assert_eq!(passed(&throttle, PERIOD / 2), 0);
        assert_eq!(passed(&throttle, PERIOD), 1);
        assert_eq!(passed(&throttle, PERIOD * 3), 2);
        assert_eq!(passed(&throttle, PERIOD * 1_000), BURST as usize);
    }

    #[test]
    fn while_an_event_is_left_the_clock_is_not_read() {
        let throttle = Throttle::new();
        passed(&throttle, Duration::ZERO);
        assert!(!throttle.is_due(|| unreachable!("the next sample takes it")));
    }
}
