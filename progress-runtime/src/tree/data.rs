//! The data of the tree: what a node holds, and what it holds of each child.
//!
//! The types refer to each other, so they stand in one file. The files beside it hold what they do.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;

use super::graft::{FollowedJob, Graft};
use super::message::MessageCell;
use super::meter::Meter;
use crate::StepStatus;
use crate::clock::nanos;
use crate::estimate::NodeId;
#[cfg(feature = "journal")]
use crate::journal::JournalPlace;
use crate::plan::StepList;
use crate::scale::{Scale, Work};
use crate::sync::{AtomicU32, AtomicU64, Mutex};
use crate::text::Text;

/// One share of the progress.
///
/// It fits into one cache line with the counts of its [`Arc`] and what the allocator adds, so that
/// many live shares lie close together.
pub(crate) struct Node {
    pub(super) position: AtomicU64,
    /// A node holds its parent. A parent holds its children only while they are live or their
    /// records are needed.
    pub(super) parent: Option<Arc<Node>>,
    /// The index among the parent's children. It is read and changed under the parent's lock.
    pub(super) slot: AtomicU32,
    /// How many nodes are above this one.
    pub(super) depth: u32,
    /// A fraction, a message and children, which most shares never have.
    pub(super) extras: OnceBox<Extras>,
}

/// How deep shares can be nested. A reader, and the end of a share, walk down with one lock a
/// level, so the depth must be bounded. A snapshot of this depth stays below 128 levels of JSON,
/// which is the usual limit of a parser. A share further down cannot be divided: it counts as a
/// whole, when it ends.
pub(super) const MAX_DEPTH: u32 = 60;

#[derive(Default)]
pub(super) struct Extras {
    /// The fraction that the owner reports, in parts, where the scale says so.
    pub(super) fraction: AtomicU64,
    /// A share that has only children needs none.
    pub(super) message: OnceBox<MessageCell>,
    pub(super) children: Mutex<Children>,
    /// Where the work of the share is kept, if it is that of a durable workflow. It is here and not
    /// in the handles of the share, because those are part of the futures of all workflows.
    #[cfg(feature = "journal")]
    pub(super) place: Mutex<Option<JournalPlace>>,
}

/// The count of one clone of a shared counter, on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct CounterCell {
    pub(crate) count: AtomicU64,
    /// The index among the node's cells.
    pub(super) index: AtomicU32,
}

/// Whether a node can have children.
#[derive(Debug, Default, PartialEq)]
pub(super) enum State {
    /// It never had a child: its scale lies in its slot.
    #[default]
    New,
    Open,
    /// The node has ended.
    Closed,
}

/// The children of a node: the steps of a list first, then live items and splits.
#[derive(Debug, Default)]
pub(crate) struct Children {
    pub(super) state: State,
    /// The node's own scale, once it has children.
    pub(super) scale: Scale,
    pub(super) list: Option<&'static StepList>,
    /// One for each child: all that the number is read from.
    pub(super) slots: Vec<Slot>,
    /// What else is known of each child, at the same index.
    pub(super) details: Vec<Details>,
    /// The slots of items and splits that have ended.
    pub(super) free: Vec<u32>,
    /// The node of a child that has ended, to be used again.
    pub(super) spare: Option<Arc<Node>>,
    pub(super) cells: Vec<Arc<CounterCell>>,
    /// The work of the children that have ended.
    pub(super) folded: Work,
    /// The work that was done when the owner said how much remains; what is done after it counts.
    pub(super) before: Work,
    /// The work that failed children have left: it counts when the next child opens, or when the
    /// node ends well.
    pub(super) frozen: Work,
    /// The number of the latest step entered, from 1.
    pub(super) entered: u32,
    /// The number of the latest item or split, from 1.
    pub(super) numbered: u64,
    /// The units of items and splits that have ended.
    pub(super) done: u64,
    pub(super) errors: u32,
    /// How many items and splits are live.
    pub(super) live_items: u32,
    /// The item that the node fails with. It keeps its place, so that observers see what failed.
    pub(super) failed_item: Option<u32>,
    /// Set when the node was dropped unfinished while children of it may still live.
    pub(super) orphaned: bool,
}

/// What the number of one child is read from.
///
/// A slot is small, so that many live children are read at the speed of memory. It holds the
/// child's node while the child is live and has an attempt.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) node: Option<Arc<Node>>,
    /// The node's own scale, while it has no children.
    pub(super) scale: Scale,
    /// What the child is worth among its siblings.
    pub(super) units: u64,
    pub(super) errors: u32,
    pub(super) status: StepStatus,
    /// Whether the value is settled, as what the scale holds: then nothing below counts any more.
    pub(super) settled: bool,
    /// Whether the node has children or counters: without them it is read without its lock.
    pub(super) has_children: bool,
}

const _: () = assert!(size_of::<Slot>() <= 56);

/// One child of a node: its slot and its details, which lie apart.
pub(crate) struct Child<'a> {
    pub(super) slot: &'a mut Slot,
    pub(super) details: &'a mut Details,
}

/// What is known of one child beside its number. A step keeps its details when it has ended; an
/// item or a split does not.
#[derive(Debug)]
pub(crate) struct Details {
    pub(super) kind: ChildKind,
    pub(super) started: Moment,
    pub(super) ended: Moment,
    pub(super) rare: Option<Box<RareDetails>>,
}

const _: () = assert!(size_of::<Details>() <= 40);

/// The step is not the first variant, so that new steps are not all zeros: the compiler would ask for
/// memory that is zeroed, which takes allocators longer than to find a small piece.
#[derive(Clone, Copy, Debug)]
pub(super) enum ChildKind {
    /// An item or a split: its number among its siblings of that kind, from 1.
    Item { number: u64 },
    /// A step of a plan: its number among all messages and starts of steps, and its attempt.
    Step { order: u64, attempt: u32 },
}

/// A time on the run's clock, or none, in the space of one number: there are many.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment(Option<NonZeroU64>);

impl Moment {
    /// Exact up to some 584 years, where the clock stops.
    pub(super) fn at(time: Duration) -> Self {
        Self(NonZeroU64::new(nanos(time).saturating_add(1)))
    }

    pub(super) fn get(self) -> Option<Duration> {
        self.0.map(|nanos| Duration::from_nanos(nanos.get() - 1))
    }
}

/// Details that most children do not have.
#[derive(Debug, Default)]
pub(crate) struct RareDetails {
    /// The name that the estimator knows the child by.
    pub(super) estimated: Option<NodeId>,
    /// The title of a step, in place of the plan's; the name of a share that was split off.
    pub(super) title: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) error: Option<Arc<str>>,
    pub(super) attempts: Option<u32>,
    /// Of a step that has ended in an earlier process.
    #[cfg(feature = "journal")]
    pub(super) earlier: Option<super::earlier::Earlier>,
    /// The job elsewhere that the owner follows.
    pub(super) job: Option<FollowedJob>,
    /// The steps of that job, which stay when it has ended.
    pub(super) graft: Option<Arc<Graft>>,
    pub(super) done: u64,
    /// What is shown of the child once it has ended well.
    pub(super) result: Option<Text>,
    /// What the child counts, and how fast.
    pub(super) meter: Option<Box<Meter>>,
    /// The last message, once the node is gone.
    pub(super) message: Option<Text>,
}
