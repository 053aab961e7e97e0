//! A `tracing` span for each step, opened and closed by the updates of a run.

use std::collections::HashMap;
use std::fmt;

use tracing::dispatcher::{self, Dispatch};
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::{ReportError, Reporter, Update, UpdateKind};
use crate::snapshot::{StepSnapshot, StepStatus, Text};

/// Opens a [`tracing`] span for the run and for each of its steps while they are at work.
///
/// No layer is needed: any subscriber gets the spans, so OpenTelemetry shows the workflow as a
/// trace. The span of a run is called `workflow`, that of a step `step`, and that of a loop's item
/// `item`. Each is a child of the step around it, and the run's span is a child of the span in
/// which this reporter was made. The fields are
///
/// - `id`: the step's stable key, the item's number, or the run's id;
/// - `title`, also as `otel.name`;
/// - `weight` and `attempt` of a step: the latest attempt;
/// - `outcome`: how it ended, named as [`StepStatus::as_str`] and
///   [`RunStatus::as_str`](crate::RunStatus::as_str) name it;
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
    run: Option<OpenSpan>,
}

/// The spans of steps next to each other, by their ids.
type ChildSpans = HashMap<Text, StepSpan>;

enum StepSpan {
    Open(OpenSpan),
    /// The step has ended. It is kept so that no further span is opened for it.
    Closed,
}

struct OpenSpan {
    span: Span,
    attempt: u32,
    /// Whether a step inside has failed.
    has_failed: bool,
    children: ChildSpans,
}

impl Spans {
    /// Opens spans for the current subscriber, inside the current span.
    pub fn new() -> Self {
        Self {
            dispatch: dispatcher::get_default(Dispatch::clone),
            caller: Span::current(),
            run: None,
        }
    }

    fn update(&mut self, update: &Update<'_>) {
        let snapshot = update.snapshot();
        let mut run = self.run.take().unwrap_or_else(|| {
            let (id, title) = (snapshot.run.as_str(), snapshot.title.as_str());
            OpenSpan::new(info_span!(
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
            ))
        });
        run.follow(&snapshot.steps);
        if update.kind() == UpdateKind::Ended {
            run.close(snapshot.status.as_str(), snapshot.error.as_deref());
        } else {
            self.run = Some(run);
        }
    }
}

impl OpenSpan {
    fn new(span: Span) -> Self {
        Self { span, attempt: 0, has_failed: false, children: ChildSpans::new() }
    }

    fn of_step(step: &StepSnapshot, parent: &Span) -> Self {
        Self { attempt: step.attempt, ..Self::new(open(step, parent)) }
    }

    /// Opens and closes the spans of the steps inside.
    fn follow(&mut self, steps: &[StepSnapshot]) {
        for step in steps.iter().filter(|step| step.status != StepStatus::Pending) {
            let child = self.children.entry(step.id.clone());
            let child =
                child.or_insert_with(|| StepSpan::Open(OpenSpan::of_step(step, &self.span)));
            let StepSpan::Open(open) = child else { continue };
            open.update(step);
            if step.status.is_terminal()
                && let StepSpan::Open(open) = std::mem::replace(child, StepSpan::Closed)
            {
                open.close(step.status.as_str(), step.error.as_deref());
            }
        }
    }

    fn update(&mut self, step: &StepSnapshot) {
        if self.attempt != step.attempt {
            // The steps of the attempt before have failed with it, and start over.
            self.attempt = step.attempt;
            self.span.record("attempt", step.attempt);
            self.close_children(StepStatus::Failed.as_str());
        }
        self.has_failed |= step.children.iter().any(StepSnapshot::has_failed);
        self.close_gone(step);
        self.follow(&step.children);
    }

    /// Closes the items that have left the snapshots, as they do when they end.
    fn close_gone(&mut self, step: &StepSnapshot) {
        let is_there = |id: &Text| step.children.iter().any(|child| child.id == *id);
        for (_, gone) in self.children.extract_if(|id, _| !is_there(id)) {
            if let StepSpan::Open(item) = gone {
                let status = match step.status {
                    StepStatus::Failed | StepStatus::Cancelled => step.status,
                    _ if item.has_failed => StepStatus::CompletedWithErrors,
                    _ => StepStatus::Completed,
                };
                item.close(status.as_str(), None);
            }
        }
    }

    /// Closes the spans of the steps inside, then this one.
    fn close(mut self, outcome: &str, error: Option<&str>) {
        self.close_children(outcome);
        self.span.record("outcome", outcome);
        if let Some(error) = error {
            self.span.record("error", error);
        }
        if outcome == StepStatus::Failed.as_str() {
            self.span.record("otel.status_code", "ERROR");
        }
    }

    fn close_children(&mut self, outcome: &str) {
        for (_, child) in self.children.drain() {
            if let StepSpan::Open(child) = child {
                child.close(outcome, None);
            }
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
        let run = self.run.as_ref().map(|run| &run.span);
        f.debug_struct("Spans").field("run", &run).finish_non_exhaustive()
    }
}

impl Reporter for Spans {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        // Numbers open and close no span.
        if update.kind() != UpdateKind::Progress {
            let dispatch = self.dispatch.clone();
            dispatcher::with_default(&dispatch, || self.update(update));
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
    match step.is_item() {
        true => span!("item"),
        false => span!("step"),
    }
}
