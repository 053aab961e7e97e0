//! The tasks that a scope waits for.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// Counts the live tasks of a scope, and of all scopes inside it.
///
/// # Invariants
///
/// - A task counts in its scope and in the scopes around it, up to the first group that was given
///   up. The walk that adds a task and the walk that removes it stop at the same group, or the
///   group was given up between them, and then [`give_up`](Self::give_up) has removed the task from
///   the groups further out.
/// - The walks are not atomic, so a count can be below zero for a moment. It then counts as live,
///   and the walk that brings it back to zero wakes the waiting task.
pub(crate) struct TaskGroup {
    /// Twice the number of live tasks, and [`GIVEN_UP`].
    state: AtomicUsize,
    idle: AtomicWaker,
}

/// Set in a group whose tasks are not awaited any more.
const GIVEN_UP: usize = 1;
const TASK: usize = 2;

impl TaskGroup {
    pub(crate) fn new() -> Self {
        Self { state: AtomicUsize::new(0), idle: AtomicWaker::new() }
    }

    /// How many tasks are live. A group that was given up has none.
    pub(crate) fn live(&self) -> usize {
        match self.state.load(SeqCst) {
            state if state & GIVEN_UP == 0 => state / TASK,
            _ => 0,
        }
    }

    /// Waits until no task is left. One task at a time may wait.
    pub(crate) fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.live() > 0 {
            self.idle.register(cx.waker());
        }
        // The last task may have ended before the waker was registered, so the count is read again.
        if self.live() > 0 { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Counts one more task. Returns `false` if the group was given up.
    pub(super) fn add(&self) -> bool {
        self.change(|count| count.wrapping_add(TASK))
    }

    /// Counts so many tasks less. Returns `false` if the group was given up.
    pub(super) fn remove(&self, tasks: usize) -> bool {
        self.change(|count| count.wrapping_sub(tasks.wrapping_mul(TASK)))
    }

    /// Waits for no task of this group any more. Returns how many are live.
    pub(super) fn give_up(&self) -> usize {
        let live = match self.state.swap(GIVEN_UP, SeqCst) {
            state if state & GIVEN_UP == 0 => state / TASK,
            _ => 0,
        };
        self.idle.wake();
        live
    }

    fn change(&self, change: impl Fn(usize) -> usize) -> bool {
        let change = |state| (state & GIVEN_UP == 0).then(|| change(state));
        let changed = self.state.fetch_update(SeqCst, SeqCst, change);
        if changed.map(change) == Ok(Some(0)) {
            self.idle.wake();
        }
        changed.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::TaskGroup;

    #[test]
    fn a_group_that_was_given_up_counts_no_task() {
        let group = TaskGroup::new();
        assert!(group.add() && group.add() && group.remove(1) && group.add());
        assert_eq!(group.live(), 2);
        assert_eq!(group.give_up(), 2);
        assert!(!group.add() && !group.remove(1));
        assert_eq!((group.live(), group.give_up()), (0, 0));
    }

    #[test]
    fn a_task_that_is_removed_first_and_added_then_leaves_no_trace() {
        let group = TaskGroup::new();
        assert!(group.remove(1));
        assert!(group.live() > 0);
        assert!(group.add());
        assert_eq!(group.live(), 0);
    }
}
