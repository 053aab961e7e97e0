//! A `tracing` span for each step, opened and closed by what a run reports.

use std::collections::HashMap;
use std::fmt;

use tracing::dispatcher::{self, Dispatch};
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::{ReportError, Reporter, StepSnapshot, StepStatus, Update, UpdateKind};

/// Opens a [`tracing`] span for the run and for each of its steps, for as long as they are at work.
///
/// No layer is needed: whatever subscriber there is gets the spans, and so OpenTelemetry shows the workflow as a
/// trace. A run's span is called `workflow`, a step's `step`, an item's of a loop `item`; each is a child of
/// what it is part of, and the run's of the span in which this was made. They have the fields
///
/// - `id`: the step's stable key, the item's number, the run's id;
/// - `title`, also as `otel.name`;
/// - `weight` and `attempt` of a step: the last attempt that was made;
/// - `outcome`: what has become of it, in the words of [`StepStatus::as_str`] and
///   [`RunStatus::as_str`](crate::RunStatus::as_str);
/// - `error`: why it failed, also as `otel.status_code`.
///
/// The spans are not entered: events of the job's own code stay where they are.
///
/// ```
/// use progress_runtime::{Run, Spans};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(Spans::new());
/// progress.finish();
/// ```
pub struct Spans {
    dispatch: Dispatch,
    caller: Span,
    run: Option<Span>,
    /// By the ids from the root down, joined by `/`; of what has ended only that it was there.
    steps: HashMap<String, Known>,
}

enum Known {
    Open { span: Span, attempt: u32, failed: bool },
    Closed,
}

impl Spans {
    /// Spans for the subscriber, and inside the span, that are current now.
    pub fn new() -> Self {
        Self {
            dispatch: dispatcher::get_default(Dispatch::clone),
            caller: Span::current(),
            run: None,
            steps: HashMap::new(),
        }
    }

    fn follow(&mut self, steps: &[StepSnapshot], path: &str, parent: &Span) {
        for step in steps.iter().filter(|step| step.status != StepStatus::Pending) {
            let path =
                if path.is_empty() { step.id.to_string() } else { format!("{path}/{}", step.id) };
            self.forget_attempt(step, &path);
            let known = self.steps.entry(path.clone()).or_insert_with(|| Known::Open {
                span: open(step, parent),
                attempt: step.attempt,
                failed: false,
            });
            let Known::Open { span, failed, .. } = known else { continue };
            *failed |= has_failed(&step.children);
            let span = span.clone();
            self.close_gone(step, &path);
            self.follow(&step.children, &path, &span);
            if step.status.is_terminal() {
                self.close_below(&path, step.status.as_str());
                close(&span, step.status.as_str(), step.error.as_deref());
                self.steps.insert(path, Known::Closed);
            }
        }
    }

    /// What belongs to an attempt that is over has failed with it, and begins anew.
    fn forget_attempt(&mut self, step: &StepSnapshot, path: &str) {
        if let Some(Known::Open { span, attempt, .. }) = self.steps.get_mut(path)
            && *attempt != step.attempt
        {
            *attempt = step.attempt;
            span.record("attempt", step.attempt);
            self.close_below(path, StepStatus::Failed.as_str());
        }
    }

    /// Items leave the snapshots when they end.
    fn close_gone(&mut self, step: &StepSnapshot, path: &str) {
        let prefix = format!("{path}/");
        let gone: Vec<_> = self
            .steps
            .keys()
            .filter(|known| {
                let id = known.strip_prefix(&prefix).filter(|id| !id.contains('/'));
                id.is_some_and(|id| !step.children.iter().any(|child| child.id == id))
            })
            .cloned()
            .collect();
        for path in gone {
            if let Some(Known::Open { span, failed, .. }) = self.steps.remove(&path) {
                let status = match (step.status, failed) {
                    (StepStatus::Failed | StepStatus::Cancelled, _) => step.status,
                    (_, true) => StepStatus::CompletedWithErrors,
                    (_, false) => StepStatus::Completed,
                };
                self.close_below(&path, status.as_str());
                close(&span, status.as_str(), None);
            }
        }
    }

    /// Closes all below a path, and forgets it.
    fn close_below(&mut self, path: &str, outcome: &str) {
        let prefix = format!("{path}/");
        self.steps.retain(|known, step| {
            let below = known.starts_with(&prefix);
            if let (true, Known::Open { span, .. }) = (below, step) {
                close(span, outcome, None);
            }
            !below
        });
    }

    fn look(&mut self, update: &Update<'_>) {
        let snapshot = update.snapshot();
        if self.run.is_none() {
            let (id, title) = (snapshot.run.as_str(), snapshot.title.as_str());
            self.run = Some(info_span!(
                target: "progress",
                parent: &self.caller,
                "workflow",
                id,
                title,
                name = snapshot.workflow.as_str(),
                outcome = Empty,
                error = Empty,
                otel.name = title,
                otel.status_code = Empty,
            ));
        }
        let Some(run) = self.run.clone() else { return };
        self.follow(&snapshot.steps, "", &run);
        if update.kind() == UpdateKind::Ended {
            for (_, step) in self.steps.drain() {
                if let Known::Open { span, .. } = step {
                    close(&span, snapshot.status.as_str(), None);
                }
            }
            close(&run, snapshot.status.as_str(), snapshot.error.as_deref());
            self.run = None;
        }
    }
}

impl Default for Spans {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").field("run", &self.run).finish_non_exhaustive()
    }
}

impl Reporter for Spans {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        // Numbers open and close nothing.
        if update.kind() != UpdateKind::Progress {
            let dispatch = self.dispatch.clone();
            dispatcher::with_default(&dispatch, || self.look(update));
        }
        Ok(())
    }
}

fn open(step: &StepSnapshot, parent: &Span) -> Span {
    let (id, title) = (step.id.as_str(), step.title.as_str());
    macro_rules! span {
        ($name:literal) => {
            info_span!(
                target: "progress",
                parent: parent,
                $name,
                id,
                title,
                weight = step.weight,
                attempt = step.attempt,
                outcome = Empty,
                error = Empty,
                otel.name = title,
                otel.status_code = Empty,
            )
        };
    }
    match id.bytes().all(|byte| byte.is_ascii_digit()) {
        true => span!("item"),
        false => span!("step"),
    }
}

fn close(span: &Span, outcome: &str, error: Option<&str>) {
    span.record("outcome", outcome);
    if let Some(error) = error {
        span.record("error", error);
    }
    if outcome == StepStatus::Failed.as_str() {
        span.record("otel.status_code", "ERROR");
    }
}

fn has_failed(steps: &[StepSnapshot]) -> bool {
    let failed = |step: &StepSnapshot| step.status == StepStatus::Failed;
    steps.iter().any(|step| failed(step) || has_failed(&step.children))
}
