//! The calls that `workflow!` expands to. They open and close the steps of a list as the code
//! reaches them.
//!
//! Only the macro uses these items. They may change in any version.

mod branch_return;
mod concurrent;
#[cfg(feature = "journal")]
mod durable;
mod for_each;
#[cfg(feature = "journal")]
mod keyed;
mod parallel;
mod retry;
mod values;

use std::fmt;
use std::sync::Arc;

pub use branch_return::{Always, BranchReturn, Plain, Settled, wrap};
pub use concurrent::Concurrent;
#[cfg(feature = "journal")]
pub use durable::{BegunDurable, Durable, DurableReturn, begin_durable, journal_error, kept};
pub use for_each::{Items, KnownLength, items};
#[cfg(feature = "journal")]
pub use keyed::{Key, Keys};
pub use parallel::{Branches, Parallel, parallel};
pub use retry::{Pause, attempted, limited, timeout, turn};
pub use values::{ConcurrentValues, ItemValues, ValueSlot};

use crate::cancel::{CancelPoint, CancelShield};
use crate::end::End;
use crate::plan::{Plan, StepList};
use crate::progress::Progress;
use crate::returns::{Judge, Judged, Returns, Verdict};
use crate::scope::Scope;
use crate::share::{Completion, Share};
use crate::text;
use crate::tree::Node;
use for_each::ForEach;
use retry::Attempts;

/// Gives the compiler the return type before it reads the body. It is never called.
pub fn unreachable<T>() -> T {
    unreachable!("only ever called under `if false`")
}

/// Moves a value into an `async` block that borrows everything else.
pub struct OwnedItem<T>(T);

impl<T> OwnedItem<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The steps of one list in a running workflow.
pub struct Steps {
    share: Share,
    list: &'static StepList,
    open: OpenStep,
}

/// What a list keeps about its open step, which is one at a time. It is here and not in variables
/// of the expansion, because rustc takes long over variables that live across an `.await`.
///
/// `stoppable` is whether the code can return from the workflow, and the workflow can express that
/// it was cancelled. It stands in each variant because there it takes no space of its own.
enum OpenStep {
    /// A step without a state, or none. `next` is the step that was opened when the previous one
    /// ended, until the code reaches it.
    Plain { stoppable: bool, next: Option<Arc<Node>> },
    /// A loop.
    Each { stoppable: bool, each: Box<ForEach> },
    /// A step under `#[retry]` or `#[timeout]`.
    Attempts { stoppable: bool, attempts: Box<Attempts> },
}

impl OpenStep {
    fn stoppable(&self) -> bool {
        match self {
            Self::Plain { stoppable, .. }
            | Self::Each { stoppable, .. }
            | Self::Attempts { stoppable, .. } => *stoppable,
        }
    }
}

/// Begins a workflow. The steps of its plan divide the share, and the completion ends it.
pub fn begin<T, L>(
    progress: Progress,
    plan: &'static Plan,
    returns: &Returns<T, L>,
) -> (Completion, Steps) {
    let (completion, _) = progress.into_completion();
    #[cfg(feature = "journal")]
    durable::keep_nothing(&completion, plan);
    let steps = begun(&completion, plan, returns);
    (completion, steps)
}

fn begun<T, L>(completion: &Completion, plan: &'static Plan, returns: &Returns<T, L>) -> Steps {
    let share = completion.share().clone().adopt(plan.list());
    if completion.is_whole_run() {
        share.run().set_plan(plan);
    } else {
        share.run().changed();
    }
    Steps::new(share, plan.list(), returns.can_interrupt())
}

impl Steps {
    fn new(share: Share, list: &'static StepList, stoppable: bool) -> Self {
        Self { share, list, open: OpenStep::Plain { stoppable, next: None } }
    }

    /// Forgets the state of the open step. `next` is opened already.
    fn forget_open(&mut self, next: Option<Arc<Node>>) {
        self.open = OpenStep::Plain { stoppable: self.open.stoppable(), next };
    }

    /// Divides a share that has started among its inner steps.
    fn inside(share: Share, list: &'static StepList, stoppable: bool) -> Self {
        Self::new(share.adopt(list), list, stoppable)
    }

    /// The same steps in another scope.
    fn in_scope(&self, scope: &Arc<Scope>, stoppable: bool) -> Self {
        Self::new(self.share.in_scope(scope), self.list, stoppable)
    }

    /// Whether the workflow must stop here. Always `false` for code that cannot return a cancel.
    pub fn must_stop(&self) -> bool {
        self.open.stoppable() && self.share.scope().must_stop()
    }

