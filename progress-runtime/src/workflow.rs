//! The future of a workflow: it sees the result, a panic, a cancel and the drop, whatever the body does.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::Interrupted;
use crate::end::End;
use crate::outcome::panic_text;
use crate::progress::Taken;
use crate::scope::Scope;
use crate::timer::{Sleep, sleep};

type Hearing = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What the return type of a workflow can say.
pub struct Returns<T, L> {
    look: L,
    interrupt: Option<fn(Interrupted) -> T>,
}

impl<T, L: Fn(&T) -> Option<String>> Returns<T, L> {
    /// `look` finds the error in a result; `interrupt` makes the result of a workflow that was interrupted.
    pub fn new(look: L, interrupt: Option<fn(Interrupted) -> T>) -> Self {
        Self { look, interrupt }
    }
}

impl<T, L> Returns<T, L> {
    /// Whether the type can say that the workflow was interrupted.
    pub(crate) fn can_interrupt(&self) -> bool {
        self.interrupt.is_some()
    }
}

/// What a workflow returns that was stopped: only one stops that can say so.
pub fn interrupted<T>(interrupt: Option<fn(Interrupted) -> T>) -> T {
    match interrupt {
        Some(interrupt) => interrupt(Interrupted::Cancelled),
        None => unreachable!("it is never told to stop"),
    }
}

/// Finds out whether a return type can say that the workflow was interrupted, by the choice that method
/// resolution makes.
pub struct Interrupts<T>(PhantomData<fn() -> T>);

impl<T> Interrupts<T> {
    /// A probe of a type.
    #[expect(clippy::new_without_default, reason = "made by the macro alone")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The type can say so.
pub trait CanInterrupt<T> {
    /// The conversion.
    fn interrupt(&self) -> Option<fn(Interrupted) -> T>;
}

impl<T, E: From<Interrupted>> CanInterrupt<Result<T, E>> for &Interrupts<Result<T, E>> {
    fn interrupt(&self) -> Option<fn(Interrupted) -> Result<T, E>> {
        Some(|reason| Err(E::from(reason)))
    }
}

/// The type cannot say so.
pub trait CannotInterrupt<T> {
    /// Nothing.
    fn interrupt(&self) -> Option<fn(Interrupted) -> T> {
        None
    }
}

impl<T> CannotInterrupt<T> for Interrupts<T> {}

/// The return type of a workflow with `#[timeout]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot represent a timeout",
    label = "a workflow with `#[timeout]` returns a `Result` whose error implements `From<Interrupted>`"
)]
pub trait Interruptible {
    /// The error.
    type Error;
}

impl<T, E> Interruptible for Result<T, E> {
    type Error = E;
}

/// An error that can say that a step has timed out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot represent a timeout; implement `From<Interrupted>` for it",
    label = "a workflow with `#[timeout]` ends with this error when the time has run out"
)]
pub trait TimeoutError {
    /// The conversion.
    fn timed_out(interrupted: Interrupted) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Interrupted>> TimeoutError for E {
    fn timed_out(interrupted: Interrupted) -> Self {
        interrupted.into()
    }
}

/// The workflow's own error for a step that has timed out.
pub fn timed_out<R: Interruptible<Error: TimeoutError>>(interrupted: Interrupted) -> R::Error {
    R::Error::timed_out(interrupted)
}

pin_project! {
    /// The future of a workflow.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Workflow<F: Future, L> {
        #[pin]
        phase: Phase<F>,
        taken: Taken,
        returns: Returns<F::Output, L>,
        heard: Option<Hearing>,
    }

    impl<F: Future, L> PinnedDrop for Workflow<F, L> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !matches!(&*this.phase, Phase::Over) {
                this.phase.set(Phase::Over);
                this.taken.give_up();
            }
        }
    }
}

