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

use std::fmt;
use std::sync::Arc;

pub use branch_return::{Always, BranchReturn, Plain, Settled, wrap};
pub use concurrent::Concurrent;
#[cfg(feature = "journal")]
pub use durable::{BegunDurable, Durable, DurableReturn, begin_durable, journal_error, kept};
pub use for_each::{ForEach, Items, KnownLength, items};
#[cfg(feature = "journal")]
pub use keyed::{Key, KeyedEach, Keys};
pub use parallel::{Branches, Parallel, parallel};
pub use retry::{Attempt, Pause, Retry, timeout};

use crate::cancel::{CancelPoint, CancelShield};
use crate::end::End;
use crate::plan::{Plan, StepList};
use crate::progress::Progress;
use crate::returns::{Judge, Judged, Returns, Verdict};
use crate::scope::Scope;
use crate::share::{Completion, Share};
use crate::tree::Node;

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
    /// Whether the code can return from the workflow, and the workflow can express that it was
    /// cancelled.
    stoppable: bool,
    /// The step that was opened when the previous one ended, until the code reaches it.
    next: Option<Arc<Node>>,
}

/// Begins a workflow. The steps of its plan divide the share, and the completion ends it.
pub fn begin<T, L>(
    progress: Progress,
    plan: &'static Plan,
    returns: &Returns<T, L>,
) -> (Completion, Steps) {
    let (completion, _) = progress.into_completion();
    #[cfg(feature = "journal")]
    durable::warn_of_unused(&completion, plan);
    let share = completion.share().with_node(Arc::clone(completion.share().node()));
    let steps = begun(&completion, share, plan, returns);
    (completion, steps)
}

fn begun<T, L>(
    completion: &Completion,
    share: Share,
    plan: &'static Plan,
    returns: &Returns<T, L>,
) -> Steps {
    share.adopt(plan.list());
    if completion.is_root() {
        share.run().set_plan(plan);
    } else {
        share.run().changed();
    }
    Steps { share, list: plan.list(), stoppable: returns.can_interrupt(), next: None }
}

impl Steps {
    /// Divides a share that has started among its inner steps.
    fn inside(share: Share, list: &'static StepList, stoppable: bool) -> Self {
        share.adopt(list);
        Self { share, list, stoppable, next: None }
    }

    /// The same steps in another scope.
    fn in_scope(&self, scope: &Arc<Scope>, stoppable: bool) -> Self {
        Self { share: self.share.in_scope(scope), list: self.list, stoppable, next: None }
    }

    /// Whether the workflow must stop here. Always `false` for code that cannot return a cancel.
    pub fn must_stop(&self) -> bool {
        self.stoppable && self.share.scope().must_stop()
    }

    /// Completes a step. Returns whether the workflow must stop here.
    pub fn close_must_stop(&self, index: usize) -> bool {
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
        self.share.node().set_title(index, title.to_string());
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
    pub fn open(&mut self, index: usize) -> Progress {
        let share = match self.next.take() {
            Some(node) => self.share.with_node(node),
            None => self.share.open(index),
        };
        Progress::step(self.placed(index, share))
    }

    /// The share of a step, with its place in the journal of a durable workflow.
    fn placed(&self, index: usize, share: Share) -> Share {
        #[cfg(feature = "journal")]
        let share = share.kept_at(self.place_of(index));
        #[cfg(not(feature = "journal"))]
        let _ = index;
        share
    }

    /// Completes a step, and opens the next one in the same moment unless the workflow must stop.
    /// Returns whether it must stop.
    pub fn close_and_open_next(&mut self, index: usize) -> bool {
        if self.must_stop() {
            return self.close_must_stop(index);
        }
        self.next = Some(self.share.close_and_open_next(index));
        // The change was reported, and a reporter may have cancelled the run.
        self.must_stop()
    }

    /// Delays a cancel until the shield is dropped. The code of the step uses the steps that are
    /// returned with the shield.
    pub fn shield(&self) -> (CancelShield, Self) {
        let shield = self.share.scope().shield();
        let inside = self.in_scope(shield.inner(), self.stoppable);
        (shield, inside)
    }

    /// Skips a step that was entered.
    pub fn skip(&self, index: usize, reason: fmt::Arguments<'_>) {
        self.share.skip(index, Some(reason.to_string()).filter(|reason| !reason.is_empty()));
    }

    /// Completes a step.
    pub fn close(&self, index: usize) {
        self.share.close(index, &End::Completed);
    }

    /// Ends a step by the verdict on its value. The workflow survives an error.
    pub fn close_with(&self, index: usize, verdict: Verdict) {
        match verdict {
            Verdict::Ok => self.close(index),
            Verdict::Cancelled => self.share.close(index, &End::Cancelled),
            Verdict::Failed(text) => self.share.close_failed(index, text.into()),
        }
    }

    /// Ends a step by the verdict on its value. The judge is chosen when the type of the value is
    /// known.
    pub fn close_judged<T, J: Judge<T>>(&self, index: usize, value: &T) -> Judged<T, J> {
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
        Self::inside(share, self.inner_list(index), self.stoppable)
    }

    fn inner_list(&self, index: usize) -> &'static StepList {
        static EMPTY: StepList = StepList::new(0, &[]);
        self.list.steps().get(index).map_or(&EMPTY, |step| step.list())
    }
}
