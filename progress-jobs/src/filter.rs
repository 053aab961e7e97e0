//! Which jobs a list contains.

use crate::state::JobState;

/// Which jobs [`Jobs::list`](crate::Jobs::list) returns. By default, the newest 100.
///
/// ```
/// use progress_jobs::{JobFilter, JobState};
///
/// let failed = JobFilter::new().kind("scan").state(JobState::Failed).limit(10);
/// # let _ = failed;
/// ```
#[derive(Clone, Debug)]
pub struct JobFilter {
    pub(crate) kind: Option<String>,
    pub(crate) state: Option<JobState>,
    pub(crate) parent: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) limit: u32,
}

impl JobFilter {
    /// The newest 100 jobs.
    pub fn new() -> Self {
        Self { kind: None, state: None, parent: None, before: None, limit: 100 }
    }

    /// Only the jobs of one kind.
    pub fn kind(self, name: impl Into<String>) -> Self {
        Self { kind: Some(name.into()), ..self }
    }

    /// Only the jobs in one state.
    pub fn state(self, state: JobState) -> Self {
        Self { state: Some(state), ..self }
    }

    /// Only the jobs that the run with this id has started. An empty id stands for those that were
    /// started by themselves.
    pub fn parent(self, run: impl Into<String>) -> Self {
        Self { parent: Some(run.into()), ..self }
    }

    /// Only the jobs that are older than the one with this id: the next page of a list that ends
    /// with it. That job may have been removed meanwhile.
    pub fn before(self, id: impl Into<String>) -> Self {
        Self { before: Some(id.into()), ..self }
    }

    /// At most so many.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }
}

impl Default for JobFilter {
    fn default() -> Self {
        Self::new()
    }
}
