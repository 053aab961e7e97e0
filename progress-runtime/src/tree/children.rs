//! The children of a node, and the sum of those that have ended.

use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::sync::atomic::fence;
use std::time::Duration;

use super::data::{Child, Children, Details, Moment, Node, Slot, State};
use super::ending::Ending;
use crate::StepStatus;
use crate::end::End;
use crate::plan::{PlanStep, StepList};
use crate::scale::{FULL, Scale, Work};

/// So many places are kept, whether they are in use or not.
pub(super) const FEW: usize = 64;

/// Gives memory back that is mostly unused.
pub(super) fn give_back<T>(places: &mut Vec<T>) {
    if places.capacity() >= FEW && places.len() <= places.capacity() / 4 {
        places.shrink_to(places.len() * 2);
    }
}

impl Children {
    /// Becomes those of the node above a root.
    pub(crate) fn adopt_root(&mut self, root: Arc<Node>) {
        let (mut slot, mut details) = (Slot::pending(1), Details::step());
        Child { slot: &mut slot, details: &mut details }.open(root, None);
        (self.slots, self.details) = (vec![slot], vec![details]);
        self.scale.set_length(0, Some(1));
        self.state = State::Open;
    }

    /// Whether the scale of the node lies here.
    pub(crate) fn has_scale(&self) -> bool {
        self.state != State::New
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Takes the scale over: the node can have children from now on.
    pub(crate) fn open(&mut self, scale: &Scale) {
        (self.state, self.scale, self.before) = (State::Open, scale.clone(), scale.start());
    }

    /// No child can open any more.
    pub(crate) fn close_for_good(&mut self) {
        self.state = State::Closed;
    }

    /// Drops the nodes of all children, and what hangs below them. No child can open any more.
    pub(crate) fn dismantle(&mut self) {
        self.close_for_good();
        self.spare = None;
        for node in self.slots.iter_mut().filter_map(|slot| slot.node.take()) {
            node.dismantle();
        }
    }

    /// The value of the node that has these children.
    pub(crate) fn value(&self, node: &Node) -> u64 {
        self.value_with(node, self.live_work())
    }

    /// The same, where the work of the live children is known.
    pub(crate) fn value_with(&self, node: &Node, live: Work) -> u64 {
        self.scale.value_of(self.all_work(node, live).since(self.before))
    }

    /// What is done since the start of the scale.
    pub(crate) fn work(&self, node: &Node) -> Work {
        self.all_work(node, self.live_work()).since(self.before)
    }

    /// All that is done: what the owner has counted, and what the children have reached.
    pub(crate) fn all_work(&self, node: &Node, live: Work) -> Work {
        self.scale.work_at(node.counted(Some(self)), || node.fraction()) + self.folded + live
    }

    /// What the live children have reached together.
    fn live_work(&self) -> Work {
        let live = self.slots.iter().filter(|slot| slot.status.is_active());
        live.fold(Work::default(), |sum, slot| sum + Work::part(slot.units, slot.value()))
    }

    /// Has `units` more share what is left. Returns the new length.
    pub(crate) fn set_remaining(&mut self, node: &Node, units: u64) -> u64 {
        let value = self.value(node);
        // What failed shares have left is not part of what remains.
        self.folded += std::mem::take(&mut self.frozen);
        self.before = self.all_work(node, self.live_work());
        let done = node.counted(Some(self)).saturating_add(self.done);
        self.scale.remap(value, done, units)
    }

    /// The units are counted from zero, whatever was done before.
    pub(crate) fn count_anew(&mut self) {
        self.before = Work::default();
        self.scale.count_anew();
    }

    /// The children whose value is not yet folded.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&Slot, &Details)> {
        let children = self.slots.iter().zip(&self.details);
        children.filter(|(slot, _)| slot.status.is_active())
    }

