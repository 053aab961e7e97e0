//! Structured concurrency: a tree of scopes, each of which is cancelled and awaited as a whole.
//!
//! A scope belongs to one workflow, branch, attempt or task. It owns a cancel token and a group of
//! tasks. The rules of cancelling are in `cancel`, those of waiting in `tasks`.

use std::iter::successors;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use crate::chain::drop_chain;
use crate::end::End;
use crate::path::Location;
use crate::run::state::RunState;
use crate::tasks::TaskGroup;
use crate::timer::{Moment, Sleep};

/// A workflow, a branch, an attempt or a task, which is cancelled and awaited as a whole.
pub(crate) struct Scope {
    run: Arc<RunState>,
    parent: Option<Arc<Scope>>,
    /// Set when this scope itself was cancelled. A scope is also cancelled when an ancestor is,
    /// unless it is `detached`.
    pub(crate) cancelled: AtomicBool,
    /// Whether this is the inside of an `#[uncancellable]` step, which a cancel from outside does
    /// not reach.
    pub(crate) detached: bool,
    /// Set when code in this scope has seen that it is cancelled.
    pub(crate) observed: AtomicBool,
    /// The number of `#[uncancellable]` steps that run in this scope, at any depth.
    pub(crate) shields: AtomicUsize,
    /// Whether a workflow in this scope or an ancestor can return that it was cancelled.
    pub(crate) interruptible: AtomicBool,
    tasks: TaskGroup,
    /// When code first waited for tasks because this scope was cancelled.
    grace_began: OnceLock<Moment>,
    /// How the run ends, set when its root has ended or is gone. The last task then ends the run.
    abandoned: OnceLock<Box<(End, Location)>>,
}

impl Scope {
    /// Creates the scope of a whole run.
    pub(crate) fn root(run: &Arc<RunState>) -> Arc<Self> {
        Arc::new(Self::new(Arc::clone(run), None, false))
    }

    /// Creates a scope inside this one, which is cancelled with it.
    pub(crate) fn child(self: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self::new(Arc::clone(&self.run), Some(Arc::clone(self)), false))
    }

    /// Creates a scope inside this one, which is not cancelled with it.
    pub(crate) fn detached_child(self: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self::new(Arc::clone(&self.run), Some(Arc::clone(self)), true))
    }

    fn new(run: Arc<RunState>, parent: Option<Arc<Scope>>, detached: bool) -> Self {
        let interruptible = parent.as_ref().is_some_and(|parent| parent.interruptible.load(SeqCst));
        Self {
            run,
            parent,
            cancelled: AtomicBool::new(false),
            detached,
            observed: AtomicBool::new(false),
            shields: AtomicUsize::new(0),
            interruptible: AtomicBool::new(interruptible),
            tasks: TaskGroup::new(),
            grace_began: OnceLock::new(),
            abandoned: OnceLock::new(),
        }
    }

    pub(crate) fn run(&self) -> &Arc<RunState> {
        &self.run
    }

    pub(crate) fn parent(&self) -> Option<&Arc<Self>> {
        self.parent.as_ref()
    }

    /// Iterates over this scope and its ancestors, the root's scope last.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &Self> {
        successors(Some(self), |scope| scope.parent.as_deref())
    }

    pub(crate) fn tasks(&self) -> &TaskGroup {
        &self.tasks
    }

    /// What is left of the grace of the outermost scope that is cancelled. The waits for all scopes
    /// inside it end together.
    pub(crate) fn grace(&self) -> Sleep {
        let outermost = self.cancelled_ancestors().last().unwrap_or(self);
        outermost.grace_began.get_or_init(Moment::now).sleep(self.run.grace)
    }

    /// Records that the root is gone, and where. The run ends this way, at once or with its last
    /// task.
    pub(crate) fn abandon(&self, end: &End, place: Location) {
        if self.tasks.live() > 0 {
            self.run.cancel();
        }
        self.end_with_tasks(end, place);
        self.cancel();
    }

    /// Ends the run this way, at once or with its last task.
    pub(crate) fn end_with_tasks(&self, end: &End, place: Location) {
        // The root has one completion, which does this once.
        let _ = self.abandoned.set(Box::new((end.clone(), place)));
        self.end_if_abandoned();
    }

    /// Ends the run if its root is gone and no task is left.
    pub(crate) fn end_if_abandoned(&self) {
        if let Some((end, place)) = self.abandoned.get().map(Box::as_ref)
            && self.tasks.live() == 0
        {
            match end {
                // A cancel has stopped the tasks.
                End::Completed if self.is_cancelled() => {
                    self.run.end(&End::Cancelled, place.clone());
                }
                end => self.run.end(end, place.clone()),
            }
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        drop_chain(self.parent.take(), |scope| scope.parent.take());
    }
}
