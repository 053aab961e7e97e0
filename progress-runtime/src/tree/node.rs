//! One share: its position, its place in the tree, and the access to what lies around it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use once_cell::race::OnceBox;

use super::data::{Child, Children, Extras, MAX_DEPTH, Node};
use super::message::MessageCell;
use crate::chain::drop_chain;
use crate::sync::{AtomicU32, AtomicU64, MutexGuard, lock};

/// The slot of a share without a place in the tree.
const UNPLACED: usize = u32::MAX as usize;

impl Node {
    /// A share that is part of no tree: what is reported to it reaches nothing.
    pub(crate) fn detached() -> Arc<Self> {
        Self::new(None, 0)
    }

    /// A share of this one that has no place in the tree: what is reported to it reaches nothing,
    /// and it stands where this one stands.
    pub(crate) fn unplaced(self: &Arc<Self>) -> Arc<Self> {
        Self::child(self, UNPLACED)
    }

    /// Whether this share may be divided.
    pub(super) fn can_divide(&self) -> bool {
        self.depth < MAX_DEPTH
    }

    /// The node above the root of a run, and that root.
    pub(super) fn root() -> (Arc<Self>, Arc<Self>) {
        let top = Self::new(None, 0);
        let root = Self::child(&top, 0);
        lock(&top.extras().children).adopt_root(Arc::clone(&root));
        (top, root)
    }

    /// A share of `parent`, in one of its slots.
    pub(super) fn child(parent: &Arc<Self>, slot: usize) -> Arc<Self> {
        Self::new(Some(Arc::clone(parent)), slot)
    }

    fn new(parent: Option<Arc<Self>>, slot: usize) -> Arc<Self> {
        let (position, slot) = (AtomicU64::new(0), AtomicU32::new(slot as u32));
        let depth = parent.as_ref().map_or(0, |parent| parent.depth + 1);
        Arc::new(Self { position, parent, slot, depth, extras: OnceBox::new() })
    }

    /// Becomes another share of the same parent. The caller knows that the node has no children and
    /// no other holder.
    pub(super) fn reuse(&self, slot: usize) {
        self.position.store(0, Relaxed);
        self.slot.store(slot as u32, Relaxed);
        if let Some(extras) = self.extras.get() {
            extras.fraction.store(0, Relaxed);
            if let Some(message) = extras.message.get() {
                message.clear();
            }
            #[cfg(feature = "journal")]
            lock(&extras.place).take();
        }
    }

    /// Drops what hangs below, so that parents and children that have ended do not keep each other
    /// alive.
    pub(super) fn dismantle(&self) {
        if let Some(mut children) = self.children() {
            children.dismantle();
        }
    }

    /// The parent has moved this share, under its lock.
    pub(super) fn move_to_slot(&self, slot: usize) {
        self.slot.store(slot as u32, Relaxed);
    }

    pub(crate) fn slot(&self) -> usize {
        self.slot.load(Relaxed) as usize
    }

    pub(super) fn extras(&self) -> &Extras {
        self.extras.get_or_init(Box::default)
    }

    /// The children, if the node ever had one, or a message.
    pub(super) fn children(&self) -> Option<MutexGuard<'_, Children>> {
        self.extras.get().map(|extras| lock(&extras.children))
    }

    pub(super) fn message(&self) -> Option<&MessageCell> {
        self.extras.get()?.message.get()
    }

    fn message_cell(&self) -> &MessageCell {
        self.extras().message.get_or_init(|| Box::new(MessageCell::new()))
    }

    /// What the owner has counted so far, without counters and finished shares.
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Relaxed)
    }

    /// Sets the position, forward. Only the owner stores, so this needs no read-modify-write.
    #[inline]
    pub(crate) fn advance(&self, position: u64) {
        self.position.store(position, Relaxed);
    }

    /// The fraction that the owner reports, in parts.
    pub(crate) fn fraction(&self) -> u64 {
        self.extras.get().map_or(0, |extras| extras.fraction.load(Relaxed))
    }

    /// Sets the fraction, forward.
    pub(crate) fn advance_fraction(&self, parts: u64) {
        self.extras().fraction.store(parts, Relaxed);
    }

    pub(crate) fn set_message(&self, text: &str) {
        self.message_cell().set(text);
    }

    /// Takes the message back.
    pub(crate) fn clear_message(&self) {
        if let Some(message) = self.message() {
            message.clear();
        }
    }

    pub(crate) fn write_message(&self, text: fmt::Arguments<'_>) {
        self.message_cell().write(text);
    }

    /// Calls `f` with the node's own place among its siblings, under the parent's lock; not at all
    /// if the node is no longer part of the tree, so that late updates reach nothing.
    pub(super) fn with_place<R>(&self, f: impl FnOnce(Child<'_>) -> R) -> Option<R> {
        let mut siblings = self.parent.as_ref()?.children()?;
        let child = siblings.child_mut(self.slot())?;
        let is_live = child.slot.holds(self) && child.slot.status.is_active();
        is_live.then(|| f(child))
    }

    /// Calls `f` with the node's own place and the children that it has.
    pub(super) fn with_scale<R>(
        &self,
        f: impl FnOnce(Child<'_>, Option<&mut Children>) -> R,
    ) -> Option<R> {
        self.with_place(|own| {
            let mut children = if own.slot.has_children { self.children() } else { None };
            f(own, children.as_deref_mut())
        })
    }

    /// Calls `f` with the node's own children; not at all if the node is no longer part of the
    /// tree.
    pub(super) fn with_children<R>(&self, f: impl FnOnce(&mut Children) -> R) -> Option<R> {
        let mut children = self.children()?;
        children.is_open().then(|| f(&mut children))
    }

    /// The same for a node that may have had no children before: from now on its scale lies with
    /// them.
    pub(super) fn with_first_children<R>(&self, f: impl FnOnce(&mut Children) -> R) -> Option<R> {
        if let Some(mut children) = self.children().filter(|children| children.has_scale()) {
            return children.is_open().then(|| f(&mut children));
        }
        let divided = self.with_place(|own| {
            let mut children = lock(&self.extras().children);
            if !children.has_scale() {
                own.slot.has_children = true;
                children.open(&own.slot.scale);
            }
            children.is_open().then(|| f(&mut children))
        });
        divided.flatten()
    }

    /// Whether observers see children of the node when it has ended.
    pub(super) fn has_records(&self) -> bool {
        self.children().is_some_and(|children| children.has_records())
    }

    /// The position, with the counts of a shared node's counters.
    pub(super) fn counted(&self, children: Option<&Children>) -> u64 {
        let cells = children.map_or(0, Children::counted);
        self.position().saturating_add(cells)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop_chain(self.parent.take(), |node| node.parent.take());
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("position", &self.position()).finish_non_exhaustive()
    }
}
