//! The children of a node, and what was shown of those that have ended.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::fence;
use std::time::Duration;

use super::{Child, Details, Node, Now, Slot};
use crate::StepStatus;
use crate::end::End;
use crate::plan::{PlanStep, StepList};
use crate::scale::{FULL, Scale, mul_div};
use crate::sync::AtomicU64;

/// The count of one clone of a shared counter, on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Cell(pub(crate) AtomicU64);

/// Whether a node can have children.
#[derive(Debug, Default, PartialEq)]
enum Growth {
    /// It never had one: its scale lies in its slot.
    #[default]
    Bare,
    Open,
    /// It has ended, or was let go of.
    Closed,
}

/// The children of a node: the steps of a list first, then live items and splits.
#[derive(Debug, Default)]
pub(crate) struct Children {
    growth: Growth,
    /// What is shown of the node's own count, once it has a children.
    pub(crate) scale: Scale,
    /// Units of the node's length that were split off.
    pub(crate) given: u64,
    pub(crate) list: Option<&'static StepList>,
    /// What is shown of each child: who reads the number goes through these alone …
    pub(crate) slots: Vec<Slot>,
    /// … and what else is known of it, at the same index.
    pub(crate) details: Vec<Details>,
    free: Vec<u32>,
    /// The node of a child that has ended, for the next one.
    spare: Option<Arc<Node>>,
    cells: Vec<Arc<Cell>>,
    /// What is shown of the children that have ended.
    pub(super) folded: u64,
    /// What children that failed have left: it moves when the next one opens, or the whole ends well.
    frozen: u64,
    /// The number of the latest step entered, from 1.
    pub(crate) entered: u32,
    /// How many items and splits there were.
    pub(crate) numbered: u64,
    /// The units of items and splits that have ended.
    pub(crate) done: u64,
    pub(crate) errors: u32,
    /// How many items and splits are live.
    live_items: u32,
    /// The node's owner is gone, though children of it may still live.
    pub(crate) orphaned: bool,
}

impl Children {
    /// The children of a tree, with a root on it.
    pub(crate) fn of(root: Arc<Node>) -> Self {
        let (mut slot, mut details) = (Slot::pending(), Details::new(1, 0));
        Child { slot: &mut slot, details: &mut details }.open(FULL, root, None);
        Self { growth: Growth::Open, slots: vec![slot], details: vec![details], ..Self::default() }
    }

    pub(crate) fn is_grown(&self) -> bool {
        self.growth != Growth::Bare
    }

    pub(crate) fn is_open(&self) -> bool {
        self.growth == Growth::Open
    }

    /// The node can have children from now on, which divide what is left of its scale.
    pub(crate) fn grow(&mut self, scale: &Scale) {
        (self.growth, self.scale) = (Growth::Open, scale.clone());
    }

    /// There will be no more children.
    pub(crate) fn close_for_good(&mut self) {
        self.growth = Growth::Closed;
    }

    /// The nodes of all children, taken out.
    pub(crate) fn take_nodes(&mut self) -> Vec<Arc<Node>> {
        self.slots.iter_mut().filter_map(|slot| slot.node.take()).chain(self.spare.take()).collect()
    }

    /// What is shown of the node that has this children: of its own count, and of its children.
    pub(crate) fn whole(&self, node: &Node) -> u64 {
        self.scale.value(node.counted(Some(self))) + self.value()
    }

    /// What is shown of all children together.
    pub(crate) fn value(&self) -> u64 {
        let live = self.slots.iter().filter(|slot| slot.status.is_active());
        self.folded + live.map(Slot::value).sum::<u64>()
    }

