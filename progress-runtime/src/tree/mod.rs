//! The tree of shares: the truth of a run, and what is shown of it.
//!
//! A [`Node`] is one share. Its owner counts in `position`, with one relaxed load and store and nothing else, and says
//! what it says in its [`MessageCell`]. What makes the count mean something lies in the parent's [`Children`], under the
//! parent's lock: in a [`Slot`] the [`Scale`](crate::scale::Scale) and the state, in a [`Details`] the times and rare. A
//! share with children has its scale in its own children, so that opening and ending them takes one lock. So:
//!
//! - a verb about the share itself (a length, a fall) locks the parent, then its own children;
//! - a verb about its children (opening, ending) locks its own children, then those of the children that end;
//! - a reader goes from the top down and holds each lock until it is done below it.
//!
//! Locks are always taken from the top down, and a child is read and folded under the same lock: a reader
//! neither misses nor counts twice a child that ends meanwhile. What is shown of a children never falls, since
//! each event replaces a part of the sum by one that is as large or larger.

mod children;
mod details;
mod location;
mod message;
mod read;
mod root;
mod slot;
mod verbs;

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, lock};

pub(crate) use children::{Cell, Children};
pub(crate) use details::Details;
pub(crate) use message::{MessageCell, next_order};
pub(crate) use read::TreeReader;
pub(crate) use root::Tree;
pub(crate) use slot::{Child, Slot};

/// The clock, which is asked only where a time is kept.
pub(crate) type Now<'a> = &'a dyn Fn() -> Duration;

/// One share of the progress. With the counts of its [`Arc`] it is a cache line less what the allocator adds: many
/// live shares lie close together.
pub(crate) struct Node {
    position: AtomicU64,
    /// A share holds those around it; what is let go of ([`Node::uproot`]) holds nothing below it.
    parent: Option<Arc<Node>>,
    slot: AtomicU32,
    /// What most shares never have.
    more: OnceLock<Box<More>>,
}

/// The message of a share, and its children.
struct More {
    voice: MessageCell,
    children: Mutex<Children>,
}

impl Node {
    /// A share that is part of no tree: whatever is reported to it reaches nothing.
    pub(crate) fn loose() -> Arc<Self> {
        Self::new(None, 0)
    }

    /// A share of that node, in one of its slots.
    fn child(parent: &Arc<Self>, slot: usize) -> Arc<Self> {
        Self::new(Some(Arc::clone(parent)), slot)
    }

    fn new(parent: Option<Arc<Self>>, slot: usize) -> Arc<Self> {
        let (position, slot) = (AtomicU64::new(0), AtomicU32::new(slot as u32));
        Arc::new(Self { position, parent, slot, more: OnceLock::new() })
    }

    /// Begins anew, as another share of the same parent; it has no children, and nobody else holds it.
    fn renew(&self, slot: usize) {
        self.position.store(0, Relaxed);
        self.slot.store(slot as u32, Relaxed);
        if let Some(voice) = self.voice() {
            voice.fall_silent();
        }
    }

    /// Takes apart what hangs below, where shares that have ended hold each other.
    fn uproot(&self) {
        let Some(mut children) = self.children() else { return };
        children.close_for_good();
        let below = children.take_nodes();
        drop(children);
        for node in below {
            node.uproot();
        }
    }

    fn slot(&self) -> usize {
        self.slot.load(Relaxed) as usize
    }

    fn more(&self) -> &More {
        let empty = || Box::new(More { voice: MessageCell::new(), children: Mutex::default() });
        self.more.get_or_init(empty)
    }

    /// The children, if there ever was one or a message.
    fn children(&self) -> Option<MutexGuard<'_, Children>> {
        self.more.get().map(|more| lock(&more.children))
    }

    fn voice(&self) -> Option<&MessageCell> {
        self.more.get().map(|more| &more.voice)
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

    pub(crate) fn say(&self, text: &str) {
        self.more().voice.say(text);
    }

    /// Says what is formatted.
    pub(crate) fn write(&self, text: fmt::Arguments<'_>) {
        self.more().voice.write(text);
    }

    /// Runs `f` on the node's own place under the parent's lock; not at all if the node is not part of the tree
    /// any more, so that late updates reach nothing.
    fn with_place<R>(&self, f: impl FnOnce(Child<'_>) -> R) -> Option<R> {
        let mut siblings = self.parent.as_ref()?.children()?;
        let child = siblings.child_mut(self.slot())?;
        let is_live = child.slot.holds(self) && child.slot.status.is_active();
        is_live.then(|| f(child))
    }

    /// Runs `f` on the node's own place, on the children that it has, and on the position that goes with it.
    fn with_slot<R>(
        &self,
        f: impl FnOnce(Child<'_>, Option<&mut Children>, u64) -> R,
    ) -> Option<R> {
        self.with_place(|own| {
            let mut children = if own.slot.has_children { self.children() } else { None };
            let children = children.as_deref_mut();
            let position = self.counted(children.as_deref());
            f(own, children, position)
        })
    }

    /// Runs `f` on the node's own children, and on the position that goes with them; not at all if the node is not part
    /// of the tree any more.
    fn with_children<R>(&self, f: impl FnOnce(&mut Children, u64) -> R) -> Option<R> {
        let mut children = self.children()?;
        let position = self.counted(Some(&children));
        children.is_open().then(|| f(&mut children, position))
    }

    /// The same; a node that has no children yet can have some from now on.
    fn with_grown_children<R>(&self, f: impl FnOnce(&mut Children, u64) -> R) -> Option<R> {
        let more = self.more();
        let mut children = lock(&more.children);
        if !children.is_grown() {
            drop(children);
            self.with_place(|own| {
                own.slot.has_children = true;
                lock(&more.children).grow(&own.slot.scale);
            })?;
            children = lock(&more.children);
        }
        let position = self.counted(Some(&children));
        children.is_open().then(|| f(&mut children, position))
    }

    /// Whether the node has taken over the steps of a plan.
    fn has_steps(&self) -> bool {
        self.children().is_some_and(|children| children.list.is_some())
    }

    /// The position, with what the counters of a shared node have counted.
    fn counted(&self, children: Option<&Children>) -> u64 {
        let cells = children.map_or(0, Children::counted);
        self.position().saturating_add(cells)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("position", &self.position()).finish_non_exhaustive()
    }
}
