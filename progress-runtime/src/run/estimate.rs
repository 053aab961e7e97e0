//! The time that is left, where it can be known.

use std::time::Duration;

/// Nothing is said of the time left before this much is done…
const ENOUGH_PROGRESS: u16 = 500;
/// …and before this much time has gone.
const ENOUGH_TIME: Duration = Duration::from_secs(10);

/// The milliseconds that are likely left, at the speed so far.
pub(crate) fn eta_ms(progress: u16, elapsed: Duration) -> Option<u64> {
    if progress < ENOUGH_PROGRESS || elapsed < ENOUGH_TIME {
        return None;
    }
    let left =
        elapsed.as_millis() * u128::from(10_000 - progress.min(10_000)) / u128::from(progress);
    u64::try_from(left).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_too_early_and_then_the_speed_so_far_goes_on() {
        assert_eq!(eta_ms(499, Duration::from_secs(60)), None);
        assert_eq!(eta_ms(5_000, Duration::from_secs(9)), None);
        assert_eq!(eta_ms(2_500, Duration::from_secs(20)), Some(60_000));
    }
}
