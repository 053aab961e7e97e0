//! One handle of a share: its node in the tree, and the scope that its work runs in.
//!
//! Each operation that changes a state is here once, with the clock that it reads and the
//! notification that it sends, so that no caller can forget either.

mod completion;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use completion::Completion;
pub(crate) use completion::Role;

use crate::Interrupted;
use crate::cancel::CancelPoint;
use crate::end::End;
#[cfg(feature = "journal")]
use crate::journal::JournalPlace;
use crate::panics;
use crate::path::Location;
use crate::plan::StepList;
use crate::run::overruns;
use crate::run::state::RunState;
use crate::run::timing::Timing;
use crate::scope::Scope;
use crate::text::Text;
use crate::tree::{Ending, Node};
use crate::unit::Unit;

/// One share of a run's progress.
#[derive(Clone)]
pub(crate) struct Share {
    node: Arc<Node>,
    scope: Arc<Scope>,
}

impl Share {
    /// The whole of a run.
    pub(crate) fn root(run: &Arc<RunState>) -> Self {
        Self { node: Arc::clone(run.root()), scope: Scope::root(run) }
    }

    /// A share outside of the tree. Reports to it have no effect.
    pub(crate) fn detached(&self) -> Self {
        self.with_node(Node::detached())
    }

    /// The same share for work in another scope.
    pub(crate) fn in_scope(&self, scope: &Arc<Scope>) -> Self {
        Self { node: Arc::clone(&self.node), scope: Arc::clone(scope) }
    }

    /// The same share in a scope of its own, for work that is cancelled and awaited as a whole.
    pub(crate) fn in_child_scope(&self) -> Self {
        Self { node: Arc::clone(&self.node), scope: self.scope.child() }
    }

    /// Another node in the same scope.
    pub(crate) fn with_node(&self, node: Arc<Node>) -> Self {
        Self { node, scope: Arc::clone(&self.scope) }
    }

    /// Sets where the work of the share is kept.
    #[cfg(feature = "journal")]
    pub(crate) fn keep_at(&self, place: Option<JournalPlace>) {
        if self.is_journaled() {
            self.node.keep_at(place);
        }
    }

    /// Whether the run has a journal.
    #[cfg(feature = "journal")]
    pub(crate) fn is_journaled(&self) -> bool {
        self.run().journaling.is_some()
    }

    /// Where the work of the share is kept, if it is that of a durable workflow.
    #[cfg(feature = "journal")]
    pub(crate) fn place(&self) -> Option<JournalPlace> {
        self.is_journaled().then(|| self.node.place()).flatten()
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn scope(&self) -> &Arc<Scope> {
        &self.scope
    }

    pub(crate) fn run(&self) -> &Arc<RunState> {
        self.scope.run()
    }

    fn now(&self) -> Duration {
        self.run().now()
    }

    /// The estimator of the run, where it has one.
    fn timing(&self) -> Option<&Timing> {
        self.run().timing.as_deref()
    }

    /// The place of the share in its run.
    pub(crate) fn location(&self) -> Location {
        self.node.location()
    }

    /// A point that code cannot pass once the workflow is cancelled.
    pub(crate) fn cancel_point(&self) -> CancelPoint<'_> {
        CancelPoint::new(&self.scope)
    }

    /// Fails once the workflow is cancelled, and remembers that its code has seen it.
    pub(crate) fn checkpoint(&self) -> Result<(), Interrupted> {
        if !self.scope.is_cancelled() {
            return Ok(());
        }
        self.scope.set_observed();
        Err(Interrupted::Cancelled)
    }
}

/// Counting.
impl Share {
    /// Starts the run, unless it has started.
    pub(crate) fn begin(&self) {
        self.run().begin();
    }

    pub(crate) fn set_length(&self, length: Option<u64>) {
        self.begin();
        self.node.set_length(length);
        if let Some(timing) = self.timing() {
            timing.length_set(&self.node, length, self.now());
        }
    }

    /// Has `units` more share what is left. Returns the new length.
    pub(crate) fn set_remaining(&self, units: u64) -> u64 {
        self.begin();
        self.node.set_remaining(units)
    }

