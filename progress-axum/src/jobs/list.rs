//! A list of jobs in its wire format: that of the runs, with the row of each job.

use progress_jobs::Job;
use progress_runtime::snapshot::Text;
use serde::Serialize;

use crate::access::Access;
use crate::jobs::query::ListQuery;
use crate::jobs::snapshot::{JobRow, errors, milliseconds, now, status, title};

/// One page of jobs, newest first.
#[derive(Serialize)]
pub(crate) struct JobList {
    v: u32,
    now: u64,
    read_only: bool,
    runs: Vec<ListedJob>,
    /// The id to continue with: `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(PartialEq, Serialize)]
struct ListedJob {
    run: String,
    title: Text,
    workflow: Text,
    status: &'static str,
    progress: u16,
    started: Option<u64>,
    ended: Option<u64>,
    cancellable: bool,
    errors: u32,
    row: JobRow,
}

impl JobList {
    /// A page of the jobs that a read of [`ListQuery::filter`] has returned: one more than the page
    /// has room for, if there is a next page.
    pub(crate) fn new(query: &ListQuery, access: Access, jobs: &[Job]) -> Self {
        let page = &jobs[..jobs.len().min(query.limit())];
        let next = page.last().filter(|_| jobs.len() > page.len());
        Self {
            v: 1,
            now: now(),
            read_only: access.is_read_only(),
            runs: page.iter().map(ListedJob::new).collect(),
            next: next.map(|job| job.id.clone()),
        }
    }

    /// Whether the two lists differ in their time at most.
    pub(crate) fn has_same_jobs(&self, other: &Self) -> bool {
        self.runs == other.runs && self.next == other.next
    }

    pub(crate) fn to_json(&self) -> String {
        // As for the list of runs: there is nothing in it that JSON cannot express.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ListedJob {
    fn new(job: &Job) -> Self {
        let snapshot = job.snapshot();
        let shown = snapshot.as_ref();
        Self {
            run: job.id.clone(),
            title: title(job, shown),
            workflow: shown.map_or_else(Text::default, |snapshot| snapshot.workflow.clone()),
            status: status(job.state),
            progress: job.progress,
            started: job.started.map(milliseconds),
            ended: job.ended.map(milliseconds),
            cancellable: !job.state.is_terminal(),
            errors: errors(job, shown),
            row: JobRow::new(job),
        }
    }
}
