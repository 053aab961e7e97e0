//! `#[durable]`: steps that were done in an earlier process give their values back, and those that
//! end well are recorded.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Steps, begun};
use crate::Interrupted;
use crate::StepStatus;
use crate::journal::{JournalError, JournalFuture, JournalPlace, Keeper, Keeping, KeptBy, Record};
use crate::logging;
use crate::plan::{Plan, PlanStep, Structure};
use crate::progress::Progress;
use crate::returns::Returns;
use crate::scope::Scope;
use crate::share::Completion;
use crate::tree::EarlierStep;

/// The return type of a durable workflow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that a durable workflow was interrupted, or that its journal cannot be kept",
    label = "a durable workflow returns a `Result` whose error implements `From<Interrupted>` and `From<JournalError>`"
)]
pub trait DurableReturn {
    /// The error.
    type Error;

    /// The error for a journal that cannot be kept.
    fn journal_error(error: JournalError) -> Self::Error;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Interrupted> + From<JournalError>> DurableReturn for Result<T, E> {
    type Error = E;

    fn journal_error(error: JournalError) -> E {
        error.into()
    }
}

/// The conversion into the error of a workflow whose journal cannot be kept.
pub fn journal_error<R: DurableReturn>() -> fn(JournalError) -> R::Error {
    R::journal_error
}

/// The result of an access to the journal, with the error of the workflow.
///
/// # Errors
/// Returns the error of the workflow for a journal that cannot be kept.
pub fn kept<T, E>(result: Result<T, JournalError>, error: fn(JournalError) -> E) -> Result<T, E> {
    result.map_err(error)
}

/// A durable workflow that has begun, and whose journal is still to be looked at.
pub struct BegunDurable {
    place: Option<JournalPlace>,
    scope: Arc<Scope>,
    opening: Option<JournalFuture<()>>,
}

/// Begins a durable workflow. One that is the whole run has the place of the run's journal, and
/// elsewhere that of its step. Without a journal, its steps run as those of any other workflow.
pub fn begin_durable<T, L>(
    progress: Progress,
    plan: &'static Plan,
    returns: &Returns<T, L>,
) -> (Completion, Steps, BegunDurable) {
    let (completion, _) = progress.into_completion();
    let share = completion.share();
    if completion.is_whole_run() {
        share.keep_at(share.run().journaling.as_ref().map(JournalPlace::root));
    }
    let (place, scope) = (share.place(), Arc::clone(share.scope()));
    let opening = place.as_ref().map(|place| place.begin(plan, share.run().date()));
    let steps = begun(&completion, plan, returns);
    (completion, steps, BegunDurable { place, scope, opening })
}

/// Keeps nothing of a workflow that is not durable. Where it is the whole run, that is worth a
/// warning.
pub(super) fn keep_nothing(completion: &Completion, plan: &Plan) {
    completion.share().keep_at(None);
    let journaling = completion.share().run().journaling.as_ref();
    if completion.is_whole_run() && journaling.is_some_and(|journaling| !journaling.is_optional()) {
        logging::warn(format_args!(
            "the run has a journal, but the workflow `{}` is not `#[durable]`, so nothing is kept",
            plan.name()
        ));
    }
}

impl BegunDurable {
    /// The future of the workflow: its body, with the journal around it.
    pub fn around<T, E, F: Future<Output = Result<T, E>>>(
        self,
        body: F,
        error: fn(JournalError) -> E,
    ) -> Durable<F, E> {
        let Self { place, scope, opening } = self;
        let phase = opening.map_or(Phase::Body, Phase::Opening);
        Durable { body: Some(body), error, place, scope, phase }
    }
}

pin_project! {
    /// The body of a durable workflow. The journal is compared with the plan before it, and closed
    /// when the workflow at the root has completed.
    pub struct Durable<F: Future, E> {
        #[pin]
        body: Option<F>,
        error: fn(JournalError) -> E,
        place: Option<JournalPlace>,
        scope: Arc<Scope>,
        phase: Phase<F::Output>,
    }
}

enum Phase<T> {
    Opening(JournalFuture<()>),
    Body,
    /// The body has ended, and its tasks have not.
    Waiting(Option<T>),
    Closing(Option<T>, JournalFuture<()>),
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Durable<F, E> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        loop {
            match this.phase {
                Phase::Opening(opening) => match opening.as_mut().poll(cx) {
                    Poll::Ready(Ok(())) => *this.phase = Phase::Body,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err((this.error)(error))),
                    Poll::Pending => return Poll::Pending,
                },
                Phase::Body => {
                    let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
                    let Poll::Ready(value) = body.poll(cx) else { return Poll::Pending };
                    this.body.set(None);
                    let is_root = this.place.as_ref().is_some_and(JournalPlace::is_root);
                    if !is_root || value.is_err() {
                        return Poll::Ready(value);
                    }
                    *this.phase = Phase::Waiting(Some(value));
                }
                Phase::Waiting(value) => {
                    // A cancel drops this future.
                    if this.scope.tasks().poll_idle(cx).is_pending() || this.scope.must_stop() {
                        return Poll::Pending;
                    }
                    let Some(place) = this.place else { return Poll::Pending };
                    *this.phase = Phase::Closing(value.take(), place.close());
                }
                Phase::Closing(value, closing) => {
                    let Poll::Ready(closed) = closing.as_mut().poll(cx) else {
                        return Poll::Pending;
                    };
                    return match (closed, value.take()) {
                        (Err(error), _) => Poll::Ready(Err((this.error)(error))),
                        (Ok(()), Some(value)) => Poll::Ready(value),
                        (Ok(()), None) => Poll::Pending,
                    };
                }
            }
        }
    }
}

