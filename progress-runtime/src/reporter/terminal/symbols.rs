//! The symbol and the tone of each state.

use super::frame::Tone;
use super::pace::SPIN;
use crate::StepStatus;

/// The symbols of a character set.
#[derive(Debug)]
pub(super) struct Symbols {
    spinner: &'static [&'static str],
    /// A cell of a bar that is full, half full, and empty.
    pub(super) full: &'static str,
    pub(super) half: &'static str,
    pub(super) empty: &'static str,
    /// In front of an inner row, and of the last one.
    pub(super) branch: &'static str,
    pub(super) last: &'static str,
    pub(super) ellipsis: &'static str,
    /// Between two parts of a text.
    pub(super) dot: &'static str,
    /// Between the bounds of a range.
    pub(super) dash: &'static str,
    states: [&'static str; 9],
}

const UNICODE: Symbols = Symbols {
    spinner: &["◐", "◓", "◑", "◒"],
    full: "━",
    half: "╸",
    empty: "─",
    branch: "├ ",
    last: "└ ",
    ellipsis: "…",
    dot: " · ",
    dash: "–",
    states: ["○", "◐", "↻", "◌", "↷", "✓", "⚠", "✗", "⊘"],
};

const ASCII: Symbols = Symbols {
    spinner: &["|", "/", "-", "\\"],
    full: "=",
    half: ">",
    empty: "-",
    branch: "|-",
    last: "`-",
    ellipsis: "...",
    dot: " - ",
    dash: "-",
    states: [".", "*", "@", ":", ">", "+", "!", "x", "/"],
};

impl Symbols {
    pub(super) fn new(unicode: bool) -> &'static Self {
        if unicode { &UNICODE } else { &ASCII }
    }

    /// The picture of the spinner at a time in milliseconds.
    pub(super) fn spinner(&self, now: u64) -> &'static str {
        let turns = u128::from(now) / SPIN.as_millis();
        self.spinner[(turns % self.spinner.len() as u128) as usize]
    }

    pub(super) fn state(&self, status: StepStatus) -> &'static str {
        self.states[match status {
            StepStatus::Pending => 0,
            StepStatus::Running => 1,
            StepStatus::Retrying => 2,
            StepStatus::Cancelling => 3,
            StepStatus::Skipped => 4,
            StepStatus::Completed => 5,
            StepStatus::CompletedWithErrors => 6,
            StepStatus::Failed => 7,
            StepStatus::Cancelled => 8,
        }]
    }
}

pub(super) fn tone(status: StepStatus) -> Tone {
    match status {
        StepStatus::Pending | StepStatus::Skipped => Tone::Dim,
        StepStatus::Running => Tone::Active,
        StepStatus::Completed => Tone::Good,
        StepStatus::Failed => Tone::Bad,
        StepStatus::Retrying
        | StepStatus::Cancelling
        | StepStatus::CompletedWithErrors
        | StepStatus::Cancelled => Tone::Warning,
    }
}
