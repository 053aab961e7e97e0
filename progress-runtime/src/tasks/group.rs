//! The tasks that a scope waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

use crate::scope::Scope;

/// Counts the live tasks of a scope, and of all scopes inside it.
pub(crate) struct TaskGroup {
    live: AtomicUsize,
    idle: AtomicWaker,
}

impl TaskGroup {
    pub(crate) fn new() -> Self {
        Self { live: AtomicUsize::new(0), idle: AtomicWaker::new() }
    }

    pub(crate) fn live(&self) -> usize {
        self.live.load(SeqCst)
    }

    /// Waits until no task is left. One task at a time may wait.
    pub(crate) fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.live() > 0 {
            self.idle.register(cx.waker());
        }
        // The last task may have ended before the waker was registered, so the count is read again.
        if self.live() > 0 { Poll::Pending } else { Poll::Ready(()) }
    }

    fn add(&self) {
        self.live.fetch_add(1, SeqCst);
    }

    /// Whether this was the last one.
    fn remove(&self) -> bool {
        let last = self.live.fetch_sub(1, SeqCst) == 1;
        if last {
            self.idle.wake();
        }
        last
    }
}

/// One live task: it counts in its scope and in all scopes around, so that each of them waits for it.
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
