//! Structured concurrency: what a workflow has started, how it is told to stop, and who waits for it.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::runtime::Handle;

use crate::cancel::Cancellation;
use crate::end::End;
use crate::path::Location;
use crate::run::RunState;

/// One workflow, one parallel branch, one attempt: whatever is cancelled and awaited as a whole.
///
/// A job that is spawned counts in its scope and in all around it, so that each of them waits for it.
pub(crate) struct Scope {
    pub(crate) run: Arc<RunState>,
    parent: Option<Arc<Scope>>,
    /// Whether what is in here was told to stop, by itself; it is too when the scope around it was, unless …
    told: AtomicBool,
    /// … this is the inside of a step that a cancel waits for.
    deaf: bool,
    /// Steps at work that a cancel waits for.
    shields: AtomicUsize,
    /// Inside such a step, however deep: a cancel of the run does not reach here.
    shielded: bool,
    jobs: AtomicUsize,
    idle: AtomicWaker,
    /// Whether a cancel can end the code of this scope, from here or from around.
    interruptible: AtomicBool,
    /// The root was dropped: the last job ends the run.
    abandoned: AtomicBool,
}

impl Scope {
    pub(crate) fn root(run: &Arc<RunState>) -> Arc<Self> {
        Arc::new(Self::new(Arc::clone(run), None, false))
    }

    fn new(run: Arc<RunState>, parent: Option<Arc<Scope>>, deaf: bool) -> Self {
        let interruptible = parent.as_ref().is_some_and(|parent| parent.interruptible.load(SeqCst));
        let shielded = deaf || parent.as_ref().is_some_and(|parent| parent.shielded);
        Self {
            run,
            parent,
            told: AtomicBool::new(false),
            deaf,
            shields: AtomicUsize::new(0),
            shielded,
            jobs: AtomicUsize::new(0),
            idle: AtomicWaker::new(),
            interruptible: AtomicBool::new(interruptible),
            abandoned: AtomicBool::new(false),
        }
    }

    /// A scope inside, which is cancelled with this one.
    pub(crate) fn child(self: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self::new(Arc::clone(&self.run), Some(Arc::clone(self)), false))
    }

    /// A scope inside that a cancel of the run does not reach; until it is let go, all around it wait.
    pub(crate) fn shield(self: &Arc<Self>) -> Shield {
        for scope in self.chain() {
            scope.shields.fetch_add(1, SeqCst);
        }
        let inner = Self::new(Arc::clone(&self.run), Some(Arc::clone(self)), true);
        Shield { outer: Arc::clone(self), inner: Arc::new(inner) }
    }

    fn chain(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Self>> {
        std::iter::successors(Some(self), |scope| scope.parent.as_ref())
    }

    /// Tells what is in here to stop.
    pub(crate) fn tell(&self) {
        if !self.told.swap(true, SeqCst) {
            self.run.bell.notify_waiters();
        }
    }

    /// Whether what is in here was told to stop.
    pub(crate) fn is_told(self: &Arc<Self>) -> bool {
        self.told.load(SeqCst)
            || match &self.parent {
                Some(parent) => !self.deaf && parent.is_told(),
                None => self.run.is_told(),
            }
    }

    /// The code of this scope can be ended by a cancel.
    pub(crate) fn set_interruptible(&self) {
        self.interruptible.store(true, SeqCst);
    }

    /// Whether the code of this scope goes no further. While a step around it holds the cancel off, it goes on: its
    /// early end could end that step too.
    pub(crate) fn must_stop(self: &Arc<Self>) -> bool {
        self.run.is_stopped()
            && !self.shielded
            && self.interruptible.load(SeqCst)
            && self.chain().all(|scope| scope.shields.load(SeqCst) == 0)
    }

    /// Whether what is in here was told to stop, and no step in it is at work that a cancel waits for.
    pub(crate) fn is_to_stop(self: &Arc<Self>) -> bool {
        self.is_told() && self.shields.load(SeqCst) == 0
    }

    /// Waits until this is so of the scope: for what changes with a ring of the run's bell.
    pub(crate) async fn until(self: &Arc<Self>, is_so: fn(&Arc<Self>) -> bool) {
        loop {
            // The bell that is waited for is there before the scope is asked: none can be missed.
            let bell = self.run.bell.notified();
            if is_so(self) {
                return;
            }
            bell.await;
        }
    }

    /// Counts a job, until what is returned is dropped.
    pub(crate) fn count_job(self: &Arc<Self>) -> JobGuard {
        for scope in self.chain() {
            scope.jobs.fetch_add(1, SeqCst);
        }
        JobGuard(Arc::clone(self))
    }

    pub(crate) fn jobs(&self) -> usize {
        self.jobs.load(SeqCst)
    }

    /// Waits until no job is left. One task at a time waits.
    pub(crate) fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.jobs() > 0 {
            self.idle.register(cx.waker());
        }
        // Asked once more, as the last job may have ended before the waker was there.
        if self.jobs() > 0 { Poll::Pending } else { Poll::Ready(()) }
    }

    /// The root is gone without a result: the run is cancelled, at once or when the last job ends.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, SeqCst);
        if self.jobs() > 0 {
            self.run.cancel();
        }
        self.end_if_abandoned();
        self.tell();
    }

    fn end_if_abandoned(&self) {
        if self.abandoned.load(SeqCst) && self.jobs() == 0 {
            self.run.end(&End::Cancelled, Location::root());
        }
    }
}

/// Counts as a live job in its scope and all around it.
pub(crate) struct JobGuard(Arc<Scope>);

impl Drop for JobGuard {
    fn drop(&mut self) {
        for scope in self.0.chain() {
            if scope.jobs.fetch_sub(1, SeqCst) == 1 {
                scope.idle.wake();
                scope.end_if_abandoned();
            }
        }
    }
}

/// Holds a cancel off while a step is at work that must run to its end.
pub struct Shield {
    outer: Arc<Scope>,
    pub(crate) inner: Arc<Scope>,
}

impl Drop for Shield {
    fn drop(&mut self) {
        for scope in self.outer.chain() {
            scope.shields.fetch_sub(1, SeqCst);
        }
        // Those around it that were told to stop meanwhile may be in other tasks, and wait for this.
        if self.outer.is_told() {
            self.outer.run.bell.notify_waiters();
        }
        // A job that outlives the step is told to stop like any other. Where there is a job there is a runtime.
        if self.inner.jobs() > 0
            && let Ok(runtime) = Handle::try_current()
        {
            let (outer, inner) = (Cancellation::new(&self.outer), Arc::clone(&self.inner));
            runtime.spawn(async move {
                let idle = poll_fn(|cx| inner.poll_idle(cx));
                if outer.run_until_cancelled(idle).await.is_none() {
                    inner.tell();
                }
            });
        }
    }
}
