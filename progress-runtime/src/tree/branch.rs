//! The children of a node, and what was shown of those that have ended.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{End, Node, Now, Slot, next_order};
use crate::StepStatus;
use crate::line::{Line, mul_div};
use crate::plan::StepList;
use crate::sync::AtomicU64;

/// The count of one clone of a shared counter, on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Cell(pub(crate) AtomicU64);

/// The children of a node: the steps of a list first, then live items and splits.
#[derive(Debug, Default)]
pub(crate) struct Branch {
    pub(crate) list: Option<&'static StepList>,
    pub(crate) slots: Vec<Slot>,
    free: Vec<u32>,
    cells: Vec<Arc<Cell>>,
    /// What is shown of the children that have ended.
    folded: u64,
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

impl Branch {
    /// What is shown of all children together.
    pub(crate) fn value(&self) -> u64 {
        self.folded + self.live().map(Slot::value).sum::<u64>()
    }

    /// What the children have and can still get.
    pub(crate) fn width(&self) -> u64 {
        self.folded + self.frozen + self.live().map(|slot| slot.width).sum::<u64>()
    }

    /// The children whose value is not yet folded.
    fn live(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.status.is_active())
    }

    /// Whether nothing will be counted here any more, so that the node itself can be folded.
    pub(crate) fn is_spent(&self) -> bool {
        self.orphaned && self.live_items == 0
    }

    /// Takes a list of steps over, all of them pending.
    pub(crate) fn adopt(&mut self, list: &'static StepList) {
        self.list = Some(list);
        self.slots.extend(list.steps().iter().map(|step| Slot::pending(u64::from(step.weight()))));
    }

    /// A step is entered: what was left before it is earned.
    pub(crate) fn enter(&mut self, index: usize, line: &mut Line, position: u64) {
        self.release();
        let Some(list) = self.list else { return };
        if self.entered == 0 && list.head() > 0 {
            self.folded += line.take(position, u64::from(list.head()));
        }
        self.entered = self.entered.max(index as u32 + 1);
    }

    /// A step that was entered starts.
    pub(crate) fn start(
        &mut self,
        index: usize,
        child: &Arc<Node>,
        line: &mut Line,
        position: u64,
        now: Duration,
    ) -> Option<()> {
        let step = self.slots.get_mut(index).filter(|step| step.status == StepStatus::Pending)?;
        let share = line.take(position, step.units);
        step.open(share, Arc::clone(child), Some(now));
        step.order = next_order();
        step.attempt = 1;
        Some(())
    }

    /// What failed children had left moves on.
    pub(crate) fn release(&mut self) {
        self.folded += std::mem::take(&mut self.frozen);
    }

    /// A place for an item or a split.
    pub(crate) fn vacancy(&mut self, units: u64) -> usize {
        self.numbered += 1;
        self.live_items += 1;
        let slot = Slot { number: self.numbered, ..Slot::pending(units) };
        match self.free.pop() {
            Some(index) => {
                self.slots[index as usize] = slot;
                index as usize
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        }
    }

    /// A step that is not needed: its weight is earned.
    pub(crate) fn skip(&mut self, index: usize, share: u64, reason: Option<String>, now: Duration) {
        let slot = &mut self.slots[index];
        slot.width = share;
        slot.settle(share);
        slot.status = StepStatus::Skipped;
        slot.ended = Some(now);
        if reason.is_some() {
            slot.record().reason = reason;
        }
        self.folded += share;
    }

    /// Ends a child and folds what is shown of it. What it has not earned waits in `frozen` where it failed.
    pub(crate) fn close(&mut self, index: usize, end: &End, now: Now<'_>) {
        let slot = &mut self.slots[index];
        if let End::Failed(text) = end
            && slot.status == StepStatus::Failed
        {
            slot.blame(text.as_ref());
        }
        if !slot.status.is_active() {
            return;
        }
        slot.end(end, now);
        let value = slot.value();
        self.folded += value;
        self.errors = self.errors.saturating_add(slot.errors);
        if slot.status == StepStatus::Failed {
            self.frozen += slot.width - value;
            self.errors = self.errors.saturating_add(1);
        }
        if slot.number > 0 {
            self.done = self.done.saturating_add(slot.units);
            self.vacate(index);
        }
    }

    /// Folds an item or a split whose owner is gone: what it has not earned is its parent's to resolve.
    pub(crate) fn fold(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        self.folded += slot.value();
        self.errors = self.errors.saturating_add(slot.errors);
        slot.status = StepStatus::Completed;
        self.vacate(index);
    }

    fn vacate(&mut self, index: usize) {
        self.slots[index].node = None;
        self.live_items -= 1;
        self.free.push(index as u32);
    }

    /// Ends what is still open, since the parent ends.
    pub(crate) fn end_open(&mut self, end: &End, now: Now<'_>) {
        for index in 0..self.slots.len() {
            self.close(index, end, now);
            let slot = &mut self.slots[index];
            if matches!(end, End::Completed) && slot.status == StepStatus::Pending {
                slot.status = StepStatus::Skipped;
                slot.record().reason = Some("not reached".to_owned());
            }
        }
    }

    /// The length has grown: children that took more than their part of what is left now give it back, so
    /// that the units that came have something to earn.
    pub(crate) fn make_room(&mut self, line: &mut Line, position: u64, before: u64) {
        let live = self.live().fold(0_u64, |sum, slot| sum.saturating_add(slot.units));
        let left = line.left(position);
        if live == 0 {
            return;
        }
        // Of `before + live` units that shared what is left there are now `left + live`.
        let (part, whole) = (before.saturating_add(live), left.saturating_add(live));
        let width = self.width();
        self.shrink(part, whole);
        line.widen(position, width - self.width());
    }

    /// Every live child gives up all but `part / whole` of what is not yet shown.
    pub(crate) fn shrink(&mut self, part: u64, whole: u64) {
        self.frozen = mul_div(self.frozen, part, whole);
        for slot in &mut self.slots {
            if slot.status.is_active() {
                slot.shrink(part, whole);
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

    /// The id of a child: the step's, or the item's number.
    pub(crate) fn id(&self, index: usize) -> String {
        match self.list.and_then(|list| list.steps().get(index)) {
            Some(step) => step.id().to_owned(),
            None => self.slots.get(index).map_or(0, |slot| slot.number).to_string(),
        }
    }
}
