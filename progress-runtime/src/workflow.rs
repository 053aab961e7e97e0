//! The future of a workflow: it sees the result, a panic, a cancel and the drop, whatever the body
//! does.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::cancel::CancelWait;
use crate::end::End;
use crate::panics::{self, Panic};
use crate::returns::{Returns, Verdict};
use crate::scope::Scope;
use crate::share::Completion;
use crate::timer::{Sleep, sleep};

pin_project! {
    /// The future of a workflow.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Workflow<F: Future, L> {
        #[pin]
        phase: Phase<F>,
        completion: Completion,
        returns: Returns<F::Output, L>,
        cancel: CancelWait,
    }

    impl<F: Future, L> PinnedDrop for Workflow<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if matches!(&*this.phase, Phase::Over) {
                return;
            }
            // What the body owns is dropped first, then the share ends: by the drop of the
            // completion, or here by a panic in a drop.
            if let Err(panic) = panics::catch(|| this.phase.set(Phase::Over)) {
                this.completion.share().scope().cancel();
                this.completion.complete(&End::Panicked(panic.text()));
                if !std::thread::panicking() {
                    panic.resume();
                }
            }
        }
    }
}

pin_project! {
    #[project = PhaseProject]
    enum Phase<F: Future> {
        Body { #[pin] body: F },
        // The body has ended; its tasks are waited for.
        Waiting { wait: Box<Wait<F::Output>> },
        Over,
    }
}

/// How the body ended, until the tasks that it started have too.
struct Wait<T> {
    value: Option<T>,
    end: End,
    grace: Option<Sleep>,
}

impl<F: Future, L: Fn(&F::Output) -> Verdict> Workflow<F, L> {
    /// Wraps the body of a workflow that has begun.
    pub fn new(completion: Completion, body: F, returns: Returns<F::Output, L>) -> Self {
        if returns.can_interrupt() {
            completion.set_interruptible();
        }
        Self { phase: Phase::Body { body }, completion, returns, cancel: CancelWait::default() }
    }
}

impl<F: Future, L: Fn(&F::Output) -> Verdict> Future for Workflow<F, L> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let scope = Arc::clone(this.completion.share().scope());
        loop {
            match this.phase.as_mut().project() {
                PhaseProject::Body { body } => {
                    let polled = poll_body(body, &scope, cx);
                    let (value, end) = match polled {
                        Ok(Poll::Ready(value)) => {
                            let end = end_of(&value, this.returns, &scope);
                            (Some(value), end)
                        }
                        Ok(Poll::Pending) if scope.can_drop_body() => (None, End::Cancelled),
                        Ok(Poll::Pending) => {
                            match this.cancel.poll(&scope, Scope::can_drop_body, cx) {
                                Poll::Ready(()) => continue,
                                Poll::Pending => return Poll::Pending,
                            }
                        }
                        Err(panic) => {
                            // The panic goes on; one in a drop after it cannot.
                            let _ = panics::catch(|| this.phase.set(Phase::Over));
                            fail(this.completion, panic)
                        }
                    };
                    if let Err(panic) = panics::catch(|| this.phase.set(Phase::Over)) {
                        fail(this.completion, panic)
                    }
                    if !must_wait(&scope, &end) {
                        return conclude(this.completion, this.returns, value, end);
                    }
                    if !matches!(end, End::Completed) {
                        scope.cancel();
                    }
                    this.cancel.reset();
                    let wait = Box::new(Wait { value, end, grace: None });
                    this.phase.set(Phase::Waiting { wait });
                }
                PhaseProject::Waiting { wait } => {
                    let waited = wait.poll(&scope, this.cancel, this.completion, cx);
                    if waited.is_pending() {
                        return Poll::Pending;
                    }
                    let (value, end) = (wait.value.take(), wait.end.clone());
                    this.phase.set(Phase::Over);
                    return conclude(this.completion, this.returns, value, end);
                }
                PhaseProject::Over => return Poll::Pending,
            }
        }
    }
}

/// Polls the body, unless it is to be dropped.
fn poll_body<F: Future>(
    body: Pin<&mut F>,
    scope: &Arc<Scope>,
    cx: &mut Context<'_>,
) -> Result<Poll<F::Output>, Panic> {
    if scope.can_drop_body() {
        return Ok(Poll::Pending);
    }
    scope.run().begin();
    panics::catch(|| body.poll(cx))
}

/// How a body with this result ended. One that was cancelled may have stopped with an error of its
/// own.
fn end_of<T, L: Fn(&T) -> Verdict>(value: &T, returns: &Returns<T, L>, scope: &Scope) -> End {
    match returns.end_of(value) {
        End::Failed(_) if scope.must_stop() => End::Cancelled,
        end => end,
    }
}

/// The workflow fails by a panic, which goes on.
fn fail(completion: &mut Completion, panic: Panic) -> ! {
    completion.share().scope().cancel();
    completion.complete(&End::Panicked(panic.text()));
    panic.resume()
}

fn must_wait(scope: &Scope, end: &End) -> bool {
    scope.tasks().live() > 0 || matches!(end, End::Cancelled) && !scope.can_return()
}

impl<T> Wait<T> {
    /// Waits for the tasks, when they were cancelled no longer than the grace of the run; then for
    /// the `#[uncancellable]` steps around.
    fn poll(
        &mut self,
        scope: &Arc<Scope>,
        cancel: &mut CancelWait,
        completion: &Completion,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        while scope.tasks().poll_idle(cx).is_pending() {
            if !scope.is_cancelled() {
                match cancel.poll(scope, Scope::is_cancelled, cx) {
                    Poll::Ready(()) => continue,
                    Poll::Pending => return Poll::Pending,
                }
            }
            let grace = scope.run().grace;
            if Pin::new(self.grace.get_or_insert_with(|| sleep(grace))).poll(cx).is_pending() {
                return Poll::Pending;
            }
            let left = scope.tasks().live();
            let text = format!(
                "{left} of its sub-jobs had not stopped {grace:?} after they were cancelled"
            );
            scope.run().record_error(completion.share().location(), &text);
            break;
        }
        if !matches!(self.end, End::Cancelled) || scope.can_return() {
            return Poll::Ready(());
        }
        cancel.poll(scope, Scope::can_return, cx)
    }
}

/// Ends the share, and makes the result of the workflow.
fn conclude<T, L>(
    completion: &mut Completion,
    returns: &Returns<T, L>,
    value: Option<T>,
    end: End,
) -> Poll<T> {
    let share = completion.share().clone();
    let late = matches!(end, End::Completed) && share.scope().must_stop();
    let (value, end) = match returns.cancelled() {
        Some(cancelled) if late || value.is_none() => (Some(cancelled), End::Cancelled),
        _ => (value, end),
    };
    let failure =
        end.error().filter(|_| completion.is_split()).map(|text| (share.location(), text));
    completion.complete(&end);
    if let Some((location, text)) = failure {
        share.run().record_error(location, text);
    }
    // A return type that cannot express a cancel leaves nothing to return: code that can be
    // cancelled drops this future.
    value.map_or(Poll::Pending, Poll::Ready)
}
