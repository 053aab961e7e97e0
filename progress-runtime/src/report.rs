//! The final report of a run.

use std::sync::Arc;
use std::time::Duration;

use crate::plan::{Plan, PlanStep};
use crate::{RunStatus, Snapshot, StepSnapshot};

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

/// The titles of the steps at a path of ids. What the state does not list any more is named as the plan has it, or
/// else by its id.
pub(crate) fn titles(steps: &[StepSnapshot], plan: Option<&Plan>, path: &str) -> String {
    let mut listed = steps;
    let mut planned = plan.map_or(&[][..], Plan::steps);
    let mut item = None;
    let mut titles = Vec::new();
    for id in path.split('/').filter(|id| !id.is_empty()) {
        let live = listed.iter().find(|step| step.id == id);
        if id.bytes().all(|byte| byte.is_ascii_digit()) {
            // The plan of a loop is that of each item.
            titles.push(item.map_or_else(|| format!("#{id}"), |item| format!("{item} {id}")));
        } else {
            let step = planned.iter().find(|step| step.id() == id);
            let title = live.map(|step| step.title.as_str()).filter(|title| !title.is_empty());
            titles.push(title.or(step.map(PlanStep::title)).unwrap_or(id).to_owned());
            item = live.and_then(|step| step.item.as_deref()).or(step.and_then(PlanStep::item));
            planned = step.map_or(&[], PlanStep::steps);
        }
        listed = live.map_or(&[], |step| &step.children);
    }
    titles.join(" › ")
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

#[cfg(test)]
mod tests {
    use super::titles;
    use crate::StepStatus;
    use crate::plan::{Plan, PlanStep, StepList, Structure};
    use crate::snapshot::sample::step;

    const APPLY: PlanStep = PlanStep::new("apply", "Applying", 1);
    const ANALYZE: PlanStep = PlanStep::new("analyze", "Analyzing", 1)
        .with_structure(Structure::Each)
        .with_item("batch")
        .with_steps(StepList::new(0, &[APPLY]));
    const PLAN: Plan = Plan::new("import", "Import", StepList::new(0, &[ANALYZE]));

    #[test]
    fn what_is_at_work_has_the_title_of_the_moment() {
        let mut analyze = step("analyze", "Analyzing 7 batches", StepStatus::Running, 0);
        analyze.item = Some("batch".into());
        let mut batch = step("3", "batch 3 of 7", StepStatus::Running, 0);
        batch.children = vec![step("apply", "Applying 9 changes", StepStatus::Failed, 0)];
        analyze.children = vec![batch];
        let titles = titles(&[analyze], None, "analyze/3/apply");
        assert_eq!(titles, "Analyzing 7 batches › batch 3 › Applying 9 changes");
    }

    #[test]
    fn what_is_gone_has_the_title_of_the_plan_or_its_id() {
        assert_eq!(titles(&[], Some(&PLAN), "analyze/3/apply"), "Analyzing › batch 3 › Applying");
        assert_eq!(titles(&[], None, "analyze/3/apply"), "analyze › #3 › apply");
        assert_eq!(titles(&[], Some(&PLAN), ""), "");
    }
}
