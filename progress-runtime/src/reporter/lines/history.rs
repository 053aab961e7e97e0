//! The states that the log last showed of each step, and the text of a change.

use std::collections::HashMap;

use crate::reporter::words::{because, precise, step_label};
use crate::snapshot::Text;
use crate::{StepSnapshot, StepStatus};

/// The latest states of a list of steps, by their ids.
pub(super) type History = HashMap<Text, SeenStep>;

/// The latest state of a step.
#[derive(Clone)]
pub(super) struct SeenStep {
    pub(super) status: StepStatus,
    attempt: u32,
    /// How often the job that the step follows has begun.
    job_attempt: u32,
    pub(super) children: History,
}

impl SeenStep {
    pub(super) fn new(step: &StepSnapshot, children: History) -> Self {
        let (attempt, job_attempt) = (step.attempt, job_attempt(step));
        Self { status: step.status, attempt, job_attempt, children }
    }
}

fn job_attempt(step: &StepSnapshot) -> u32 {
    step.job.as_ref().and_then(|job| job.attempt).unwrap_or(0)
}

/// The text of a step's change since it was last seen; `None` where there is no change to report.
/// `cause` is why the step failed, if it did.
pub(super) fn transition(
    step: &StepSnapshot,
    cause: Option<&str>,
    last: Option<&SeenStep>,
    now: u64,
) -> Option<String> {
    let status = last.map_or(StepStatus::Pending, |last| last.status);
    let attempt = last.map_or(1, |last| last.attempt.max(1));
    if step.status == StepStatus::Retrying {
        return (step.attempt > attempt).then(|| {
            let of = step.attempts.map_or_else(String::new, |attempts| format!(" of {attempts}"));
            format!("retrying, attempt {}{of}{}", step.attempt, because(step.error.as_deref()))
        });
    }
    if step.status == status {
        let before = last.map_or(1, |last| last.job_attempt.max(1));
        let again = job_attempt(step);
        return (again > before).then(|| format!("its job has begun again, attempt {again}"));
    }
    let label = step_label(step.status);
    let took = precise(step.elapsed(now));
    match step.status {
        // The run has a line of its own for a cancel.
        StepStatus::Pending | StepStatus::Retrying | StepStatus::Cancelling => None,
        StepStatus::Running => (!status.is_active()).then(|| "started".to_owned()),
        StepStatus::Skipped => Some(format!("{label}{}", because(step.reason.as_deref()))),
        StepStatus::Completed | StepStatus::CompletedWithErrors => {
            Some(format!("{label} in {took}{}", because(step.result.as_deref())))
        }
        StepStatus::Failed => Some(format!("{label} after {took}{}", because(cause))),
        // A step that never started has nothing to stop.
        StepStatus::Cancelled => step.started.map(|_| format!("{label} after {took}")),
    }
}
