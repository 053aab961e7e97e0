//! How a cancel reaches code: the token of a scope, the points where code stops, and the handle for
//! code that checks for itself.
//!
//! # Rules
//!
//! - A scope is cancelled if it was cancelled itself or if an ancestor is. The inside of an
//!   `#[uncancellable]` step is detached: it ignores its ancestors.
//! - Once its scope is cancelled, a workflow stops at its next boundary between steps, if its
//!   return type can express a cancel.
//! - A body or a task is dropped only while no `#[uncancellable]` step runs in it.
//! - A workflow that has stopped returns only while no such step runs around it, because its error
//!   could end that step too. One that is no future cannot wait for that, so it stops only then.

use std::fmt;
use std::future::{Future, poll_fn};
use std::iter::successors;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::scope::Scope;

/// A condition of a scope. Every change of it comes with a cancel notification of the run.
type Condition = fn(&Scope) -> bool;

impl Scope {
    /// Cancels this scope and those inside it.
    pub(crate) fn cancel(&self) {
        if !self.cancelled.swap(true, SeqCst) {
            self.run().notify_cancel();
        }
    }

    /// Whether this scope is cancelled, by itself or by an ancestor.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled_ancestors().next().is_some()
    }

    /// Iterates over the ancestors that are cancelled, as far out as a cancel reaches this scope.
    pub(crate) fn cancelled_ancestors(&self) -> impl Iterator<Item = &Self> {
        let outer = successors(Some(self), |scope| {
            scope.parent().filter(|_| !scope.detached).map(Arc::as_ref)
        });
        outer.filter(|scope| {
            let is_root = scope.parent().is_none();
            scope.cancelled.load(SeqCst) || is_root && scope.run().is_cancelled()
        })
    }

    /// Whether this scope is cancelled, for user code that checks it. If the whole run is
    /// cancelled, an error that the code returns from now on means that it stopped. If only a
    /// sibling failed, an error is still an error.
    pub(crate) fn observe_cancel(&self) -> bool {
        let cancelled = self.is_cancelled();
        if cancelled && self.run().is_cancelled() {
            self.set_observed();
        }
        cancelled
    }

    /// Records that code in this scope has observed the cancel.
    pub(crate) fn set_observed(&self) {
        self.ancestors().for_each(|scope| scope.observed.store(true, SeqCst));
    }

    /// Whether this scope is cancelled and code in it has observed that.
    pub(crate) fn has_observed_cancel(&self) -> bool {
        self.observed.load(SeqCst) && self.is_cancelled()
    }

    /// Records that a workflow in this scope can return that it was cancelled.
    pub(crate) fn set_interruptible(&self) {
        self.interruptible.store(true, SeqCst);
    }

    /// Whether a workflow in this scope must stop at its next boundary.
    pub(crate) fn must_stop(&self) -> bool {
        self.interruptible.load(SeqCst) && self.is_cancelled()
    }

    /// Whether an `#[uncancellable]` step runs in this scope.
    pub(crate) fn is_shielded(&self) -> bool {
        self.shields.load(SeqCst) > 0
    }

    /// Whether a workflow in this scope that cannot wait must return at its next boundary.
    pub(crate) fn must_return(&self) -> bool {
        self.must_stop() && self.can_return()
    }

    /// Whether the body of a workflow in this scope may be dropped.
    pub(crate) fn can_drop_body(&self) -> bool {
        self.must_stop() && !self.is_shielded()
    }

    /// Whether a task with this scope may be dropped.
    pub(crate) fn can_drop_task(&self) -> bool {
        self.is_cancelled() && !self.is_shielded()
    }

    /// Whether a workflow that has stopped may return.
    pub(crate) fn can_return(&self) -> bool {
        self.ancestors().all(|scope| !scope.is_shielded())
    }

    /// Waits until a condition holds.
    pub(crate) async fn wait_until(&self, condition: Condition) {
        loop {
            // Created before the condition is checked, so that no notification is missed.
            let notified = self.run().cancel_notified();
            if condition(self) {
                return;
            }
            notified.await;
        }
    }

    /// Runs a future until it is ready. Returns `None` if the condition holds first.
    pub(crate) async fn run_until<F: Future>(
        &self,
        condition: Condition,
        future: F,
    ) -> Option<F::Output> {
        let (mut stopped, mut future) = (pin!(self.wait_until(condition)), pin!(future));
        poll_fn(|cx| {
            if condition(self) {
                return Poll::Ready(None);
            }
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            stopped.as_mut().poll(cx).map(|()| None)
        })
        .await
    }

    /// Creates the shield of an `#[uncancellable]` step. While the shield exists, no body around it
    /// is dropped.
    pub(crate) fn shield(self: &Arc<Self>) -> CancelShield {
        self.ancestors().for_each(|scope| {
            scope.shields.fetch_add(1, SeqCst);
        });
        CancelShield { outer: Arc::clone(self), inner: self.detached_child() }
    }
}