    pub(crate) fn child_mut(&mut self, index: usize) -> Option<Child<'_>> {
        let (slot, details) = (self.slots.get_mut(index)?, self.details.get_mut(index)?);
        Some(Child { slot, details })
    }

    pub(crate) fn live_items(&self) -> u32 {
        self.live_items
    }

    /// The steps of the plan, which come first.
    pub(crate) fn planned(&self) -> &'static [PlanStep] {
        self.list.map_or(&[], StepList::steps)
    }

    /// Whether this is the item that the node fails with.
    pub(crate) fn is_failed_item(&self, index: usize) -> bool {
        self.failed_item == Some(index as u32)
    }

    pub(crate) fn has_failed_item(&self) -> bool {
        self.failed_item.is_some()
    }

    /// Whether observers see children of a node that has ended.
    pub(crate) fn has_records(&self) -> bool {
        self.list.is_some() || self.failed_item.is_some()
    }

    /// Whether nothing counts here any more, so that the node itself can be folded.
    pub(crate) fn is_finished(&self) -> bool {
        self.orphaned && self.live_items == 0
    }

    /// Takes over a list of steps, all of them pending.
    pub(crate) fn adopt(&mut self, list: &'static StepList) {
        self.list = Some(list);
        let steps = list.steps().iter();
        self.slots = steps.clone().map(|step| Slot::pending(step.weight().into())).collect();
        self.details = steps.map(|_| Details::step()).collect();
    }

    /// Enters a step: what failed children have not earned counts now, and so does the head of the
    /// list.
    pub(crate) fn enter(&mut self, index: usize) {
        self.release_frozen();
        let Some(list) = self.list else { return };
        if self.entered == 0 {
            self.folded += Work::done(list.head().into());
        }
        self.entered = self.entered.max(index as u32 + 1);
    }

    /// Starts a step that was entered.
    pub(crate) fn start(
        &mut self,
        index: usize,
        parent: &Arc<Node>,
        order: u64,
        now: Duration,
    ) -> Option<Arc<Node>> {
        self.slots.get(index).filter(|step| step.status == StepStatus::Pending)?;
        let node = self.node(parent, index);
        let unit = self.planned().get(index).and_then(PlanStep::unit);
        let mut step = self.child_mut(index)?;
        if let Some(unit) = unit {
            step.details.meter().unit = Some(unit.clean());
        }
        step.open(Arc::clone(&node), Some(now));
        step.details.start_attempt(order);
        Some(node)
    }

    /// Opens an item or a split.
    pub(crate) fn split(&mut self, units: u64, parent: &Arc<Node>, now: Duration) -> Arc<Node> {
        self.release_frozen();
        let index = self.place(units);
        let node = self.node(parent, index);
        if let Some(mut child) = self.child_mut(index) {
            child.open(Arc::clone(&node), Some(now));
        }
        node
    }

    /// The node of a child that opens: that of an earlier child, if nothing else holds it any more.
    #[inline]
    fn node(&mut self, parent: &Arc<Node>, index: usize) -> Arc<Node> {
        match self.spare.take() {
            Some(node) if Arc::strong_count(&node) == 1 => {
                // Pairs with the release in the drop of the last other handle: all that it did is
                // visible.
                fence(Acquire);
                node.reuse(index);
                node
            }
            _ => Node::child(parent, index),
        }
    }

    /// The failure was survived: what failed children have not earned counts from now on.
    fn release_frozen(&mut self) {
        self.folded += std::mem::take(&mut self.frozen);
        if let Some(index) = self.failed_item.take() {
            self.release_node(index as usize);
            self.free.push(index);
        }
    }

    /// The index of a new item or split.
    fn place(&mut self, units: u64) -> usize {
        self.numbered += 1;
        self.live_items += 1;
        let (slot, details) = (Slot::pending(units), Details::item(self.numbered));
        match self.free.pop() {
            Some(index) => {
                let index = index as usize;
                (self.slots[index], self.details[index]) = (slot, details);
                index
            }
            None => {
                self.slots.push(slot);
                self.details.push(details);
                self.slots.len() - 1
            }
        }
    }

    /// Skips a step: its weight is earned.
    pub(crate) fn skip(&mut self, index: usize, reason: Option<String>, now: Duration) {
        let Some(Child { slot, details }) = self.child_mut(index) else { return };
        if slot.status != StepStatus::Pending {
            return;
        }
        slot.settle(FULL);
        slot.status = StepStatus::Skipped;
        details.ended = Moment::at(now);
        if reason.is_some() {
            details.rare().reason = reason;
        }
        let units = slot.units;
        self.folded += Work::done(units);
    }

    /// Ends a child and folds its value. What it has not earned stays in `frozen` where it failed.
    /// An item that fails without a text takes the node with it, whose own end brings the text.
    pub(crate) fn close(&mut self, index: usize, end: &End, ending: &Ending<'_>) {
        self.close_one(index, end, ending, matches!(end, End::Failed(None)));
    }

    /// `is_cause` says whether the node fails with this child.
    fn close_one(&mut self, index: usize, end: &End, ending: &Ending<'_>, is_cause: bool) {
        if let Some(text) = end.error() {
            self.blame(index, text);
        }
        let Some(mut child) = self.child_mut(index) else { return };
        if !child.slot.status.is_active() {
            return;
        }
        child.end(end, ending);
        let (units, value, errors) = (child.slot.units, child.slot.value(), child.slot.errors);
        let (failed, is_item) = (child.slot.status == StepStatus::Failed, child.details.is_item());
        self.folded += Work::part(units, value);
        self.errors = self.errors.saturating_add(errors);
        if failed {
            self.frozen += Work::part(units, FULL - value);
            self.errors = self.errors.saturating_add(1);
        }
        if !is_item {
            return self.release_node(index);
        }
        self.done = self.done.saturating_add(units);
        if is_cause && failed && self.failed_item.is_none() {
            self.live_items -= 1;
            self.failed_item = Some(index as u32);
            self.release_node(index);
        } else {
            self.free_slot(index);
        }
    }

    /// Sets the error of a child that has failed, and of what failed inside it, unless one is
    /// known.
    fn blame(&mut self, index: usize, text: &Arc<str>) {
        let (is_failed_item, child) = (self.is_failed_item(index), self.child_mut(index));
        let Some(Child { slot, details }) = child else { return };
        if slot.status != StepStatus::Failed || details.is_item() && !is_failed_item {
            return;
        }
        let rare = details.rare();
        if rare.error.is_some() {
            return;
        }
        rare.error = Some(Arc::clone(text));
        if let Some(mut below) = slot.node.as_ref().and_then(|node| node.children()) {
            (0..below.slots.len()).for_each(|index| below.blame(index, text));
        }
    }

    /// Folds an item or a split that was dropped unfinished: its parent resolves what it has not
    /// earned.
    pub(crate) fn fold(&mut self, index: usize, ending: &Ending<'_>) {
        let slot = &mut self.slots[index];
        self.folded += Work::part(slot.units, slot.value());
        let mut below = 0;
        if let Some(node) = &slot.node {
            let children = node.children();
            below = children.as_ref().map_or(0, |children| children.errors);
            slot.done(node, children.as_deref(), ending);
        }
        self.errors = self.errors.saturating_add(slot.errors).saturating_add(below);
        slot.status = StepStatus::Completed;
        self.free_slot(index);
    }

    fn free_slot(&mut self, index: usize) {
        self.release_node(index);
        self.live_items -= 1;
        self.free.push(index as u32);
    }

    /// Gives up the node of a child that has ended. Only a child whose own children are still shown
    /// keeps it: their details lie there.
    #[inline]
    fn release_node(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.has_children {
            self.release_parent(index);
        } else {
            self.spare = slot.node.take();
        }
    }

    fn release_parent(&mut self, index: usize) {
        let is_failed_item = self.is_failed_item(index);
        let slot = &mut self.slots[index];
        let is_shown = is_failed_item || !self.details[index].is_item();
        if let Some(node) = &slot.node
            && !(is_shown && node.has_records())
        {
            node.dismantle();
            slot.node = None;
        }
    }

    /// Gives the memory of items and splits that have ended back, if that is most of it: the live
    /// ones move together, in their order. Each move is paid for by three ends before it.
    pub(crate) fn give_back(&mut self) {
        let first = self.planned().len();
        let places = self.slots.len() - first;
        if places < FEW || self.live_items as usize > places / 4 {
            return;
        }
        let mut next = first;
        for index in first..self.slots.len() {
            let is_failed_item = self.is_failed_item(index);
            if !is_failed_item && !self.slots[index].status.is_active() {
                continue;
            }
            if is_failed_item {
                self.failed_item = Some(next as u32);
            }
            if let Some(node) = &self.slots[index].node {
                node.move_to_slot(next);
            }
            self.slots.swap(next, index);
            self.details.swap(next, index);
            next += 1;
        }
        self.slots.truncate(next);
        self.details.truncate(next);
        self.free.clear();
        give_back(&mut self.slots);
        give_back(&mut self.details);
        give_back(&mut self.free);
    }

    /// Ends what is still open, because the parent ends.
    pub(crate) fn end_open(&mut self, end: &End, ending: &Ending<'_>) {
        let cause = if end.is_failure() { self.open_step() } else { None };
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            match slot.status {
                StepStatus::Pending if matches!(end, End::Completed) => {
                    slot.status = StepStatus::Skipped;
                    self.details[index].rare().reason = Some("not reached".to_owned());
                }
                // A failure is also that of what has failed before, without a text.
                status if status.is_active() || end.is_failure() => {
                    self.close_one(index, end, ending, cause == Some(index));
                }
                _ => {}
            }
        }
        self.spare = None;
        self.give_back();
    }

    /// The child that is open, or has failed without an error's text; the latest of several.
    pub(crate) fn open_step(&self) -> Option<usize> {
        let failed_item = self.failed_item.map(|index| index as usize);
        let failed_item = failed_item.filter(|index| self.details[*index].has_no_error());
        failed_item.or_else(|| {
            self.slots.iter().zip(&self.details).rposition(|(slot, details)| {
                let failed = slot.status == StepStatus::Failed && !details.is_item();
                slot.status.is_active() || failed && details.has_no_error()
            })
        })
    }
}