    pub(crate) fn set_message(&self, message: &str) {
        self.begin();
        self.node.set_message(message);
    }

    pub(crate) fn clear_message(&self) {
        self.node.clear_message();
    }

    pub(crate) fn write_message(&self, message: fmt::Arguments<'_>) {
        self.begin();
        self.node.write_message(message);
    }
}

/// The steps of a plan, by their index.
impl Share {
    /// Divides the share among a list of steps. The sum of their weights becomes the length.
    /// Returns the share that the steps belong to: where this one cannot be divided among them, one
    /// that has no place in the tree, and this one counts as a whole.
    pub(crate) fn adopt(self, list: &'static StepList) -> Self {
        if !self.node.adopt(list) {
            return self.with_node(self.node.unplaced());
        }
        if let Some(timing) = self.timing() {
            timing.expanded(&self.node, list, self.now());
        }
        self
    }

    /// Enters a step and starts it.
    pub(crate) fn open(&self, index: usize) -> Self {
        let now = self.now();
        self.started(index, self.node.open(index, now), now)
    }

    /// Starts a step that was entered.
    pub(crate) fn start(&self, index: usize) -> Self {
        let now = self.now();
        self.started(index, self.node.start(index, now), now)
    }

    fn started(&self, index: usize, step: Arc<Node>, now: Duration) -> Self {
        if let Some(timing) = self.timing() {
            timing.started(&self.node, index, &step, now);
        }
        self.run().changed();
        self.with_node(step)
    }

    /// Starts another attempt of a step.
    pub(crate) fn start_attempt(&self, index: usize) -> Self {
        let attempt = self.with_node(self.node.start_attempt(index));
        if let Some(timing) = self.timing() {
            timing.restarted(&self.node, index, self.now());
        }
        self.run().changed();
        attempt
    }

    /// Detaches a failed attempt of a step. Its progress stays, and the next attempt divides the
    /// rest.
    pub(crate) fn fail_attempt(&self, index: usize, error: Arc<str>) {
        self.node.detach_attempt(index, error);
        self.run().changed();
    }

    /// Skips a step that was entered.
    pub(crate) fn skip(&self, index: usize, reason: Option<String>) {
        let now = self.now();
        self.node.skip(index, reason, now);
        if let Some(timing) = self.timing() {
            timing.skipped(&self.node, index, now);
        }
        self.run().changed();
    }

    /// Ends a step.
    pub(crate) fn close(&self, index: usize, end: &End) {
        self.end_child(index, end);
        self.run().changed();
    }

    /// Ends a child: a step by its index, an item by its slot.
    fn end_child(&self, index: usize, end: &End) {
        let step = |node: &Node| node.step_location(index);
        let Some(timing) = self.timing() else {
            self.ends(&|| self.now(), step, |ending| self.node.close(index, end, ending));
            return;
        };
        let (child, now) = (self.node.estimated_child(index), self.now());
        self.ends(&|| now, step, |ending| self.node.close(index, end, ending));
        timing.ended(child, matches!(end, End::Completed), now);
    }

    /// Completes a step and opens the next one in the same moment. Returns the node of the next
    /// one.
    pub(crate) fn close_and_open_next(&self, index: usize) -> Arc<Node> {
        let step = |node: &Node| node.step_location(index);
        let now = self.now();
        let child = self.timing().and_then(|_| self.node.estimated_child(index));
        let next = self.ends(&|| now, step, |ending| self.node.close_and_open_next(index, ending));
        if let Some(timing) = self.timing() {
            timing.ended(child, true, now);
            timing.started(&self.node, index + 1, &next, now);
        }
        self.run().changed();
        next
    }

    /// Ends a step with an error that the workflow survives.
    pub(crate) fn close_failed(&self, index: usize, error: Arc<str>) {
        let end = End::Failed(Some(Arc::clone(&error)));
        self.end_child(index, &end);
        self.run().record_failed_step(self.node.child_location(index), &error);
    }

