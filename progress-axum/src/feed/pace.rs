//! How often something is sent: changes of state at once, numbers now and then.

use std::time::Duration;

use tokio::time::Instant;

/// So many changes of state may go out one right after the other …
const BURST: u32 = 10;
/// … and one more for each such time, so that a loop of ten thousand items is no flood.
const REFILL: Duration = Duration::from_millis(100);

/// Says when the next thing may be sent.
pub(crate) struct Pace {
    /// The time between two things that are no changes of state.
    numbers: Duration,
    sent: Instant,
    tokens: u32,
    /// When `tokens` was true.
    counted: Instant,
}

impl Pace {
    /// The first thing was sent just now.
    pub(crate) fn new(numbers: Duration) -> Self {
        let now = Instant::now();
        Self { numbers, sent: now, tokens: BURST, counted: now }
    }

    /// When the next thing may be sent; at the moment `now` or earlier means at once.
    pub(crate) fn due(&mut self, is_state: bool, now: Instant) -> Instant {
        if !is_state {
            return self.sent + self.numbers;
        }
        let refilled = (now - self.counted).as_millis() / REFILL.as_millis();
        let refilled = u32::try_from(refilled).unwrap_or(u32::MAX).min(BURST);
        self.tokens = (self.tokens + refilled).min(BURST);
        self.counted = match self.tokens {
            BURST => now,
            _ => self.counted + REFILL * refilled,
        };
        match self.tokens {
            0 => self.counted + REFILL,
            _ => now,
        }
    }

    /// Something was sent.
    pub(crate) fn sent(&mut self, is_state: bool, now: Instant) {
        self.sent = now;
        if is_state {
            self.tokens = self.tokens.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn numbers_wait_for_their_time() {
        let mut pace = Pace::new(NUMBERS);
        let start = Instant::now();
        assert_eq!(pace.due(false, start), start + NUMBERS);
        pace.sent(false, start + NUMBERS);
        assert_eq!(pace.due(false, start + NUMBERS), start + 2 * NUMBERS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_of_state_goes_at_once_and_a_flood_of_them_ten_times_a_second() {
        let mut pace = Pace::new(NUMBERS);
        let start = Instant::now();
        for _ in 0..BURST {
            assert_eq!(pace.due(true, start), start);
            pace.sent(true, start);
        }
        let mut now = start;
        for tenth in 1..=20 {
            assert_eq!(pace.due(true, now), start + tenth * REFILL);
            now = start + tenth * REFILL;
            assert_eq!(pace.due(true, now), now);
            pace.sent(true, now);
        }
        let later = now + Duration::from_secs(3600);
        for _ in 0..BURST {
            assert_eq!(pace.due(true, later), later);
            pace.sent(true, later);
        }
        assert!(pace.due(true, later) > later);
    }
}
