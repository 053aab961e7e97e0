//! The sign and the word of each state.

use super::frame::Tone;
use crate::{RunStatus, StepStatus};

/// The signs of a set of characters.
pub(super) struct Signs {
    pub(super) spinner: &'static [&'static str],
    pub(super) full: &'static str,
    pub(super) half: &'static str,
    pub(super) empty: &'static str,
    pub(super) branch: &'static str,
    pub(super) last: &'static str,
    pub(super) ellipsis: &'static str,
    pub(super) dot: &'static str,
    states: [&'static str; 9],
}

pub(super) const UNICODE: Signs = Signs {
    spinner: &["◐", "◓", "◑", "◒"],
    full: "━",
    half: "╸",
    empty: "─",
    branch: "├ ",
    last: "└ ",
    ellipsis: "…",
    dot: " · ",
    states: ["○", "◐", "↻", "◌", "↷", "✓", "⚠", "✗", "⊘"],
};

pub(super) const ASCII: Signs = Signs {
    spinner: &["|", "/", "-", "\\"],
    full: "=",
    half: ">",
    empty: "-",
    branch: "|-",
    last: "`-",
    ellipsis: "...",
    dot: " - ",
    states: [".", "*", "@", ":", ">", "+", "!", "x", "/"],
};

impl Signs {
    pub(super) fn of(unicode: bool) -> &'static Self {
        if unicode { &UNICODE } else { &ASCII }
    }

    pub(super) fn step(&self, status: StepStatus) -> &'static str {
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

    pub(super) fn run(&self, status: RunStatus) -> &'static str {
        self.step(as_step(status))
    }
}

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

pub(super) fn word(status: StepStatus) -> &'static str {
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
