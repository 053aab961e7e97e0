//! The rare verbs of a share: its length, a position that falls, and the opening and ending of
//! children.

use std::sync::Arc;
use std::time::Duration;

use super::data::{Child, Children, CounterCell, Details, Node, Slot};
use super::ending::Ending;
use super::message::next_order;
use crate::StepStatus;
use crate::end::End;
use crate::plan::StepList;
use crate::scale::FULL;
use crate::text::Text;
use crate::unit::Unit;

impl Node {
    /// Sets or takes back the length; the value holds.
    pub(crate) fn set_length(&self, length: Option<u64>) {
        self.with_scale(|mut own, children| {
            let (scale, value) = own.scale(children, self);
            scale.set_length(value, length);
        });
    }

    /// Has `units` more share what is left: the value stays, and the rest is mapped onto them.
    /// Returns the new length.
    pub(crate) fn set_remaining(&self, units: u64) -> u64 {
        let remapped = self.with_scale(|own, children| match children {
            Some(children) => children.set_remaining(self, units),
            None => {
                let value = own.slot.value();
                own.slot.scale.remap(value, self.position(), units)
            }
        });
        remapped.unwrap_or_else(|| self.done().saturating_add(units))
    }

    /// Reports a fraction of the length from now on, in place of a position.
    pub(crate) fn start_fraction(&self, parts: u64, length: u64) {
        self.with_scale(|mut own, children| {
            let (scale, value) = own.scale(children, self);
            scale.set_length_of_fraction(value, length);
            self.advance(0);
            self.advance_fraction(parts);
        });
    }

    /// Sets the fraction back to an earlier one, or takes a position beside it back; the value
    /// holds.
    pub(crate) fn fall_back_fraction(&self, parts: u64) {
        self.with_scale(|mut own, children| {
            let (scale, value) = own.scale(children, self);
            scale.hold(value);
            self.advance(0);
            self.advance_fraction(parts);
        });
    }

    /// Counts in units of the length again, at this position; the value holds.
    pub(crate) fn end_fraction(&self, position: u64, length: u64) {
        self.with_scale(|mut own, children| {
            let (scale, value) = own.scale(children, self);
            scale.set_length(value, Some(length));
            self.advance(position);
        });
    }

    /// Sets the position back to an earlier one; the value holds.
    pub(crate) fn fall_back(&self, to: u64) {
        let fallen = self.with_scale(|mut own, children| {
            let (scale, value) = own.scale(children, self);
            scale.hold(value);
            self.advance(to);
        });
        if fallen.is_none() {
            self.advance(to);
        }
    }

    /// The units that are done: what the owner has counted, and the units of the shares that have
    /// ended. A fraction beside them is left out.
    pub(crate) fn done(&self) -> u64 {
        // Read under the lock, because a clone of a counter folds its count into the position.
        let children = self.children();
        let done = children.as_ref().map_or(0, |children| children.done);
        self.counted(children.as_deref()).saturating_add(done)
    }

    /// Takes over a list of steps, whose weights become the length. Returns whether the node has
    /// that list: one that lies too deep, or that its owner has divided, has none.
    pub(crate) fn adopt(&self, list: &'static StepList) -> bool {
        if !self.can_divide() {
            return false;
        }
        let adopted = self.with_first_children(|children| {
            if children.list.is_none() && children.slots.is_empty() {
                // What the owner has counted before is held.
                let value = children.value(self);
                children.adopt(list);
                self.advance(0);
                children.count_anew();
                children.scale.set_weights(value, list.total());
            }
            children.list.is_some_and(|adopted| std::ptr::eq(adopted, list))
        });
        adopted.unwrap_or(false)
    }

    /// Sets the title of a step of the list, in place of the plan's.
    pub(crate) fn set_title(&self, index: usize, title: String) {
        self.with_children(|children| {
            if let Some(step) = children.details.get_mut(index) {
                step.rare().title = Some(title);
            }
        });
    }

