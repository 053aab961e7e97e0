//! The error of a workflow that was interrupted.

use std::error::Error;
use std::fmt;

/// Why a workflow ended before its work was done.
///
/// To be cancelled or to time out, a workflow must return a `Result` whose error implements
/// `From<Interrupted>`. Boxed errors and `anyhow::Error` already do. An enum needs one conversion:
///
/// ```
/// use progress_runtime::Interrupted;
///
/// enum ImportError {
///     Interrupted(Interrupted),
/// }
///
/// impl From<Interrupted> for ImportError {
///     fn from(reason: Interrupted) -> Self {
///         Self::Interrupted(reason)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interrupted {
    /// The run was cancelled.
    Cancelled,
    /// A step took longer than its `#[timeout]` allows.
    TimedOut,
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the workflow was cancelled",
            Self::TimedOut => "the step timed out",
        })
    }
}

impl Error for Interrupted {}
