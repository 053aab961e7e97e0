//! The tree of shares: the truth of a run, and what is shown of it.
//!
//! A [`Node`] is one share. Its owner counts in `position`, with one relaxed load and store and nothing else.
//! All that makes the count mean something lies in the parent's [`Branch`], under the parent's lock: in a
//! [`Slot`] the [`Line`](crate::line::Line) and the state, in a [`Record`] the times and texts. So:
//!
//! - a rare verb of an owner (a length, a fall, opening a child) locks the parent, then its own branch;
//! - closing a child locks the branch that it is folded into, then the child's own;
//! - a reader goes from the top down and holds each lock until it is done below it.
//!
//! Locks are always taken from the top down, and a child is read and folded under the same lock: a reader
//! neither misses nor counts twice a child that ends meanwhile. What is shown of a branch never falls, since
//! each event replaces a part of the sum by one that is as large or larger.

mod branch;
mod read;
mod record;
mod share;
mod slot;

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use crate::sync::{AtomicU64, Mutex, MutexGuard};

pub(crate) use branch::{Branch, Cell};
pub(crate) use read::Reader;
pub(crate) use record::Record;
pub(crate) use slot::{Child, End, Slot};

/// The clock, which is asked only where a time is kept.
pub(crate) type Now<'a> = &'a dyn Fn() -> Duration;

/// Numbers messages and starts of steps, so that of several the latest can be told.
static ORDER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

pub(crate) fn next_order() -> u64 {
    ORDER.fetch_add(1, Relaxed)
}

/// A lock that a panic elsewhere has poisoned is as good as any: each critical section leaves the data whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One share of the progress. With the counts of its [`Arc`] it is a cache line less what the allocator adds: many
/// live shares lie close together.
pub(crate) struct Node {
    position: AtomicU64,
    parent: Weak<Node>,
    slot: u32,
    /// The children and the message, which most shares never have.
    branch: Mutex<Option<Box<Branch>>>,
}

impl Node {
    /// The trunk of a run: its only child is the run's root.
    pub(crate) fn trunk() -> Arc<Self> {
        Self::new(Weak::new(), 0)
    }

    /// A share that is part of no tree: whatever is reported to it reaches nothing.
    pub(crate) fn loose() -> Arc<Self> {
        Self::new(Weak::new(), 0)
    }

    /// A share of that node, in one of its slots.
    fn child(parent: &Arc<Self>, slot: usize) -> Arc<Self> {
        Self::new(Arc::downgrade(parent), slot as u32)
    }

    fn new(parent: Weak<Self>, slot: u32) -> Arc<Self> {
        Arc::new(Self { position: AtomicU64::new(0), parent, slot, branch: Mutex::new(None) })
    }

    /// Begins anew, as another share of the same parent; it has no children.
    fn renew(&mut self, slot: usize) {
        self.position.store(0, Relaxed);
        self.slot = slot as u32;
        if let Some(branch) = self.branch.get_mut().unwrap_or_else(PoisonError::into_inner) {
            (branch.said.text, branch.said.order) = (None, 0);
        }
    }

    /// What the owner has counted so far.
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Relaxed)
    }

    /// Counts on. Only the owner stores, so that no read-modify-write is needed.
    #[inline]
    pub(crate) fn advance(&self, position: u64) {
        self.position.store(position, Relaxed);
    }

    pub(crate) fn say(&self, text: Cow<'static, str>) {
        let order = next_order();
        let mut branch = lock(&self.branch);
        let said = &mut branch.get_or_insert_default().said;
        said.order = order;
        let before = said.text.replace(text);
        drop(branch);
        drop(before); // outside the lock
    }

    /// Says what is formatted, into the buffer of the message before the last one.
    pub(crate) fn write(&self, text: fmt::Arguments<'_>) {
        let mut buffer = std::mem::take(&mut lock(&self.branch).get_or_insert_default().said.spare);
        buffer.clear();
        // Writing to a string fails only where a `Display` of the caller's does; what it wrote stands.
        let _ = buffer.write_fmt(text);
        let order = next_order();
        let mut branch = lock(&self.branch);
        let said = &mut branch.get_or_insert_default().said;
        said.order = order;
        if let Some(Cow::Owned(before)) = said.text.replace(Cow::Owned(buffer)) {
            said.spare = before;
        }
    }

    /// Runs `f` on the node's own place under the parent's lock; not at all if the node is not part of the tree
    /// any more, so that late updates reach nothing.
    fn with_place<R>(self: &Arc<Self>, f: impl FnOnce(Child<'_>) -> R) -> Option<R> {
        let parent = self.parent.upgrade()?;
        let mut siblings = lock(&parent.branch);
        let child = siblings.as_mut()?.child_mut(self.slot as usize)?;
        let is_live = child.slot.holds(self) && child.slot.status.is_active();
        is_live.then(|| f(child))
    }

    /// Runs `f` on the node's own place, on the branch that it has, and on the position that goes with it.
    fn with_slot<R>(
        self: &Arc<Self>,
        f: impl FnOnce(Child<'_>, Option<&mut Branch>, u64) -> R,
    ) -> Option<R> {
        self.with_place(|own| {
            let mut branch = own.slot.branched.then(|| lock(&self.branch));
            let branch = branch.as_mut().and_then(|branch| branch.as_deref_mut());
            let position = self.counted(branch.as_deref());
            f(own, branch, position)
        })
    }

    /// The same for what needs a branch: it is made where there is none.
    fn with_branch<R>(
        self: &Arc<Self>,
        f: impl FnOnce(Child<'_>, &mut Branch, u64) -> R,
    ) -> Option<R> {
        self.with_place(|own| {
            let mut branch = lock(&self.branch);
            let branch = branch.get_or_insert_default();
            own.slot.branched = true;
            let position = self.counted(Some(branch));
            f(own, branch, position)
        })
    }

    /// Whether the node has taken over the steps of a plan.
    fn has_steps(&self) -> bool {
        lock(&self.branch).as_ref().is_some_and(|branch| branch.list.is_some())
    }

    /// The position, with what the counters of a shared node have counted.
    fn counted(&self, branch: Option<&Branch>) -> u64 {
        let cells = branch.map_or(0, Branch::counted);
        self.position().saturating_add(cells)
    }

    /// The node's place: the ids from the root down, joined by `/`; empty for the root.
    pub(crate) fn path(self: &Arc<Self>) -> String {
        let mut ids = Vec::new();
        let mut node = Arc::clone(self);
        while let Some(parent) = node.parent.upgrade() {
            let is_root = parent.parent.strong_count() == 0;
            if !is_root {
                let branch = lock(&parent.branch);
                ids.push(
                    branch
                        .as_ref()
                        .map_or_else(String::new, |branch| branch.id(node.slot as usize)),
                );
            }
            node = parent;
        }
        ids.reverse();
        ids.join("/")
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("position", &self.position()).finish_non_exhaustive()
    }
}
