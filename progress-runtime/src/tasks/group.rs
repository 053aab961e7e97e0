//! The tasks that a scope waits for.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

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

    /// Counts one more task.
    pub(super) fn add(&self) {
        self.live.fetch_add(1, SeqCst);
    }

    /// Counts one task less. Returns whether it was the last one.
    pub(super) fn remove(&self) -> bool {
        let last = self.live.fetch_sub(1, SeqCst) == 1;
        if last {
            self.idle.wake();
        }
        last
    }
}
