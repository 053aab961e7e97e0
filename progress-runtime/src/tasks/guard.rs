//! Counts a live task in the scopes around it.

use std::sync::Arc;

use crate::scope::Scope;

/// One live task. It counts in its scope and in all ancestors, so that each of them waits for it.
pub(crate) struct TaskGuard(Arc<Scope>);

impl TaskGuard {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        // Stops at a scope that was given up: nothing further out waits for its tasks.
        let _ = scope.ancestors().all(|scope| scope.tasks().add());
        Self(Arc::clone(scope))
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        remove(self.0.ancestors(), 1);
    }
}

impl Scope {
    /// Waits no longer for the tasks of this scope, nor do the scopes around it. Returns how many
    /// there are.
    pub(super) fn give_up_tasks(&self) -> usize {
        let live = self.tasks().give_up();
        remove(self.ancestors().skip(1), live);
        live
    }
}

/// Removes tasks from these scopes, up to the first that was given up.
fn remove<'a>(mut scopes: impl Iterator<Item = &'a Scope>, tasks: usize) {
    // A run that is abandoned ends here, with its last task.
    let _ = scopes.all(|scope| {
        let is_counted = scope.tasks().remove(tasks);
        scope.end_if_abandoned();
        is_counted
    });
}
