//! The final report of a run.

use std::sync::Arc;
use std::time::Duration;

use crate::{RunStatus, Snapshot};

/// What became of a run: its last state, with the times, the outcome and the attempts of each step, and what it
/// has survived.
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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The last state.
    pub snapshot: Arc<Snapshot>,
    /// The errors in their order, the first thousand of them; what the run failed with is the last.
    pub errors: Vec<ErrorRecord>,
    /// The sub-jobs elsewhere that were followed, each once, in their order.
    pub jobs: Vec<JobRecord>,
}

/// An error, and where it came up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRecord {
    /// The ids of the steps from the root down, joined by `/`; empty for the run itself.
    pub step: String,
    /// The titles of those steps, joined by ` › `; an item of a loop is called as the loop's variable is, `batch 3`.
    pub title: String,
    /// The error's text.
    pub text: String,
}

/// A sub-job elsewhere that a step followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobRecord {
    /// The job's id, as its own system names it.
    pub id: String,
    /// What kind of job it is.
    pub kind: String,
    /// The ids of the steps from the root down to the one that followed it, joined by `/`.
    pub step: String,
    /// What has become of it.
    pub status: RunStatus,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it was followed.
    pub duration: Duration,
}

impl Report {
    pub(crate) fn new(
        snapshot: Arc<Snapshot>,
        errors: Vec<ErrorRecord>,
        jobs: Vec<JobRecord>,
    ) -> Self {
        Self { snapshot, errors, jobs }
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
