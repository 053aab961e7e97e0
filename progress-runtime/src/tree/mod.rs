//! The tree of shares: the truth of a run, and what is shown of it.
//!
//! A [`Node`] is one share. Its owner counts in `position`, with one relaxed load and store and nothing else, and says
//! what it says in its [`Voice`]. What makes the count mean something lies in the parent's [`Branch`], under the
//! parent's lock: in a [`Slot`] the [`Line`](crate::line::Line) and the state, in a [`Record`] the times and texts. A
//! share with children has its line in its own branch, so that opening and ending them takes one lock. So:
//!
//! - a verb about the share itself (a length, a fall) locks the parent, then its own branch;
//! - a verb about its children (opening, ending) locks its own branch, then those of the children that end;
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
mod trunk;
mod voice;

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use crate::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard};

pub(crate) use branch::{Branch, Cell};
pub(crate) use read::Reader;
pub(crate) use record::Record;
pub(crate) use slot::{Child, End, Slot};
pub(crate) use trunk::Trunk;
pub(crate) use voice::{Voice, next_order};

/// The clock, which is asked only where a time is kept.
pub(crate) type Now<'a> = &'a dyn Fn() -> Duration;

/// A lock that a panic elsewhere has poisoned is as good as any: each critical section leaves the data whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    voice: Voice,
    branch: Mutex<Branch>,
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
        let Some(mut branch) = self.branch() else { return };
        branch.close_for_good();
        let below = branch.take_nodes();
        drop(branch);
        for node in below {
            node.uproot();
        }
    }

    fn slot(&self) -> usize {
        self.slot.load(Relaxed) as usize
    }

    fn more(&self) -> &More {
        let empty = || Box::new(More { voice: Voice::new(), branch: Mutex::default() });
        self.more.get_or_init(empty)
    }

    /// The children, if there ever was one or a message.
    fn branch(&self) -> Option<MutexGuard<'_, Branch>> {
        self.more.get().map(|more| lock(&more.branch))
    }

    fn voice(&self) -> Option<&Voice> {
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
        let mut siblings = self.parent.as_ref()?.branch()?;
        let child = siblings.child_mut(self.slot())?;
        let is_live = child.slot.holds(self) && child.slot.status.is_active();
        is_live.then(|| f(child))
    }

    /// Runs `f` on the node's own place, on the branch that it has, and on the position that goes with it.
    fn with_slot<R>(&self, f: impl FnOnce(Child<'_>, Option<&mut Branch>, u64) -> R) -> Option<R> {
        self.with_place(|own| {
            let mut branch = if own.slot.branched { self.branch() } else { None };
            let branch = branch.as_deref_mut();
            let position = self.counted(branch.as_deref());
            f(own, branch, position)
        })
    }

    /// Runs `f` on the node's own children, and on the position that goes with them; not at all if the node is not part
    /// of the tree any more.
    fn with_branch<R>(&self, f: impl FnOnce(&mut Branch, u64) -> R) -> Option<R> {
        let mut branch = self.branch()?;
        let position = self.counted(Some(&branch));
        branch.is_open().then(|| f(&mut branch, position))
    }

    /// The same; a node that has no children yet can have some from now on.
    fn with_grown_branch<R>(&self, f: impl FnOnce(&mut Branch, u64) -> R) -> Option<R> {
        let more = self.more();
        let mut branch = lock(&more.branch);
        if !branch.is_grown() {
            drop(branch);
            self.with_place(|own| {
                own.slot.branched = true;
                lock(&more.branch).grow(&own.slot.line);
            })?;
            branch = lock(&more.branch);
        }
        let position = self.counted(Some(&branch));
        branch.is_open().then(|| f(&mut branch, position))
    }

    /// Whether the node has taken over the steps of a plan.
    fn has_steps(&self) -> bool {
        self.branch().is_some_and(|branch| branch.list.is_some())
    }

    /// The position, with what the counters of a shared node have counted.
    fn counted(&self, branch: Option<&Branch>) -> u64 {
        let cells = branch.map_or(0, Branch::counted);
        self.position().saturating_add(cells)
    }

    /// The node's place: the ids from the root down, joined by `/`; empty for the root.
    pub(crate) fn path(&self) -> String {
        let mut ids = Vec::new();
        let mut node = self;
        while let Some(parent) = node.parent.as_deref() {
            // The root is a trunk's only child.
            if parent.parent.is_some() {
                ids.push(parent.branch().map_or_else(String::new, |branch| branch.id(node.slot())));
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
