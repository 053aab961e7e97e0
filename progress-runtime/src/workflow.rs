//! The future of a workflow. It ends the workflow's share, whether the body returns, panics, is
//! cancelled or is dropped.

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
use crate::tasks::GraceWait;

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
            if let PhaseProject::Waiting { wait } = this.phase.as_mut().project()
                && let end @ End::Panicked(_) = &wait.end
            {
                this.completion.abandon(end);
            }
            // The values of the body are dropped first. Then the drop of the completion ends the
            // share as cancelled. If a value panics in its drop, the share ends here, as panicked.
            if let Err(panic) = panics::catch(|| this.phase.set(Phase::Over)) {
                this.completion.abandon(&End::Panicked(panic.text()));
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
        // The body has ended, and its tasks have not.
        Waiting { wait: Box<Wait<F::Output>> },
        Over,
    }
}

/// How the body was left.
enum Exit<T> {
    Returned(T),
    /// A cancel has dropped it.
    Dropped,
    /// The panic goes on when the share has ended.
    Panicked(Panic),
}

/// What the body has left, kept until the tasks that it started have ended.
struct Wait<T> {
    exit: Exit<T>,
    end: End,
    grace: GraceWait,
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
        loop {
            let scope = this.completion.share().scope();
            match this.phase.as_mut().project() {
                PhaseProject::Body { body } => {
                    let exit = match poll_body(body, scope, cx) {
                        Ok(Poll::Ready(value)) => Exit::Returned(value),
                        Ok(Poll::Pending) if scope.can_drop_body() => Exit::Dropped,
                        Ok(Poll::Pending) => {
                            match this.cancel.poll(scope, Scope::can_drop_body, cx) {
                                Poll::Ready(()) => continue,
                                Poll::Pending => return Poll::Pending,
                            }
                        }
                        Err(panic) => Exit::Panicked(panic),
                    };
                    let exit = exit.after_drop(panics::catch(|| this.phase.set(Phase::Over)));
                    let end = exit.end(this.returns, scope);
                    if !must_wait(scope, &end) {
                        return conclude(this.completion, this.returns, exit, end);
                    }
                    if !matches!(end, End::Completed) {
                        scope.cancel();
                    }
                    this.cancel.reset();
                    let wait = Box::new(Wait { exit, end, grace: GraceWait::default() });
                    this.phase.set(Phase::Waiting { wait });
                }
                PhaseProject::Waiting { wait } => {
                    let waited = wait.poll(scope, this.cancel, this.completion, cx);
                    if waited.is_pending() {
                        return Poll::Pending;
                    }
                    let exit = std::mem::replace(&mut wait.exit, Exit::Dropped);
                    let end = wait.end.clone();
                    this.phase.set(Phase::Over);
                    return conclude(this.completion, this.returns, exit, end);
                }
                PhaseProject::Over => return Poll::Pending,
            }
        }
    }
}

/// Polls the body, unless it may be dropped.
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

impl<T> Exit<T> {
    /// The exit of a body that is dropped now. The first panic is the one that goes on.
    fn after_drop(self, dropped: Result<(), Panic>) -> Self {
        match (self, dropped) {
            (exit @ Self::Panicked(_), _) | (exit, Ok(())) => exit,
            (exit, Err(panic)) => {
                let _ = panics::catch(|| drop(exit));
                Self::Panicked(panic)
            }
        }
    }

    /// Returns how the body ended. Once the workflow is cancelled, an error counts as a cancel: the
    /// body may stop with an error of its own.
    fn end<L: Fn(&T) -> Verdict>(&self, returns: &Returns<T, L>, scope: &Scope) -> End {
        match self {
            Self::Returned(value) => match returns.end_of(value) {
                End::Failed(_) if scope.must_stop() => End::Cancelled,
                end => end,
            },
            Self::Dropped => End::Cancelled,
            Self::Panicked(panic) => End::Panicked(panic.text()),
        }
    }
}

/// Whether something must end before the workflow returns.
fn must_wait(scope: &Scope, end: &End) -> bool {
    scope.tasks().live() > 0 || matches!(end, End::Cancelled) && !scope.can_return()
}

impl<T> Wait<T> {
    /// Waits for the tasks, after a cancel no longer than the run's grace. A workflow that was
    /// cancelled then waits for the `#[uncancellable]` steps around it.
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
            let location = || completion.share().location();
            if self.grace.poll(scope, location, cx).is_pending() {
                return Poll::Pending;
            }
        }
        if !matches!(self.end, End::Cancelled) || scope.can_return() {
            return Poll::Ready(());
        }
        cancel.poll(scope, Scope::can_return, cx)
    }
}

/// Ends the share, and returns the result of the workflow, or resumes its panic.
fn conclude<T, L>(
    completion: &mut Completion,
    returns: &Returns<T, L>,
    exit: Exit<T>,
    end: End,
) -> Poll<T> {
    let share = completion.share();
    let late = matches!(end, End::Completed) && share.scope().must_stop();
    let is_cancelled = late || matches!(exit, Exit::Dropped);
    let (exit, end) = match is_cancelled.then(|| returns.cancelled()).flatten() {
        Some(cancelled) => (Exit::Returned(cancelled), End::Cancelled),
        None => (exit, end),
    };
    if matches!(end, End::Cancelled) {
        // A task around this workflow has stopped because of the cancel, too.
        share.scope().set_observed();
    }
    completion.conclude(&end);
    match exit {
        Exit::Returned(value) => Poll::Ready(value),
        // The return type cannot express a cancel. Then that of a workflow around this one can, and
        // drops this future.
        Exit::Dropped => Poll::Pending,
        Exit::Panicked(panic) => panic.resume(),
    }
}