    /// What the children have and can still get.
    pub(crate) fn width(&self) -> u64 {
        self.folded + self.frozen + self.live().map(|(_, details)| details.width).sum::<u64>()
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

    /// Whether nothing will be counted here any more, so that the node itself can be folded.
    pub(crate) fn is_spent(&self) -> bool {
        self.orphaned && self.live_items == 0
    }

    /// Takes a list of steps over, all of them pending.
    pub(crate) fn adopt(&mut self, list: &'static StepList) {
        self.list = Some(list);
        self.slots.extend(list.steps().iter().map(|_| Slot::pending()));
        self.details
            .extend(list.steps().iter().map(|step| Details::new(u64::from(step.weight()), 0)));
    }

    /// A step is entered: what was left before it is earned.
    pub(crate) fn enter(&mut self, index: usize, position: u64) {
        self.release();
        let Some(list) = self.list else { return };
        if self.entered == 0 && list.head() > 0 {
            self.folded += self.scale.take(position, u64::from(list.head()));
        }
        self.entered = self.entered.max(index as u32 + 1);
    }

    /// A step that was entered starts.
    pub(crate) fn start(
        &mut self,
        index: usize,
        parent: &Arc<Node>,
        position: u64,
        order: u64,
        now: Duration,
    ) -> Option<Arc<Node>> {
        self.slots.get(index).filter(|step| step.status == StepStatus::Pending)?;
        let node = self.node(parent, index);
        let share = self.scale.take(position, self.details.get(index)?.units);
        let mut step = self.child_mut(index)?;
        step.open(share, Arc::clone(&node), Some(now));
        step.details.order = order;
        step.details.attempt = 1;
        Some(node)
    }

    /// An item or a split opens.
    pub(crate) fn split(
        &mut self,
        units: u64,
        parent: &Arc<Node>,
        position: u64,
        now: Duration,
    ) -> Arc<Node> {
        self.release();
        let left = self.scale.left(position);
        if units > left {
            log::debug!("a share of {units} units was split off where {left} are left");
        }
        let share = self.scale.take(position, units);
        self.given = self.given.saturating_add(units);
        let index = self.vacancy(units);
        let node = self.node(parent, index);
        if let Some(mut child) = self.child_mut(index) {
            child.open(share, Arc::clone(&node), Some(now));
        }
        node
    }

    /// The node of a child that opens: the one that an earlier child has left, if nobody holds it any more.
    fn node(&mut self, parent: &Arc<Node>, index: usize) -> Arc<Node> {
        match self.spare.take() {
            Some(node) if Arc::strong_count(&node) == 1 => {
                // What the last one who held it did was done before it let go.
                fence(Acquire);
                node.renew(index);
                node
            }
            _ => Node::child(parent, index),
        }
    }

    /// What failed children had left moves on.
    pub(crate) fn release(&mut self) {
        self.folded += std::mem::take(&mut self.frozen);
    }

    /// A place for an item or a split.
    fn vacancy(&mut self, units: u64) -> usize {
        self.numbered += 1;
        self.live_items += 1;
        let details = Details::new(units, self.numbered);
        match self.free.pop() {
            Some(index) => {
                let index = index as usize;
                (self.slots[index], self.details[index]) = (Slot::pending(), details);
                index
            }
            None => {
                self.slots.push(Slot::pending());
                self.details.push(details);
                self.slots.len() - 1
            }
        }
    }

    /// A step that is not needed: its weight is earned.
    pub(crate) fn skip(
        &mut self,
        index: usize,
        position: u64,
        reason: Option<String>,
        now: Duration,
    ) {
        let is_pending = |slot: &Slot| slot.status == StepStatus::Pending;
        if !self.slots.get(index).is_some_and(is_pending) {
            return;
        }
        let share = self.scale.take(position, self.details[index].units);
        let Some(Child { slot, details }) = self.child_mut(index) else { return };
        slot.settle(share);
        slot.status = StepStatus::Skipped;
        details.width = share;
        details.ended = Some(now);
        if reason.is_some() {
            details.rare().reason = reason;
        }
        self.folded += share;
    }

    /// Ends a child and folds what is shown of it. What it has not earned waits in `frozen` where it failed.
    pub(crate) fn close(&mut self, index: usize, end: &End, now: Now<'_>) {
        let Some(mut child) = self.child_mut(index) else { return };
        if child.slot.status == StepStatus::Failed {
            child.details.blame(end.error());
        }
        if !child.slot.status.is_active() {
            return;
        }
        child.end(end, now);
        let (slot, details) = (&self.slots[index], &self.details[index]);
        let value = slot.value();
        self.folded += value;
        self.errors = self.errors.saturating_add(slot.errors);
        if slot.status == StepStatus::Failed {
            self.frozen += details.width - value;
            self.errors = self.errors.saturating_add(1);
        }
        if details.is_item() {
            self.done = self.done.saturating_add(details.units);
            self.vacate(index);
        } else {
            self.let_go(index);
        }
    }

    /// Folds an item or a split whose owner is gone: what it has not earned is its parent's to resolve.
    pub(crate) fn fold(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        self.folded += slot.value();
        let below = slot
            .node
            .as_ref()
            .and_then(|node| node.children())
            .map_or(0, |children| children.errors);
        self.errors = self.errors.saturating_add(slot.errors).saturating_add(below);
        slot.status = StepStatus::Completed;
        self.vacate(index);
    }

    fn vacate(&mut self, index: usize) {
        self.let_go(index);
        self.live_items -= 1;
        self.free.push(index as u32);
    }

    /// Lets go of the node of a child that has ended. Only the steps of a nested plan keep it: their details lie there.
    fn let_go(&mut self, index: usize) {
        let (slot, details) = (&mut self.slots[index], &self.details[index]);
        if !slot.has_children {
            self.spare = slot.node.take();
        } else if let Some(node) = &slot.node
            && (details.is_item() || !node.has_steps())
        {
            node.uproot();
            slot.node = None;
        }
    }

    /// Ends what is still open, since the parent ends.
    pub(crate) fn end_open(&mut self, end: &End, now: Now<'_>) {
        for index in 0..self.slots.len() {
            self.close(index, end, now);
            if matches!(end, End::Completed) && self.slots[index].status == StepStatus::Pending {
                self.slots[index].status = StepStatus::Skipped;
                self.details[index].rare().reason = Some("not reached".to_owned());
            }
        }
        self.spare = None;
    }

    /// The length has grown: children that took more than their part of what is left now give it back, so
    /// that the units that came have something to earn.
    pub(crate) fn make_room(&mut self, position: u64, before: u64) {
        let live = self.live().fold(0_u64, |sum, (_, details)| sum.saturating_add(details.units));
        let left = self.scale.left(position);
        if live == 0 {
            return;
        }
        // Of `before + live` units that shared what is left there are now `left + live`.
        let (part, whole) = (before.saturating_add(live), left.saturating_add(live));
        let width = self.width();
        self.shrink(part, whole);
        self.scale.widen(position, width - self.width());
    }

    /// Every live child gives up all but `part / whole` of what is not yet shown.
    pub(crate) fn shrink(&mut self, part: u64, whole: u64) {
        self.frozen = mul_div(self.frozen, part, whole);
        for (slot, details) in self.slots.iter_mut().zip(&mut self.details) {
            if slot.status.is_active() {
                Child { slot, details }.shrink(part, whole);
            }
        }
    }

    pub(crate) fn counted(&self) -> u64 {
        self.cells.iter().fold(0, |sum, cell| sum.saturating_add(cell.0.load(Relaxed)))
    }

    pub(crate) fn add_cell(&mut self) -> Arc<Cell> {
        let cell = Arc::new(Cell(AtomicU64::new(0)));
        self.cells.push(Arc::clone(&cell));
        cell
    }

    /// Takes a cell off; its count is the caller's to keep.
    pub(crate) fn remove_cell(&mut self, cell: &Arc<Cell>) -> u64 {
        self.cells.retain(|kept| !Arc::ptr_eq(kept, cell));
        cell.0.load(Relaxed)
    }

    /// The step that is open, or has failed and nobody has said why; the latest of several.
    pub(crate) fn open_step(&self) -> Option<usize> {
        self.slots.iter().zip(&self.details).rposition(|(slot, details)| {
            let silent = || details.rare.as_ref().is_none_or(|rare| rare.error.is_none());
            let failed = slot.status == StepStatus::Failed && !details.is_item();
            slot.status.is_active() || failed && silent()
        })
    }
}