    /// Names this item of its parent.
    pub(crate) fn set_name(&self, name: String) {
        self.with_place(|own| own.details.rare().title = Some(name));
    }

    /// Enters a step of the list: the bar moves to its start.
    pub(crate) fn enter(&self, index: usize) {
        self.with_children(|children| children.enter(index));
    }

    /// Starts a step that was entered.
    pub(crate) fn start(self: &Arc<Self>, index: usize, now: Duration) -> Arc<Self> {
        let started =
            self.with_children(|children| children.start(index, self, next_order(0), now));
        started.flatten().unwrap_or_else(|| Self::child(self, index))
    }

    /// Enters a step and starts it.
    pub(crate) fn open(self: &Arc<Self>, index: usize, now: Duration) -> Arc<Self> {
        let opened = self.with_children(|children| {
            children.enter(index);
            children.start(index, self, next_order(0), now)
        });
        opened.flatten().unwrap_or_else(|| Self::child(self, index))
    }

    /// Ends a step well, and opens the one after it in the same moment.
    pub(crate) fn close_and_open_next(
        self: &Arc<Self>,
        index: usize,
        ending: &Ending<'_>,
    ) -> Arc<Self> {
        let (next, now) = (index + 1, ending.now());
        let opened = self.with_children(|children| {
            children.close(index, &End::Completed, ending);
            let order = next_order(children.details.get(index).map_or(0, Details::order));
            children.enter(next);
            children.start(next, self, order, now)
        });
        opened.flatten().unwrap_or_else(|| Self::child(self, next))
    }

    /// Skips a step that was entered: its weight is earned.
    pub(crate) fn skip(&self, index: usize, reason: Option<String>, now: Duration) {
        self.with_children(|children| children.skip(index, reason, now));
    }

    /// Opens a share of `units` of what is left of the length.
    pub(crate) fn split(self: &Arc<Self>, units: u64, now: Duration) -> Arc<Self> {
        let split = || self.with_first_children(|children| children.split(units, self, now));
        self.can_divide().then(split).flatten().unwrap_or_else(|| self.unplaced())
    }

    /// Opens a share that has a name from its first moment on.
    pub(crate) fn split_named(
        self: &Arc<Self>,
        units: u64,
        name: String,
        now: Duration,
    ) -> Arc<Self> {
        let split = |children: &mut Children| {
            let node = children.split(units, self, now);
            if let Some(child) = children.child_mut(node.slot()) {
                child.details.rare().title = Some(name);
            }
            node
        };
        let split = || self.with_first_children(split);
        self.can_divide().then(split).flatten().unwrap_or_else(|| self.unplaced())
    }

    /// Ends a child of this node: a step by its index, an item by its slot.
    pub(crate) fn close(&self, index: usize, end: &End, ending: &Ending<'_>) {
        if let Some(mut children) = self.children() {
            children.close(index, end, ending);
            children.give_back();
        }
    }

    /// Ends this node, if it is still part of the tree.
    pub(crate) fn end(&self, end: &End, ending: &Ending<'_>) {
        let Some(parent) = &self.parent else { return };
        let Some(mut siblings) = parent.children() else { return };
        let slot = self.slot();
        if siblings.slots.get(slot).is_some_and(|slot| slot.holds(self)) {
            siblings.close(slot, end, ending);
            siblings.give_back();
            let finished = siblings.is_finished();
            drop(siblings);
            if finished {
                parent.fold(ending);
            }
        }
    }

    /// Ends whatever is open below this node, which itself goes on.
    pub(crate) fn end_open(&self, end: &End, ending: &Ending<'_>) {
        if let Some(mut children) = self.children() {
            children.end_open(end, ending);
        }
    }

    /// Earns all of this share, though its step may not have ended.
    pub(crate) fn fill(&self) {
        self.with_place(|own| {
            if !own.slot.settled {
                own.slot.settle(FULL);
            }
        });
    }