    /// Whether a workflow that is no future must stop here, which returns at once.
    pub fn must_return(&self) -> bool {
        self.open.stoppable() && self.share.scope().must_return()
    }

    /// Completes a step. Returns whether the workflow must stop here.
    pub fn close_must_stop(&mut self, index: usize) -> bool {
        self.close(index);
        self.must_stop()
    }

    /// A point that code cannot pass once the workflow is cancelled, for code that cannot return
    /// from the workflow.
    pub fn cancel_point(&self) -> CancelPoint<'_> {
        self.share.cancel_point()
    }

    /// Sets the title of a step that is about to be entered, with its placeholders filled in.
    pub fn set_title(&self, index: usize, title: fmt::Arguments<'_>) {
        self.share.node().set_title(index, text::formatted(title));
    }

    /// Enters a step, which moves the bar to its start.
    pub fn enter(&self, index: usize) {
        self.share.node().enter(index);
    }

    /// Starts a step that was entered.
    pub fn start(&self, index: usize) -> Progress {
        Progress::step(self.placed(index, self.share.start(index)))
    }

    /// Enters and starts a step, unless the end of the previous one already did.
    #[inline]
    pub fn open(&mut self, index: usize) -> Progress {
        // A share comes in registers, from which the caller fills the place of the progress.
        Progress::step(self.opened(index))
    }

    fn opened(&mut self, index: usize) -> Share {
        let next = match &mut self.open {
            OpenStep::Plain { next, .. } => next.take(),
            OpenStep::Each { .. } | OpenStep::Attempts { .. } => None,
        };
        let share = match next {
            Some(node) => self.share.with_node(node),
            None => self.share.open(index),
        };
        self.placed(index, share)
    }

    /// The share of a step, with its place in the journal of a durable workflow.
    fn placed(&self, index: usize, share: Share) -> Share {
        #[cfg(feature = "journal")]
        if let Some(place) = self.place_of(index) {
            share.keep_at(Some(place));
        }
        #[cfg(not(feature = "journal"))]
        let _ = (self, index);
        share
    }

    /// Completes a step, and opens the next one in the same moment unless the workflow must stop.
    /// Returns whether it must stop.
    pub fn close_and_open_next(&mut self, index: usize) -> bool {
        if self.must_stop() {
            return self.close_must_stop(index);
        }
        let next = self.share.close_and_open_next(index);
        self.forget_open(Some(next));
        // The change was reported, and a reporter may have cancelled the run.
        self.must_stop()
    }

    /// Delays a cancel until the shield is dropped. The code of the step uses the steps that are
    /// returned with the shield.
    pub fn shield(&self) -> (CancelShield, Self) {
        let shield = self.share.scope().shield();
        let inside = self.in_scope(shield.inner(), self.open.stoppable());
        (shield, inside)
    }

    /// Skips a step that was entered.
    pub fn skip(&self, index: usize, reason: fmt::Arguments<'_>) {
        let reason = text::formatted(reason);
        self.share.skip(index, Some(reason).filter(|reason| !reason.is_empty()));
    }

    /// Completes a step.
    pub fn close(&mut self, index: usize) {
        self.share.close(index, &End::Completed);
        self.forget_open(None);
    }

    /// Ends a step by the verdict on its value. The workflow survives an error.
    pub fn close_with(&mut self, index: usize, verdict: Verdict) {
        self.forget_open(None);
        match verdict {
            Verdict::Ok => self.share.close(index, &End::Completed),
            Verdict::Cancelled => self.share.close(index, &End::Cancelled),
            Verdict::Failed(text) => self.share.close_failed(index, text.into()),
        }
    }

    /// Ends a step by the verdict on its value. The judge is chosen when the type of the value is
    /// known.
    pub fn close_judged<T, J: Judge<T>>(&mut self, index: usize, value: &T) -> Judged<T, J> {
        let (verdict, judged) = Judged::verdict(value);
        self.close_with(index, verdict);
        judged
    }

    /// Enters and starts a group, and returns its inner steps.
    pub fn group(&self, index: usize) -> Self {
        self.enter(index);
        self.group_started(index)
    }

    /// Starts a group that was entered, and returns its inner steps.
    pub fn group_started(&self, index: usize) -> Self {
        let share = self.placed(index, self.share.start(index));
        Self::inside(share, self.inner_list(index), self.open.stoppable())
    }

    fn inner_list(&self, index: usize) -> &'static StepList {
        static EMPTY: StepList = StepList::new(0, &[]);
        self.list.steps().get(index).map_or(&EMPTY, |step| step.list())
    }
}
