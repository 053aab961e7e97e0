//! When to draw: late for the first time, seldom, and not at all where nothing changes.

use std::time::Duration;

/// A job that ends before this is quick, and shows nothing but its result.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);
/// At most 15 frames a second.
pub(super) const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 15);
/// How often a spinner turns.
const SPIN: Duration = Duration::from_millis(120);
/// How often it is looked whether a second has passed.
const IDLE: Duration = Duration::from_millis(250);

/// How long to wait before the next look, `since` the latest one, where something new has come, or something
/// moves by itself.
pub(super) fn wait(since: Duration, news: bool, animated: bool) -> Duration {
    let period = match (news, animated) {
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
    fn where_there_are_no_news_there_is_less_to_look_at() {
        assert_eq!(wait(Duration::ZERO, false, true), Duration::from_millis(120));
        assert_eq!(wait(Duration::ZERO, false, false), Duration::from_millis(250));
    }
}
