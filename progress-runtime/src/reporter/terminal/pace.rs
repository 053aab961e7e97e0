//! When to draw: not at once, not often, and not at all while nothing changes.

use std::time::Duration;

/// A job that ends before this is quick, and shows nothing but its result.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);
/// The time between two frames: there are at most 15 a second.
pub(super) const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 15);
/// The time between two pictures of a spinner.
pub(super) const SPIN: Duration = Duration::from_millis(120);
/// The time between two looks at the seconds shown.
const IDLE: Duration = Duration::from_millis(250);

/// The time to wait before the next frame, `since` the latest one. It depends on whether there is
/// something new, or something moves by itself.
pub(super) fn wait(since: Duration, has_changed: bool, is_animated: bool) -> Duration {
    let period = match (has_changed, is_animated) {
        (true, _) => FRAME,
        (false, true) => SPIN,
        (false, false) => IDLE,
    };
    period.saturating_sub(since)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FRAME, wait};

    #[test]
    fn there_are_at_most_fifteen_frames_a_second() {
        assert!(FRAME * 15 <= Duration::from_secs(1) && FRAME * 16 > Duration::from_secs(1));
        assert_eq!(wait(Duration::ZERO, true, true), FRAME);
        assert_eq!(wait(FRAME, true, false), Duration::ZERO);
    }

    #[test]
    fn frames_are_rarer_while_nothing_changes() {
        assert_eq!(wait(Duration::ZERO, false, true), Duration::from_millis(120));
        assert_eq!(wait(Duration::ZERO, false, false), Duration::from_millis(250));
    }
}
