//! The words that all reporters share: labels of states, counts of errors, causes, durations, and
//! the names of items.

#![cfg_attr(
    not(feature = "terminal"),
    allow(dead_code, reason = "plain lines do without some of the words of the terminal")
)]

use std::time::Duration;

use crate::{RunStatus, StepStatus};

/// Stands between the titles of a step and of the steps around it.
pub(super) const TITLE_SEPARATOR: &str = " › ";

/// The label of a step's state.
pub(super) fn step_label(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "pending",
        StepStatus::Running => "running",
        StepStatus::Retrying => "retrying",
        StepStatus::Cancelling => "cancelling",
        StepStatus::Skipped => "skipped",
        StepStatus::Completed => "completed",
        StepStatus::CompletedWithErrors => "completed with errors",
        StepStatus::Failed => "failed",
        StepStatus::Cancelled => "cancelled",
    }
}

/// The label of a run's state.
pub(super) fn run_label(status: RunStatus) -> &'static str {
    step_label(as_step(status))
}

/// The state of a step that looks like this state of a run.
pub(super) fn as_step(status: RunStatus) -> StepStatus {
    match status {
        RunStatus::Pending => StepStatus::Pending,
        RunStatus::Running => StepStatus::Running,
        RunStatus::Cancelling => StepStatus::Cancelling,
        RunStatus::Completed => StepStatus::Completed,
        RunStatus::CompletedWithErrors => StepStatus::CompletedWithErrors,
        RunStatus::Failed => StepStatus::Failed,
        RunStatus::Cancelled => StepStatus::Cancelled,
    }
}

/// `1 error`, `2 errors`.
pub(super) fn errors(count: u32) -> String {
    match count {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}

/// `, 1 error`, or nothing where there is none.
pub(super) fn and_errors(count: u32) -> String {
    if count == 0 { String::new() } else { format!(", {}", errors(count)) }
}

/// `1 more error`, `2 more errors`.
pub(super) fn more_errors(count: usize) -> String {
    match count {
        1 => "1 more error".to_owned(),
        count => format!("{count} more errors"),
    }
}

/// `: {cause}`, or nothing where no cause is known.
pub(super) fn because(cause: Option<&str>) -> String {
    cause.filter(|cause| !cause.is_empty()).map_or_else(String::new, |cause| format!(": {cause}"))
}

/// An item of a loop by its number, and by the noun for the loop's items: `batch 3`, `#3`.
pub(super) fn item_name(noun: Option<&str>, number: &str) -> String {
    noun.map_or_else(|| format!("#{number}"), |noun| format!("{noun} {number}"))
}

/// A number in at most five characters: `62`, `9999`, `12k`, `3.4M`.
pub(super) fn short_number(number: u64) -> String {
    const UNITS: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    if number < 10_000 {
        return number.to_string();
    }
    let mut scale = 1_000;
    let mut unit = 0;
    while number / scale >= 1_000 && unit + 1 < UNITS.len() {
        (scale, unit) = (scale * 1_000, unit + 1);
    }
    match number / scale {
        whole @ 0..10 => format!("{whole}.{}{}", number % scale * 10 / scale, UNITS[unit]),
        whole => format!("{whole}{}", UNITS[unit]),
    }
}

/// A point in time, counted from the start of the run: `[05:18]`, `[1:05:18]`.
pub(super) fn timestamp(since_start: Duration) -> String {
    match ClockTime::new(since_start) {
        ClockTime { hours: 0, minutes, seconds } => format!("[{minutes:02}:{seconds:02}]"),
        ClockTime { hours, minutes, seconds } => format!("[{hours}:{minutes:02}:{seconds:02}]"),
    }
}

/// A duration for a log: `850ms`, `12.3s`, `5m 20s`, `1h 05m 20s`. It is never rounded up.
pub(super) fn precise(time: Duration) -> String {
    let millis = time.subsec_millis();
    match ClockTime::new(time) {
        ClockTime { hours: 0, minutes: 0, seconds: 0 } => format!("{millis}ms"),
        ClockTime { hours: 0, minutes: 0, seconds } => format!("{seconds}.{}s", millis / 100),
        ClockTime { hours: 0, minutes, seconds } => format!("{minutes}m {seconds:02}s"),
        ClockTime { hours, minutes, seconds } => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

/// A duration in at most six characters, in whole seconds: `48s`, `5m18s`, `1h05m`.
pub(super) fn compact(time: Duration) -> String {
    match ClockTime::new(time) {
        ClockTime { hours: 0, minutes: 0, seconds } => format!("{seconds}s"),
        ClockTime { hours: 0, minutes, seconds } => format!("{minutes}m{seconds:02}s"),
        ClockTime { hours: hours @ 1..100, minutes, .. } => format!("{hours}h{minutes:02}m"),
        ClockTime { hours, .. } => format!("{hours}h"),
    }
}

/// The same, with milliseconds below one second.
pub(super) fn compact_millis(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis}ms"),
        _ => compact(time),
    }
}

/// A duration as a clock shows it.
struct ClockTime {
    hours: u64,
    minutes: u64,
    seconds: u64,
}

impl ClockTime {
    fn new(time: Duration) -> Self {
        let seconds = time.as_secs();
        Self { hours: seconds / 3_600, minutes: seconds / 60 % 60, seconds: seconds % 60 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{compact, precise, short_number, timestamp};

    #[test]
    fn durations_are_short_and_never_rounded_up() {
        let took = |millis| precise(Duration::from_millis(millis));
        assert_eq!(took(0), "0ms");
        assert_eq!(took(999), "999ms");
        assert_eq!(took(59_999), "59.9s");
        assert_eq!(took(60_000), "1m 00s");
        assert_eq!(took(3_599_999), "59m 59s");
        assert_eq!(took(90_061_000), "25h 01m 01s");
    }

    #[test]
    fn compact_durations_take_at_most_six_characters() {
        let took = |seconds| compact(Duration::from_secs(seconds));
        assert_eq!(took(59), "59s");
        assert_eq!(took(60), "1m00s");
        assert_eq!(took(359_999), "99h59m");
        assert_eq!(took(360_000), "100h");
    }

    #[test]
    fn hours_are_shown_from_the_first_one_on() {
        assert_eq!(timestamp(Duration::from_secs(318)), "[05:18]");
        assert_eq!(timestamp(Duration::from_secs(3_918)), "[1:05:18]");
    }

    #[test]
    fn large_numbers_are_short() {
        assert_eq!(short_number(9_999), "9999");
        assert_eq!(short_number(10_000), "10k");
        assert_eq!(short_number(999_999), "999k");
        assert_eq!(short_number(3_456_789), "3.4M");
        assert_eq!(short_number(u64::MAX), "18E");
    }
}
