//! What the owners of shares do: the rare verbs, and opening and ending children.

use std::sync::Arc;
use std::time::Duration;

use super::branch::Cell;
use super::{Branch, End, Node, Now, Slot, lock, next_order};
use crate::StepStatus;
use crate::line::{FULL, Line};
use crate::plan::StepList;

impl Node {
    /// Puts the root of a run onto a trunk.
    pub(crate) fn plant(self: &Arc<Self>) -> Arc<Self> {
        let root = Self::new(Arc::downgrade(self), 0);
        let mut slot = Slot::pending(1);
        slot.open(FULL, Arc::clone(&root), None);
        lock(&self.branch).get_or_insert_default().slots.push(slot);
        root
    }

    /// Sets or takes back the length.
    pub(crate) fn set_length(self: &Arc<Self>, total: Option<u64>) {
        self.with_slot(|slot, branch, position| {
            slot.set_length(branch.as_deref_mut(), position, total)
        });
    }

    /// Counts in another unit from here on: the position starts over at 0. Parts of a whole are told as percents.
    pub(crate) fn change_unit(self: &Arc<Self>, total: u64, parts: bool) {
        self.with_slot(|slot, branch, position| {
            slot.line.fall(position, 0);
            self.advance(0);
            slot.set_length(branch.as_deref_mut(), 0, Some(total));
            slot.parts = parts;
        });
    }

    /// Puts the position back to an earlier one; what is shown holds.
    pub(crate) fn fall_back(self: &Arc<Self>, to: u64) {
        let fallen = self.with_slot(|slot, _, position| {
            slot.line.fall(position, to);
            self.advance(to);
        });
        if fallen.is_none() {
            self.advance(to);
        }
    }

    /// Takes over a list of steps, whose weights become the length.
    pub(crate) fn adopt(self: &Arc<Self>, list: &'static StepList) {
        self.with_slot(|slot, branch, position| {
            let branch = branch.get_or_insert_default();
            if branch.list.is_none() && branch.slots.is_empty() {
                branch.adopt(list);
                // What the owner has counted before is held; the steps divide the rest.
                slot.line.fall(position, 0);
                self.advance(0);
                slot.line.set_end(0, Some(list.total()), true);
            }
        });
    }

    /// The title of a step of the list, in place of the plan's.
    pub(crate) fn set_title(self: &Arc<Self>, index: usize, title: String) {
        self.with_slot(|_, branch, _| {
            if let Some(step) = branch.as_mut().and_then(|branch| branch.slots.get_mut(index)) {
                step.record().title = Some(title);
            }
        });
    }

    /// A step of the list is entered: the bar moves to its start.
    pub(crate) fn enter(self: &Arc<Self>, index: usize) {
        self.with_slot(|slot, branch, position| {
            if let Some(branch) = branch {
                branch.enter(index, &mut slot.line, position);
            }
        });
    }

    /// A step that was entered starts; the node of its share is new.
    pub(crate) fn start(self: &Arc<Self>, index: usize, now: Duration) -> Arc<Self> {
        let child = Self::new(Arc::downgrade(self), index as u32);
        self.with_slot(|slot, branch, position| {
            branch.as_mut()?.start(index, &child, &mut slot.line, position, now)
        });
        child
    }

    /// A step is entered and starts.
    pub(crate) fn open(self: &Arc<Self>, index: usize, now: Duration) -> Arc<Self> {
        let child = Self::new(Arc::downgrade(self), index as u32);
        self.with_slot(|slot, branch, position| {
            let branch = branch.as_mut()?;
            branch.enter(index, &mut slot.line, position);
            branch.start(index, &child, &mut slot.line, position, now)
        });
        child
    }

    /// A step that was entered is not needed: its weight is earned.
    pub(crate) fn skip(self: &Arc<Self>, index: usize, reason: Option<String>, now: Duration) {
        self.with_slot(|slot, branch, position| {
            let branch = branch.as_mut()?;
            let units =
                branch.slots.get(index).filter(|step| step.status == StepStatus::Pending)?.units;
            let share = slot.line.take(position, units);
            branch.skip(index, share, reason, now);
            Some(())
        });
    }

    /// Opens a share of `units` of what is left of the length.
    pub(crate) fn split(self: &Arc<Self>, units: u64, now: Duration) -> Arc<Self> {
        let opened = self.with_slot(|slot, branch, position| {
            let branch = branch.get_or_insert_default();
            branch.release();
            let left = slot.line.left(position);
            if units > left {
                log::debug!("a share of {units} units was split off where {left} are left");
            }
            let share = slot.line.take(position, units);
            slot.given = slot.given.saturating_add(units);
            let index = branch.vacancy(units);
            let child = Self::new(Arc::downgrade(self), index as u32);
            branch.slots[index].open(share, Arc::clone(&child), Some(now));
            child
        });
        opened.unwrap_or_else(Self::loose)
    }

    /// Ends a child of this node: a step by its index, an item by its slot.
    pub(crate) fn close(&self, index: usize, end: &End, now: Now<'_>) {
        if let Some(branch) = lock(&self.branch).as_mut()
            && index < branch.slots.len()
        {
            branch.close(index, end, now);
        }
    }