/// What a step that is not durable gives back: nothing.
type Recalled<T, K> = (Result<Option<T>, JournalError>, KeptBy<T, K>);

impl Steps {
    /// The place of a step in the journal, in a durable workflow.
    #[inline]
    pub(super) fn place_of(&self, index: usize) -> Option<JournalPlace> {
        let place = self.share.place()?;
        self.list.steps().get(index).map(|step| place.child(step.id()))
    }

    /// The value of a step that was done in an earlier process. The step is closed then.
    pub fn recall<T, K: Keeper<T>>(&self, index: usize) -> Recalled<T, K> {
        (self.recalled::<T, K>(index), KeptBy::new())
    }

    fn recalled<T, K: Keeper<T>>(&self, index: usize) -> Result<Option<T>, JournalError> {
        let Some((place, record)) =
            self.place_of(index).and_then(|place| Some((place.clone(), place.take()?)))
        else {
            return Ok(None);
        };
        let value = place.decoded::<T, K>(&record)?;
        if value.is_some() {
            self.restore(index, &place, record);
        }
        Ok(value)
    }

    fn restore(&self, index: usize, place: &JournalPlace, record: Record) {
        place.note_recalled();
        let run = self.share.run();
        let step = record.step;
        run.count_earlier_errors(step.errors);
        let inner = self.list.steps().get(index).map_or_else(Vec::new, |step| inner(step, place));
        self.share.node().restore_step(EarlierStep { index, step, inner });
        run.changed();
    }

    /// Records a step that has ended well, with its value.
    pub fn keep<T, K: Keeper<T>>(&self, index: usize, value: &T, _: KeptBy<T, K>) -> Keeping {
        let Some(place) = self.place_of(index) else { return Keeping::nothing() };
        let run = self.share.run();
        match self.share.node().ended_step(index, run.epoch()) {
            Some(step) => place.keep::<T, K>(step, value, run.journal_place()),
            None => Keeping::nothing(),
        }
    }

    /// Records the end of a step that has no value of its own: its branches are recorded each.
    pub fn keep_end(&self, index: usize) -> Keeping {
        let Some(place) = self.place_of(index) else { return Keeping::nothing() };
        let run = self.share.run();
        let node = self.share.node();
        if let Some(record) = place.take() {
            node.restore_times(index, &record.step);
            return Keeping::nothing();
        }
        match node.ended_step(index, run.epoch()) {
            Some(step) => place.keep_end(step, run.journal_place()),
            None => Keeping::nothing(),
        }
    }
}

/// What is known of the inner steps of a group or an arm. Those of a nested workflow are not in the
/// plan, and those of the items of a loop that has ended are not shown.
fn inner(step: &PlanStep, place: &JournalPlace) -> Vec<EarlierStep> {
    if !matches!(step.structure(), Structure::Sequence | Structure::Parallel) {
        return Vec::new();
    }
    let known = |(index, step): (usize, &PlanStep)| {
        let place = place.child(step.id());
        let record = place.take()?;
        Some(EarlierStep { index, step: record.step, inner: inner(step, &place) })
    };
    step.steps().iter().enumerate().filter_map(known).collect()
}

/// An item of a loop that has ended now, and had started at `started`.
pub(super) fn ended_item(started: u64, ended: u64) -> crate::tree::EndedStep {
    crate::tree::EndedStep {
        status: StepStatus::Completed,
        title: None,
        reason: None,
        message: None,
        started: Some(started),
        ended: Some(ended),
        done: 0,
        total: None,
        errors: 0,
        attempt: 0,
    }
}
