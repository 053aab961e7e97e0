//! The statuses of runs and of steps. They are derived from what the code returned, never reported
//! by it.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The status of a run.
///
/// ```
/// use progress_runtime::RunStatus;
///
/// assert!(RunStatus::Cancelling.is_active());
/// assert!(RunStatus::CompletedWithErrors.ended_well());
/// assert_eq!(RunStatus::CompletedWithErrors.to_string(), "completed_with_errors");
/// assert_eq!("failed".parse(), Ok(RunStatus::Failed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RunStatus {
    /// Created, and not yet at work.
    Pending,
    /// At work.
    Running,
    /// Cancelled, and waiting for the sub-jobs that it had started.
    Cancelling,
    /// Ended well.
    Completed,
    /// Ended well, with errors that it survived.
    CompletedWithErrors,
    /// Ended with an error or a panic.
    Failed,
    /// Ended by a cancel, or by a drop.
    Cancelled,
}

impl RunStatus {
    pub(crate) const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Cancelling,
        Self::Completed,
        Self::CompletedWithErrors,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Whether the run has ended. Such a status never changes again.
    pub const fn is_terminal(self) -> bool {
        self.ended_well() || matches!(self, Self::Failed | Self::Cancelled)
    }

    /// Whether the run is at work, or is being cancelled.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }

    /// Whether the run ended and did its work: only then is 100 % shown.
    pub const fn ended_well(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithErrors)
    }

    /// The name of the status, as on the wire.
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

/// The status of a step.
///
/// ```
/// use progress_runtime::StepStatus;
///
/// assert!(StepStatus::Retrying.is_active());
/// assert!(StepStatus::Skipped.is_terminal());
/// assert_eq!(StepStatus::Skipped.to_string(), "skipped");
/// assert_eq!("retrying".parse(), Ok(StepStatus::Retrying));
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
    /// An attempt failed, and the next one is at work or waits for its turn.
    Retrying,
    /// Still at work, in a run that is being cancelled.
    Cancelling,
    /// Not needed this time. Its weight counts as done.
    Skipped,
    /// Ended well.
    Completed,
    /// Ended well, with errors inside it that it survived.
    CompletedWithErrors,
    /// Ended with an error or a panic.
    Failed,
    /// Ended by a cancel of the run, or by the failure of a parallel sibling.
    Cancelled,
}

impl StepStatus {
    const ALL: [Self; 9] = [
        Self::Pending,
        Self::Running,
        Self::Retrying,
        Self::Cancelling,
        Self::Skipped,
        Self::Completed,
        Self::CompletedWithErrors,
        Self::Failed,
        Self::Cancelled,
    ];

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

    /// The name of the status, as on the wire.
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

/// A name that is not the name of a status.
///
/// ```
/// use progress_runtime::RunStatus;
///
/// let error = "finished".parse::<RunStatus>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "there is no status \"finished\", only pending, running, cancelling, completed, \
///      completed_with_errors, failed and cancelled",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStatus {
    name: String,
    known: &'static [&'static str],
}

impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (last, others) = self.known.split_last().unwrap_or((&"", &[]));
        let others = others.join(", ");
        write!(f, "there is no status {:?}, only {others} and {last}", self.name)
    }
}

impl Error for UnknownStatus {}

/// Parses the name of a status, as on the wire.
macro_rules! parse_status {
    ($status:ty) => {
        impl FromStr for $status {
            type Err = UnknownStatus;

            fn from_str(name: &str) -> Result<Self, UnknownStatus> {
                const NAMES: [&str; <$status>::ALL.len()] = {
                    let mut names = [""; <$status>::ALL.len()];
                    let mut index = 0;
                    while index < names.len() {
                        names[index] = <$status>::ALL[index].as_str();
                        index += 1;
                    }
                    names
                };
                let mut all = Self::ALL.into_iter();
                all.find(|status| status.as_str() == name)
                    .ok_or_else(|| UnknownStatus { name: name.to_owned(), known: &NAMES })
            }
        }
    };
}

parse_status!(RunStatus);
parse_status!(StepStatus);

#[cfg(test)]
mod tests {
    use super::{RunStatus, StepStatus};

    #[test]
    fn each_status_is_parsed_from_its_name() {
        for status in RunStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for status in StepStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert!("Failed".parse::<RunStatus>().is_err());
    }
}