pin_project! {
    #[project = PhaseProject]
    enum Phase<F: Future> {
        Body { #[pin] body: F },
        // The body has ended; what it has started is waited for.
        Waiting { wait: Box<Wait<F::Output>> },
        Over,
    }
}

struct Wait<T> {
    value: Option<T>,
    outcome: End,
    grace: Option<Sleep>,
}

impl<F: Future, L: Fn(&F::Output) -> Option<String>> Workflow<F, L> {
    /// Wraps the body of a workflow that has begun.
    pub fn new(taken: Taken, body: F, returns: Returns<F::Output, L>) -> Self {
        if returns.interrupt.is_some() {
            taken.set_interruptible();
        }
        Self { phase: Phase::Body { body }, taken, returns, heard: None }
    }
}

impl<F: Future, L: Fn(&F::Output) -> Option<String>> Future for Workflow<F, L> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let scope = Arc::clone(&this.taken.scope);
        loop {
            match this.phase.as_mut().project() {
                PhaseProject::Body { body } => {
                    let (value, outcome) = match poll_body(body, &scope, cx) {
                        Ok(Poll::Ready(value)) => match (this.returns.look)(&value) {
                            // It was stopped at a boundary, or the cancel was faster than its own error.
                            Some(_) if scope.must_stop() => (Some(value), End::Cancelled),
                            Some(text) => (Some(value), End::Failed(Some(text.into()))),
                            None => (Some(value), End::Completed),
                        },
                        Ok(Poll::Pending) if scope.must_stop() => (None, End::Cancelled),
                        Ok(Poll::Pending) => match hear(this.heard, Scope::must_stop, &scope, cx) {
                            Poll::Ready(()) => continue,
                            Poll::Pending => return Poll::Pending,
                        },
                        Err(panic) => {
                            this.phase.set(Phase::Over);
                            scope.tell();
                            this.taken.end(&End::Panicked(panic_text(&*panic).into()));
                            resume_unwind(panic);
                        }
                    };
                    this.phase.set(Phase::Over);
                    if scope.jobs() == 0 {
                        return conclude(this.taken, this.returns, value, outcome);
                    }
                    if !matches!(outcome, End::Completed) {
                        scope.tell();
                    }
                    *this.heard = None;
                    this.phase.set(Phase::Waiting {
                        wait: Box::new(Wait { value, outcome, grace: None }),
                    });
                }
                PhaseProject::Waiting { wait } => {
                    if scope.poll_idle(cx).is_pending() {
                        if !scope.is_told() {
                            match hear(this.heard, Scope::is_told, &scope, cx) {
                                Poll::Ready(()) => continue,
                                Poll::Pending => return Poll::Pending,
                            }
                        }
                        let grace = scope.run.grace;
                        let patience = wait.grace.get_or_insert_with(|| sleep(grace));
                        if Pin::new(patience).poll(cx).is_pending() {
                            return Poll::Pending;
                        }
                        let left = scope.jobs();
                        scope.run.record_error(this.taken.node.location(), &format!(
                            "{left} of its sub-jobs had not stopped {grace:?} after they were told to"
                        ));
                    }
                    let (value, outcome) = (wait.value.take(), wait.outcome.clone());
                    this.phase.set(Phase::Over);
                    return conclude(this.taken, this.returns, value, outcome);
                }
                PhaseProject::Over => return Poll::Pending,
            }
        }
    }
}

/// Polls the body, unless it is to stop. A panic in it is the caller's to tell and to pass on.
fn poll_body<F: Future>(
    body: Pin<&mut F>,
    scope: &Arc<Scope>,
    cx: &mut Context<'_>,
) -> std::thread::Result<Poll<F::Output>> {
    if scope.must_stop() {
        return Ok(Poll::Pending);
    }
    scope.run.begin();
    catch_unwind(AssertUnwindSafe(|| body.poll(cx)))
}

/// Has the task woken when this is so of the scope; ready when it is.
fn hear(
    heard: &mut Option<Hearing>,
    is_so: fn(&Arc<Scope>) -> bool,
    scope: &Arc<Scope>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let hearing = || -> Hearing {
        let scope = Arc::clone(scope);
        Box::pin(async move { scope.until(is_so).await })
    };
    ready!(heard.get_or_insert_with(hearing).as_mut().poll(cx));
    *heard = None;
    Poll::Ready(())
}

/// Says how the workflow has ended, and what it returns.
fn conclude<T, L>(
    taken: &Taken,
    returns: &Returns<T, L>,
    value: Option<T>,
    outcome: End,
) -> Poll<T> {
    let late = matches!(outcome, End::Completed) && taken.scope.must_stop();
    let (value, outcome) = match returns.interrupt {
        Some(interrupt) if late || value.is_none() => {
            (Some(interrupt(Interrupted::Cancelled)), End::Cancelled)
        }
        _ => (value, outcome),
    };
    let failure = match &outcome {
        End::Failed(Some(text)) if taken.is_split() => Some((taken.node.location(), text)),
        _ => None,
    };
    taken.end(&outcome);
    if let Some((path, text)) = failure {
        taken.scope.run.record_error(path, text);
    }
    // Nothing can be returned where the return type has no word for a cancel: whoever holds this future and
    // can be cancelled drops it.
    value.map_or(Poll::Pending, Poll::Ready)
}