    /// Holds the number of this share, whatever happens below it.
    pub(crate) fn capture(&self) {
        let siblings = self.parent.as_ref().and_then(|parent| parent.children());
        if let Some(mut siblings) = siblings
            && let Some(slot) = siblings.slots.get_mut(self.slot())
            && slot.holds(self)
        {
            slot.capture();
        }
    }

    /// A split was dropped unfinished: its value is folded into its parent, at once or when the
    /// last of its own children has ended.
    pub(crate) fn abandon(&self, ending: &Ending<'_>) {
        if let Some(mut children) = self.children()
            && children.has_scale()
        {
            children.orphaned = true;
            if !children.is_finished() {
                return;
            }
        }
        self.fold(ending);
    }

    fn fold(&self, ending: &Ending<'_>) {
        let mut node = self;
        while let Some(parent) = node.parent.as_deref() {
            let Some(mut siblings) = parent.children() else { return };
            let slot = node.slot();
            let is_item = siblings.details.get(slot).is_some_and(Details::is_item);
            let is_live = |slot: &Slot| slot.status.is_active() && slot.holds(node);
            if !is_item || !is_live(&siblings.slots[slot]) {
                return;
            }
            siblings.fold(slot, ending);
            siblings.give_back();
            if !siblings.is_finished() {
                return;
            }
            drop(siblings);
            node = parent;
        }
    }

    /// Detaches a failed attempt of a step: its value stays, and the next attempt divides the rest.
    pub(crate) fn detach_attempt(&self, index: usize, error: Arc<str>) {
        self.with_step(index, |mut step| {
            step.detach();
            step.slot.status = StepStatus::Retrying;
            step.details.rare().error = Some(error);
        });
    }

    /// Starts the next attempt of a step.
    pub(crate) fn start_attempt(self: &Arc<Self>, index: usize) -> Arc<Self> {
        let node = Self::child(self, index);
        self.with_step(index, |step| {
            step.slot.node = Some(Arc::clone(&node));
            step.details.start_attempt(next_order(0));
        });
        node
    }

    /// Sets how many attempts a step that was entered may have.
    pub(crate) fn plan_attempts(&self, index: usize, attempts: Option<u32>) {
        if let Some(mut children) = self.children()
            && let Some(step) = children.details.get_mut(index)
        {
            step.rare().attempts = attempts;
        }
    }

    /// Calls `f` with a step that is at work.
    fn with_step(&self, index: usize, f: impl FnOnce(Child<'_>)) {
        if let Some(mut children) = self.children().filter(|children| children.is_open())
            && let Some(step) = children.child_mut(index)
            && step.slot.status.is_active()
        {
            f(step);
        }
    }

    /// Counts an error that the owner survived.
    pub(crate) fn count_error(&self) {
        self.with_place(|own| own.slot.errors = own.slot.errors.saturating_add(1));
    }

    /// Sets what is shown of the share once it has ended well.
    pub(crate) fn set_result(&self, result: Text) {
        self.with_place(|own| own.details.rare().result = Some(result));
    }

    /// Sets what the share counts.
    pub(crate) fn set_unit(&self, unit: Unit) {
        let unit = unit.clean();
        self.with_place(|own| own.details.meter().unit = Some(unit));
    }

    /// Sets what the share counts, unless its code has said so.
    pub(crate) fn set_default_unit(&self, unit: Unit) {
        self.with_place(|own| {
            own.details.meter().unit.get_or_insert(unit);
        });
    }

    /// A cell for a clone of a shared counter.
    pub(crate) fn add_cell(&self) -> Arc<CounterCell> {
        self.with_first_children(|children| children.add_cell())
            .unwrap_or_else(|| Arc::new(CounterCell::new(0)))
    }

    /// Removes a cell, and keeps its count.
    pub(crate) fn fold_cell(&self, cell: &Arc<CounterCell>) {
        if let Some(mut children) = self.children() {
            let counted = children.remove_cell(cell);
            self.advance(self.position().saturating_add(counted));
        }
    }
}
