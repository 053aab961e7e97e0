//! The end of a task: its share, and whoever awaits the result.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::guard::TaskGuard;
use crate::Progress;
use crate::end::End;
use crate::path::Location;
use crate::scope::Scope;
use crate::share::Completion;

/// A task's place in its workflow, until it has ended. Dropped without an end (the runtime shuts
/// down), the task ends as cancelled.
pub(super) struct TaskCompletion {
    completion: Completion,
    /// Where the task stands: its step may end before it does.
    location: Location,
    _guard: TaskGuard,
}

impl Progress {
    /// The share goes to a task, which the workflow waits for.
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

    /// How a task ended that returned an error: one that has seen that it is cancelled has stopped
    /// because of that.
    pub(super) fn end_of_error(&self, end: End) -> End {
        match end {
            End::Failed(_) if self.scope().has_observed_cancel() => End::Cancelled,
            end => end,
        }
    }

    /// Ends the share, and hands the result to the code that awaits it. The report keeps an error
    /// that nobody awaits.
    pub(super) fn complete<T>(mut self, end: &End, result: T, waiting: oneshot::Sender<T>) {
        self.completion.complete(end);
        let unheard = waiting.send(result).is_err();
        if let Some(text) = end.error()
            && (unheard || self.completion.is_split())
        {
            let location = std::mem::take(&mut self.location);
            self.completion.share().run().record_error(location, text);
        }
    }
}
