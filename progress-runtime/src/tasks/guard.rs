//! Counts a live task in the scopes around it.

use std::sync::Arc;

use crate::scope::Scope;

/// One live task. It counts in its scope and in all ancestors, so that each of them waits for it.
pub(crate) struct TaskGuard(Arc<Scope>);

impl TaskGuard {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        scope.ancestors().for_each(|scope| scope.tasks().add());
        Self(Arc::clone(scope))
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        for scope in self.0.ancestors() {
            if scope.tasks().remove() {
                scope.end_if_abandoned();
            }
        }
    }
}
