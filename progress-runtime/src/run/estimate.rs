//! An estimate of the time that is left.

use std::time::Duration;

/// The least progress for an estimate, in basis points.
const ENOUGH_PROGRESS: u16 = 500;
/// The least time for an estimate.
const ENOUGH_TIME: Duration = Duration::from_secs(10);

/// Returns the milliseconds that are left at the average speed so far, or `None` while it is too
/// early to know.
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
    fn there_is_no_estimate_too_early_and_then_the_average_speed_goes_on() {
        assert_eq!(eta_ms(499, Duration::from_secs(60)), None);
        assert_eq!(eta_ms(5_000, Duration::from_secs(9)), None);
        assert_eq!(eta_ms(2_500, Duration::from_secs(20)), Some(60_000));
    }
}