#[cfg(all(test, not(progress_loom)))]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use crate::end::End;
    use crate::scale::FULL;
    use crate::tree::{Ending, Node, Tree};

    const NOW: Duration = Duration::ZERO;

    fn end(node: &Arc<Node>) {
        node.end(&End::Completed, &Ending::new(&|| NOW));
    }

    #[test]
    fn the_memory_of_shares_that_have_ended_is_given_back() {
        let tree = Tree::new();
        let root = tree.root();
        root.set_length(Some(1_000));
        let mut shares: Vec<_> = (0..1_000).map(|_| root.split(1, NOW)).collect();
        // A few live ones among them, the last one too, which must still count as before.
        let live = [shares.pop().unwrap(), shares.remove(500), shares.remove(20)];
        shares.iter().for_each(end);
        let places = || {
            let children = root.children().unwrap();
            children.slots.capacity().max(children.details.capacity()).max(children.free.capacity())
        };
        assert!(places() <= 4 * super::FEW, "{}", places());
        let before = tree.value();
        for (share, number) in live.iter().zip(["1000", "501", "21"]) {
            assert_eq!(share.location().path.to_string(), number);
            share.set_length(Some(2));
            share.advance(1);
        }
        assert!(tree.value() > before);
        live.iter().for_each(end);
        assert_eq!(tree.value(), FULL);
    }
}
