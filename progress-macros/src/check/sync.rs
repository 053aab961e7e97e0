//! What only a workflow that is an `async fn` can do.

use super::Check;
use super::rules::Syntax;
use crate::ast::{Form, Step};

const DURABLE: &str = "a durable workflow is an `async fn`: add `async`, and call what blocks by \
     `progress.spawn_blocking(…)`";
const PARALLEL: &str = "branches are futures: make this an `async fn`, or give threads a share \
     each, `progress.split(units)`, in a plain step";
const CONCURRENT: &str = "concurrent bodies are futures: make this an `async fn`, or use the \
     `par_iter` of rayon with `progress_with(progress)` in a plain step";
const TIMEOUT: &str = "nothing can stop a call that is not async when its time has run out: make \
     this an `async fn`, and await the call";
const RETRY: &str = "retry needs a single call, `call(…)?`: \
     put `#[retry]` on the step that makes the call";

impl Check<'_> {
    /// Reports `#[durable]` on a workflow that is no `async fn`. Returns whether it did.
    pub(super) fn sync_durable(&mut self) -> bool {
        let durable = self.workflow.durable.filter(|_| self.workflow.function.form == Form::Sync);
        if let Some(span) = durable {
            self.repeated = Some(self.errors.at(span, DURABLE));
        }
        durable.is_some()
    }

    /// The rules of the attributes that are about futures, in a workflow that is none.
    pub(super) fn sync_rules(&mut self, step: &Step) {
        let attrs = &step.attrs;
        let concurrent = attrs.concurrent.as_ref().map(|(span, _)| (*span, CONCURRENT));
        let parallel = attrs.parallel.map(|span| (span, PARALLEL));
        let timeout = attrs.timeout.as_ref().map(|(span, _)| (*span, TIMEOUT));
        let mut refused = [concurrent, parallel, timeout].into_iter().flatten().peekable();
        if refused.peek().is_none() && attrs.retry.is_some() && step.call(Form::Sync).is_none() {
            self.errors.on(Syntax(step), RETRY);
        }
        for (span, message) in refused {
            self.repeated = Some(self.errors.at(span, message));
        }
    }
}