    /// Fails a branch and cancels its siblings. The number stays.
    pub(crate) fn fail_branch(&self, index: usize) {
        self.node.capture();
        self.end_child(index, &End::Failed(None));
        self.end_open(&End::Cancelled);
        self.run().changed();
    }
}

/// Items, and shares that are split off by hand.
impl Share {
    /// Splits off a share of `units` from the rest of the length.
    pub(crate) fn split(&self, units: u64) -> Self {
        let now = self.now();
        self.item_started(self.node.split(units, now), now)
    }

    /// Splits off a share with a name.
    pub(crate) fn split_named(&self, units: u64, name: String) -> Self {
        let now = self.now();
        self.item_started(self.node.split_named(units, name, now), now)
    }

    /// Names an item that has started.
    pub(crate) fn set_name(&self, name: String) {
        self.node.set_name(name);
    }

    fn item_started(&self, node: Arc<Node>, now: Duration) -> Self {
        let share = self.with_node(node);
        if let Some(timing) = self.timing() {
            timing.item_started(&self.node, &share.node, now);
        }
        share
    }

    /// Completes the item of a loop in this slot. The run is not notified, because the next sample
    /// shows the change.
    pub(crate) fn finish_item(&self, slot: usize) {
        self.end_child(slot, &End::Completed);
    }

    /// Folds the progress of a share into its parent, after its owner was dropped without an end.
    pub(crate) fn abandon(&self) {
        let id = self.timing().and_then(|_| self.node.estimated());
        self.ends(&|| self.now(), Node::parent_location, |ending| self.node.abandon(ending));
        let Some(timing) = self.timing() else { return };
        timing.ended(id.map(|id| (id, None)), false, self.now());
    }
}

/// The end.
impl Share {
    /// Ends an item, or a share that was split off.
    pub(crate) fn end_item(&self, end: &End) {
        match self.timing() {
            None => self.ends(&|| self.now(), Node::parent_location, |ending| {
                self.node.end(end, ending);
            }),
            Some(timing) => {
                let (item, now) = (self.node.estimated(), self.now());
                self.ends(&|| now, Node::parent_location, |ending| self.node.end(end, ending));
                timing.ended(item.map(|id| (id, None)), matches!(end, End::Completed), now);
            }
        }
        self.run().item_changed();
    }

    /// Ends the parts of the share that are still open. The share itself stays open.
    pub(crate) fn end_open(&self, end: &End) {
        self.ends(&|| self.now(), Node::location, |ending| self.node.end_open(end, ending));
    }

    /// Ends shares of the tree, and reports those that had counted more than their length. `place`
    /// is where they were: one that has ended may have no place any more.
    fn ends<T>(
        &self,
        clock: &dyn Fn() -> Duration,
        place: impl Fn(&Node) -> Location,
        end: impl FnOnce(&Ending<'_>) -> T,
    ) -> T {
        let mut ending = Ending::new(clock);
        let ended = end(&ending);
        for overrun in ending.overruns() {
            overruns::note(self.run(), &place(&self.node), *overrun);
        }
        ended
    }

    /// Where work that ends this way is at the moment.
    fn place_of(&self, end: &End) -> Location {
        match end {
            End::Completed => Location::root(),
            _ => self.node.open_location(),
        }
    }

    /// Counts all of the share as done, though its step may not have ended.
    pub(crate) fn fill(&self) {
        self.node.fill();
    }

    /// Holds the value of the share, whatever happens inside it.
    pub(crate) fn capture(&self) {
        self.node.capture();
    }

    /// Sets what is shown of the share once it has ended well.
    pub(crate) fn set_result(&self, result: &str) {
        self.node.set_result(Text::clean(result));
    }

    /// Sets what the share counts.
    pub(crate) fn set_unit(&self, unit: Unit) {
        self.node.set_unit(unit);
    }

    /// Sets what the share counts, unless its code has said so.
    pub(crate) fn set_default_unit(&self, unit: Unit) {
        self.node.set_default_unit(unit);
    }

    /// Records an error that the share's owner survives.
    pub(crate) fn record_error(&self, error: &dyn fmt::Display) {
        let text = panics::display(error);
        self.node.count_error();
        self.run().record_error(self.location(), &text);
    }
}