/// A wait for a condition that the future of a workflow keeps between polls.
#[derive(Default)]
pub(crate) struct CancelWait(Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>);

impl CancelWait {
    /// Returns `Ready` if the condition holds. Otherwise the task is woken when it does.
    pub(crate) fn poll(
        &mut self,
        scope: &Arc<Scope>,
        condition: Condition,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let wait = self.0.get_or_insert_with(|| {
            let scope = Arc::clone(scope);
            Box::pin(async move { scope.wait_until(condition).await })
        });
        let polled = wait.as_mut().poll(cx);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }

    /// Drops the wait, so that the next one can be for another condition.
    pub(crate) fn reset(&mut self) {
        self.0 = None;
    }
}

/// Delays a cancel while an `#[uncancellable]` step runs.
pub struct CancelShield {
    outer: Arc<Scope>,
    inner: Arc<Scope>,
}

impl CancelShield {
    /// The scope of the step.
    pub(crate) fn inner(&self) -> &Arc<Scope> {
        &self.inner
    }
}

impl Drop for CancelShield {
    fn drop(&mut self) {
        self.outer.ancestors().for_each(|scope| {
            scope.shields.fetch_sub(1, SeqCst);
        });
        // Ancestors that were cancelled meanwhile wait for this, also in other tasks.
        if self.outer.is_cancelled() {
            self.outer.run().notify_cancel();
        }
        // A task that outlives the step is cancelled with the scopes around it, like any other
        // task. If there is a task, there is a runtime.
        if self.inner.tasks().live() > 0
            && let Ok(runtime) = Handle::try_current()
        {
            let (outer, inner) = (Arc::clone(&self.outer), Arc::clone(&self.inner));
            runtime.spawn(async move {
                let idle = poll_fn(|cx| inner.tasks().poll_idle(cx));
                if outer.run_until(Scope::is_cancelled, idle).await.is_none() {
                    inner.cancel();
                }
            });
        }
    }
}

/// A point that code cannot pass once its workflow is cancelled. It stops code that cannot return
/// from the workflow, such as a branch.
pub struct CancelPoint<'a>(&'a Scope);

impl<'a> CancelPoint<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Self {
        Self(scope)
    }
}

impl Future for CancelPoint<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // Registers no waker: the workflow's own future waits for the cancel, and drops this one.
        if self.0.must_stop() { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Cancels a scope when it is dropped, unless it was disarmed.
pub(crate) struct DropGuard(Option<Arc<Scope>>);

impl DropGuard {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        Self(Some(Arc::clone(scope)))
    }

    /// Drops the guard without a cancel.
    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(scope) = &self.0 {
            scope.cancel();
        }
    }
}

/// A handle that checks whether a workflow is cancelled, and waits for it.
/// [`Progress::cancellation`](crate::Progress::cancellation) creates it.
///
/// It is for code that cannot be dropped at its next `.await`, or that has to clean up before it
/// ends. Clones share one state. A handle keeps the state of its run in memory.
///
/// ```
/// use progress_runtime::{Progress, Run};
///
/// async fn listen(progress: Progress) -> &'static str {
///     let cancellation = progress.cancellation();
///     tokio::select! {
///         () = cancellation.cancelled() => "cancelled",
///         () = std::future::pending() => "never",
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (run, mut progress) = Run::start("Listen");
/// progress.set_length(1);
/// run.cancel();
/// assert_eq!(listen(progress).await, "cancelled");
/// # }
/// ```
#[derive(Clone)]
pub struct Cancellation(Arc<Scope>);

impl Cancellation {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        Self(Arc::clone(scope))
    }

    /// Whether the workflow is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.observe_cancel()
    }

    /// Waits until the workflow is cancelled. Returns at once if it already is.
    pub async fn cancelled(&self) {
        self.0.wait_until(Scope::observe_cancel).await;
    }

    /// Awaits a future until the workflow is cancelled. A cancel drops the future and gives `None`.
    ///
    /// ```
    /// use progress_runtime::{Progress, Run};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (_run, progress) = Run::start("Count");
    /// let sum = async { 1 + 2 };
    /// assert_eq!(progress.cancellation().run_until_cancelled(sum).await, Some(3));
    /// # }
    /// ```
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        self.0.run_until(Scope::observe_cancel, future).await
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_cancelled = self.0.is_cancelled();
        f.debug_struct("Cancellation").field("is_cancelled", &is_cancelled).finish()
    }
}
