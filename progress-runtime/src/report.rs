//! The final report of a run.

use std::sync::Arc;
use std::time::Duration;

use crate::{RunStatus, Snapshot};

/// What became of a run: its last state, with the times, the result and the attempts of each step,
/// and the errors that it survived or ended with.
///
/// ```
/// use progress_runtime::{Run, RunStatus};
///
/// let (run, mut progress) = Run::start("Import");
/// progress.record_error("line 7 is not UTF-8");
/// progress.finish();
/// let report = run.report().unwrap();
/// assert_eq!(report.status(), RunStatus::CompletedWithErrors);
/// assert_eq!(report.errors[0].text, "line 7 is not UTF-8");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The last state.
    pub snapshot: Arc<Snapshot>,
    /// The first thousand errors, in their order. If the run failed, that error is the last one,
    /// also past the thousandth. [`Snapshot::errors`] counts all of them.
    pub errors: Vec<ErrorRecord>,
    /// The first thousand jobs that were followed, in their order. A job that was followed again is
    /// listed once.
    pub jobs: Vec<JobRecord>,
    /// How many jobs were followed.
    pub job_count: u64,
    /// What is known of a run that went on with its journal.
    #[cfg(feature = "journal")]
    pub resumed: Option<Resumed>,
}

/// What a report says of a run that went on with what an earlier process had done.
///
/// ```
/// # use progress_runtime::Report;
/// fn print(report: &Report) {
///     if let Some(resumed) = &report.resumed {
///         println!("resumed {} times; not done again:", resumed.times);
///         for step in &resumed.not_repeated {
///             println!("  {step}");
///         }
///     }
/// }
/// ```
#[cfg(feature = "journal")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resumed {
    /// How many times the run was resumed.
    pub times: u32,
    /// The paths of the steps and items that were not done again, in their order; the first
    /// thousand. What is inside them is not listed. `analysis[b7]` is the item with the key `b7` of
    /// the step `analysis`.
    pub not_repeated: Vec<String>,
    /// How many there were.
    pub not_repeated_count: u64,
}

/// An error, and the step that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRecord {
    /// The ids of the steps from the root down, joined by `/`; empty for the run itself.
    pub step: String,
    /// The titles of those steps, joined by ` › `. An item of a loop has the loop's noun and its
    /// number: `batch 3`.
    pub title: String,
    /// The text of the error.
    pub text: String,
}

/// A job elsewhere that a step followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobRecord {
    /// The job's id, as its own system names it.
    pub id: String,
    /// The job's kind, as its own system names it.
    pub kind: String,
    /// The ids of the steps from the root down to the one that followed the job, joined by `/`.
    pub step: String,
    /// How the job ended; [`RunStatus::Running`] if the run ended before it.
    pub status: RunStatus,
    /// Why the job failed.
    pub error: Option<String>,
    /// How long the job was followed.
    pub duration: Duration,
}

impl Report {
    /// A report that lists all jobs.
    pub(crate) fn new(
        snapshot: Arc<Snapshot>,
        errors: Vec<ErrorRecord>,
        jobs: Vec<JobRecord>,
    ) -> Self {
        Self {
            snapshot,
            errors,
            job_count: jobs.len() as u64,
            jobs,
            #[cfg(feature = "journal")]
            resumed: None,
        }
    }

    /// How the run ended.
    pub fn status(&self) -> RunStatus {
        self.snapshot.status
    }

    /// How long the run took.
    pub fn duration(&self) -> Duration {
        self.snapshot.elapsed()
    }
}
