//! The end of a task, which ends its share and sends its result.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::guard::TaskGuard;
use crate::Progress;
use crate::end::End;
use crate::path::Location;
use crate::scope::Scope;
use crate::share::Completion;

/// Ends a task once. If it is dropped without an end, because the tokio runtime shuts down, the
/// task ends as cancelled.
pub(super) struct TaskCompletion {
    completion: Completion,
    /// The place of the task, which is kept because its step may end earlier.
    location: Location,
    _guard: TaskGuard,
}

impl Progress {
    /// Moves the share into a task that the workflow waits for.
    pub(super) fn into_task(self) -> (TaskCompletion, Self) {
        self.share().begin();
        let location = self.share().location();
        let (completion, progress) = self.into_completion();
        let guard = TaskGuard::new(progress.share().scope());
        (TaskCompletion { completion, location, _guard: guard }, progress)
    }
}

impl TaskCompletion {
    /// The scope of the task.
    pub(super) fn scope(&self) -> &Arc<Scope> {
        self.completion.share().scope()
    }

    pub(super) fn location(&self) -> &Location {
        &self.location
    }

    /// Returns how a task ended. An error of a task that has observed its cancel counts as a
    /// cancel.
    pub(super) fn end_of_error(&self, end: End) -> End {
        match end {
            End::Failed(_) if self.scope().has_observed_cancel() => End::Cancelled,
            end => end,
        }
    }

    /// Ends the share, and sends the result to the code that awaits it. The run records an error
    /// that this code may survive, or that no code awaits.
    pub(super) fn complete<T>(mut self, end: &End, result: T, sender: oneshot::Sender<T>) {
        let must_record = self.completion.is_split() || sender.is_closed();
        self.completion.complete(end);
        if must_record {
            // Before the result is sent: the code that receives it may end the run.
            self.record(end);
        }
        let is_awaited = sender.send(result).is_ok();
        if !must_record && !is_awaited {
            self.record(end);
        }
    }

    fn record(&mut self, end: &End) {
        if let Some(text) = end.error() {
            let location = std::mem::take(&mut self.location);
            self.completion.share().run().record_error(location, text);
        }
    }
}
