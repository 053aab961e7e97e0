//! A rate limit for one stream of updates.

use std::time::Duration;

use tokio::time::Instant;

/// How many status changes may go out back to back. A loop of ten thousand items, each of which
/// changes a status, is thereby not a flood.
const BURST: u32 = 10;
/// How long it takes until one more status change may go out after a burst.
const REFILL: Duration = Duration::from_millis(100);

/// How important an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Only numbers and messages have changed. The update waits for the throttle's interval.
    Routine,
    /// A status has changed. The update goes out at once, up to the burst limit.
    Immediate,
}

/// Computes when the next update may be sent: routine updates once in an interval, immediate ones
/// by a token bucket of [`BURST`] tokens.
pub(crate) struct Throttle {
    /// The shortest time between a routine update and the update before it.
    interval: Duration,
    last_sent: Instant,
    /// The number of tokens at the time `refilled_at`.
    tokens: u32,
    refilled_at: Instant,
}

impl Throttle {
    /// Creates a throttle. It assumes that the first update was sent just now.
    pub(crate) fn new(interval: Duration) -> Self {
        let now = Instant::now();
        Self { interval, last_sent: now, tokens: BURST, refilled_at: now }
    }

    /// The time from which on the next update may be sent. If it is `now` or earlier, the update
    /// may be sent at once.
    pub(crate) fn next_allowed(&mut self, urgency: Urgency, now: Instant) -> Instant {
        if urgency == Urgency::Routine {
            return self.last_sent + self.interval;
        }
        let refills = (now - self.refilled_at).as_millis() / REFILL.as_millis();
        let refills = u32::try_from(refills).unwrap_or(u32::MAX).min(BURST);
        self.tokens = (self.tokens + refills).min(BURST);
        self.refilled_at = match self.tokens {
            BURST => now,
            _ => self.refilled_at + REFILL * refills,
        };
        match self.tokens {
            0 => self.refilled_at + REFILL,
            _ => now,
        }
    }

    /// Records that an update was sent.
    pub(crate) fn record(&mut self, urgency: Urgency, now: Instant) {
        self.last_sent = now;
        if urgency == Urgency::Immediate {
            self.tokens = self.tokens.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Urgency::{Immediate, Routine};
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn a_routine_update_waits_for_the_interval() {
        let mut throttle = Throttle::new(INTERVAL);
        let start = Instant::now();
        assert_eq!(throttle.next_allowed(Routine, start), start + INTERVAL);
        throttle.record(Routine, start + INTERVAL);
        assert_eq!(throttle.next_allowed(Routine, start + INTERVAL), start + 2 * INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn an_immediate_update_goes_at_once_and_a_flood_of_them_ten_times_a_second() {
        let mut throttle = Throttle::new(INTERVAL);
        let start = Instant::now();
        for _ in 0..BURST {
            assert_eq!(throttle.next_allowed(Immediate, start), start);
            throttle.record(Immediate, start);
        }
        let mut now = start;
        for tenth in 1..=20 {
            assert_eq!(throttle.next_allowed(Immediate, now), start + tenth * REFILL);
            now = start + tenth * REFILL;
            assert_eq!(throttle.next_allowed(Immediate, now), now);
            throttle.record(Immediate, now);
        }
        let later = now + Duration::from_secs(3600);
        for _ in 0..BURST {
            assert_eq!(throttle.next_allowed(Immediate, later), later);
            throttle.record(Immediate, later);
        }
        assert!(throttle.next_allowed(Immediate, later) > later);
    }
}
