//! How a cancel reaches code: the token of a scope, the points where code stops, and the handle for
//! code that listens.
//!
//! # Rules
//!
//! - A scope is cancelled when it was cancelled itself or when a scope around it is. The inside of
//!   an `#[uncancellable]` step is detached: only its own cancel counts there.
//! - A workflow stops at its next boundary once its scope is cancelled, if its return type can say
//!   so.
//! - A body, or a task, is dropped only when no `#[uncancellable]` step is at work in it.
//! - A workflow that has stopped returns only when no such step is at work around it: its error
//!   could end that step too.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::scope::Scope;

/// A condition of a scope that changes only with a notification of the run.
type Condition = fn(&Scope) -> bool;

impl Scope {
    /// Cancels what is in this scope.
    pub(crate) fn cancel(&self) {
        if !self.cancelled.swap(true, SeqCst) {
            self.run().notify_cancel();
        }
    }

    /// Whether what is in this scope is to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        let mut scope = self;
        loop {
            if scope.cancelled.load(SeqCst) {
                return true;
            }
            scope = match scope.parent() {
                Some(_) if scope.detached => return false,
                Some(parent) => parent,
                None => return scope.run().is_cancelled(),
            };
        }
    }

    /// The same for code of the user's that asks. In a run that is cancelled, an error that it
    /// returns from now on means that it has stopped; where only a sibling has failed, its error
    /// counts.
    pub(crate) fn observe_cancel(&self) -> bool {
        let cancelled = self.is_cancelled();
        if cancelled && self.run().is_cancelled() {
            self.set_observed();
        }
        cancelled
    }

    /// Code in this scope stops because it is cancelled.
    pub(crate) fn set_observed(&self) {
        self.ancestors().for_each(|scope| scope.observed.store(true, SeqCst));
    }

    /// Whether code in this scope is cancelled and has seen it.
    pub(crate) fn has_observed_cancel(&self) -> bool {
        self.observed.load(SeqCst) && self.is_cancelled()
    }

    /// A workflow in this scope can return that it was cancelled.
    pub(crate) fn set_interruptible(&self) {
        self.interruptible.store(true, SeqCst);
    }

    /// Whether a workflow in this scope goes no further.
    pub(crate) fn must_stop(&self) -> bool {
        self.interruptible.load(SeqCst) && self.is_cancelled()
    }

    /// Whether an `#[uncancellable]` step is at work in this scope.
    pub(crate) fn is_shielded(&self) -> bool {
        self.shields.load(SeqCst) > 0
    }

    /// Whether the body of a workflow in this scope can be dropped.
    pub(crate) fn can_drop_body(&self) -> bool {
        self.must_stop() && !self.is_shielded()
    }

    /// Whether a task with this scope can be dropped.
    pub(crate) fn can_drop_task(&self) -> bool {
        self.is_cancelled() && !self.is_shielded()
    }

    /// Whether a workflow that was stopped can return.
    pub(crate) fn can_return(&self) -> bool {
        self.ancestors().all(|scope| !scope.is_shielded())
    }

    /// Waits for a condition.
    pub(crate) async fn wait_until(&self, condition: Condition) {
        loop {
            // Made before the condition is asked, so that no notification is missed.
            let notified = self.run().cancel_notified();
            if condition(self) {
                return;
            }
            notified.await;
        }
    }

    /// Runs a future until it is ready or the condition holds, whichever is first.
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

    /// A scope for an `#[uncancellable]` step; until the shield is dropped, no body around it is.
    pub(crate) fn shield(self: &Arc<Self>) -> CancelShield {
        self.ancestors().for_each(|scope| {
            scope.shields.fetch_add(1, SeqCst);
        });
        CancelShield { outer: Arc::clone(self), inner: self.detached_child() }
    }
}

/// A wait for a condition, which the future of a workflow keeps between polls.
#[derive(Default)]
pub(crate) struct CancelWait(Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>);

impl CancelWait {
    /// Has the task woken when the condition holds; ready when it does.
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

    /// Forgets the condition, so that another one can be waited for.
    pub(crate) fn reset(&mut self) {
        self.0 = None;
    }
}

/// Holds a cancel off while an `#[uncancellable]` step is at work.
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
        // Scopes around the step that were cancelled meanwhile wait for this, also in other tasks.
        if self.outer.is_cancelled() {
            self.outer.run().notify_cancel();
        }
        // A task that outlives the step is cancelled like any other. Where there is a task there is
        // a runtime.
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

/// A point that code which cannot return from the workflow does not pass once it is cancelled.
pub struct CancelPoint<'a>(&'a Scope);

impl<'a> CancelPoint<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Self {
        Self(scope)
    }
}

impl Future for CancelPoint<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // No waker is registered: the workflow's own future waits for the cancel, and drops this
        // one.
        if self.0.must_stop() { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Cancels a scope when it is dropped, unless it was disarmed.
pub(crate) struct DropGuard(Option<Arc<Scope>>);

impl DropGuard {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        Self(Some(Arc::clone(scope)))
    }

    /// The drop changes nothing any more.
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

/// A handle to ask whether a workflow is cancelled, and to wait for it; made by
/// [`Progress::cancellation`](crate::Progress::cancellation).
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

    /// Waits until the workflow is cancelled: no time if it already is.
    pub async fn cancelled(&self) {
        self.0.wait_until(Scope::observe_cancel).await;
    }

    /// Awaits a future until the workflow is cancelled: then the future is dropped, and there is no
    /// output.
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