    /// Ends this node, if it is still part of the tree.
    pub(crate) fn end(self: &Arc<Self>, end: &End, now: Now<'_>) {
        let Some(parent) = self.parent.upgrade() else { return };
        let mut siblings = lock(&parent.branch);
        let Some(branch) = siblings.as_mut() else { return };
        if branch.slots.get(self.slot as usize).is_some_and(|slot| slot.holds(self)) {
            branch.close(self.slot as usize, end, now);
            let spent = branch.is_spent();
            drop(siblings);
            if spent {
                parent.fold();
            }
        }
    }

    /// Ends whatever is open below this node, which itself goes on.
    pub(crate) fn end_open(&self, end: &End, now: Now<'_>) {
        if let Some(branch) = lock(&self.branch).as_mut() {
            branch.end_open(end, now);
        }
    }

    /// All of this share is earned, though its step may not have ended.
    pub(crate) fn fill(self: &Arc<Self>) {
        self.with_slot(|slot, _, _| {
            if !slot.settled {
                slot.settle(slot.width);
            }
        });
    }

    /// Holds what is shown of this share, whatever happens below it.
    pub(crate) fn capture(self: &Arc<Self>) {
        let Some(parent) = self.parent.upgrade() else { return };
        if let Some(branch) = lock(&parent.branch).as_mut()
            && let Some(slot) = branch.slots.get_mut(self.slot as usize)
            && slot.holds(self)
        {
            slot.capture();
        }
    }

    /// The owner of a split is gone: what was shown of it is folded into its parent, at once or when the last
    /// of its own children is gone.
    pub(crate) fn abandon(self: &Arc<Self>) {
        if let Some(branch) = lock(&self.branch).as_mut() {
            branch.orphaned = true;
            if !branch.is_spent() {
                return;
            }
        }
        self.fold();
    }

    fn fold(self: &Arc<Self>) {
        let mut node = Arc::clone(self);
        while let Some(parent) = node.parent.upgrade() {
            let mut siblings = lock(&parent.branch);
            let Some(branch) = siblings.as_mut() else { return };
            let index = node.slot as usize;
            if !branch.slots.get(index).is_some_and(|slot| slot.number > 0 && slot.holds(&node)) {
                return;
            }
            branch.fold(index);
            if !branch.is_spent() {
                return;
            }
            drop(siblings);
            node = parent;
        }
    }

    /// Lets go of an attempt of a step: what it has shown stays, and the next one divides the rest.
    pub(crate) fn detach_attempt(&self, index: usize, error: Arc<str>) {
        if let Some(step) = self.step_mut(&mut lock(&self.branch), index) {
            step.detach();
            step.status = StepStatus::Retrying;
            step.record().error = Some(error);
        }
    }

    /// Starts the next attempt of a step.
    pub(crate) fn attempt(self: &Arc<Self>, index: usize) -> Arc<Self> {
        let child = Self::new(Arc::downgrade(self), index as u32);
        if let Some(step) = self.step_mut(&mut lock(&self.branch), index) {
            step.node = Some(Arc::clone(&child));
            step.attempt += 1;
            step.order = next_order();
        }
        child
    }

    /// Says how many attempts a step that was entered may have.
    pub(crate) fn plan_attempts(&self, index: usize, attempts: Option<u32>) {
        if let Some(step) =
            lock(&self.branch).as_mut().and_then(|branch| branch.slots.get_mut(index))
        {
            step.record().attempts = attempts;
        }
    }

    fn step_mut<'a>(
        &self,
        branch: &'a mut Option<Box<Branch>>,
        index: usize,
    ) -> Option<&'a mut Slot> {
        branch.as_mut()?.slots.get_mut(index).filter(|step| step.status.is_active())
    }

    /// Counts an error that the owner survived.
    pub(crate) fn count_error(self: &Arc<Self>) {
        self.with_slot(|slot, _, _| slot.errors = slot.errors.saturating_add(1));
    }

    /// Shows the sub-job that the owner follows, or takes it off.
    pub(crate) fn show_job(self: &Arc<Self>, job: Option<(Arc<str>, Arc<str>)>) {
        self.with_slot(|slot, _, _| slot.record().job = job);
    }

    /// A cell of its own for a clone of a shared counter.
    pub(crate) fn add_cell(self: &Arc<Self>) -> Arc<Cell> {
        self.with_slot(|_, branch, _| branch.get_or_insert_default().add_cell())
            .unwrap_or_else(|| Arc::new(Cell(crate::sync::AtomicU64::new(0))))
    }

    /// Keeps what a cell has counted, and takes the cell off.
    pub(crate) fn fold_cell(&self, cell: &Arc<Cell>) {
        if let Some(branch) = lock(&self.branch).as_mut() {
            let counted = branch.remove_cell(cell);
            self.advance(self.position().saturating_add(counted));
        }
    }
}

impl Slot {
    pub(super) fn open(&mut self, share: u64, node: Arc<Node>, now: Option<Duration>) {
        self.width = share;
        self.line = Line::new(share);
        self.node = Some(node);
        self.status = StepStatus::Running;
        self.started = now;
    }
}
