//! The states of runs and of steps. They are derived from what the code returned, never reported by it.

use std::fmt;

/// The state of a whole run.
///
/// ```
/// use progress_runtime::RunStatus;
///
/// assert!(RunStatus::Cancelling.is_active());
/// assert!(RunStatus::CompletedWithErrors.ended_well());
/// assert_eq!(RunStatus::CompletedWithErrors.to_string(), "completed_with_errors");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RunStatus {
    /// Made, and not yet polled.
    Pending,
    /// At work.
    Running,
    /// Told to stop, and waiting for what it had started.
    Cancelling,
    /// Ended well.
    Completed,
    /// Ended well, though something that it survived had failed.
    CompletedWithErrors,
    /// Ended with an error or a panic.
    Failed,
    /// Ended because it was told to stop, or was dropped.
    Cancelled,
}

impl RunStatus {
    /// Whether the run has ended; such a state never changes again.
    pub const fn is_terminal(self) -> bool {
        self.ended_well() || matches!(self, Self::Failed | Self::Cancelled)
    }

    /// Whether the run is at work or is being stopped.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }

    /// Whether the run ended and did what it was made for: only then is 100 % shown.
    pub const fn ended_well(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithErrors)
    }

    /// The name of the state on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Completed => "completed",
            Self::CompletedWithErrors => "completed_with_errors",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The state of one step.
///
/// ```
/// use progress_runtime::StepStatus;
///
/// assert!(StepStatus::Retrying.is_active());
/// assert!(StepStatus::Skipped.is_terminal());
/// assert_eq!(StepStatus::Skipped.to_string(), "skipped");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum StepStatus {
    /// Not yet reached.
    Pending,
    /// At work.
    Running,
    /// An attempt failed; the next one is waited for or at work.
    Retrying,
    /// Still at work in a run that was told to stop.
    Cancelling,
    /// Not needed this time; its weight counts as earned.
    Skipped,
    /// Ended well.
    Completed,
    /// Ended well, though something inside it had failed.
    CompletedWithErrors,
    /// Ended with an error or a panic.
    Failed,
    /// Ended because the run was stopped, or a parallel sibling failed.
    Cancelled,
}

impl StepStatus {
    /// Whether the step has ended.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Skipped
                | Self::Completed
                | Self::CompletedWithErrors
                | Self::Failed
                | Self::Cancelled
        )
    }

    /// Whether the step is at work.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Retrying | Self::Cancelling)
    }

    /// The name of the state on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Cancelling => "cancelling",
            Self::Skipped => "skipped",
            Self::Completed => "completed",
            Self::CompletedWithErrors => "completed_with_errors",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for StepStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
