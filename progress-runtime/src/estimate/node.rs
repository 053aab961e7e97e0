//! The steps and items that are under way.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;

use super::curve::Passed;
use super::forecast::Forecast;
use super::outline::{Outline, StepIndex};
use super::prediction::{Durations, Prediction};

/// A step, an item of a loop, or the root in a live run. Ids are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    /// The outermost list of steps.
    pub(crate) const ROOT: Self = Self(NonZeroU32::MIN);

    #[cfg(test)]
    pub(crate) fn numbered(number: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(number))
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A step without known inner steps.
    Leaf,
    /// A step that runs once for each item. Its live children are items.
    Loop,
    /// An item of a loop, with or without steps.
    Item,
    /// Steps one after the other: the root, or a step.
    Sequence,
    /// Steps at the same time.
    Parallel,
}

/// A live step, a live item, or the root.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) role: Role,
    /// The place in the outline, of an item that of its loop. `None` for the root.
    pub(super) step: Option<StepIndex>,
    pub(super) parent: NodeId,
    /// The place among the live children of the parent.
    place: usize,
    /// The steps inside.
    pub(super) children: Range<StepIndex>,
    pub(super) slots: Vec<Slot>,
    pub(super) pending: Pending,
    pub(super) live: Vec<NodeId>,
    /// When it could have started, in seconds since the run began, as all moments here.
    pub(super) ready: f64,
    pub(super) started: f64,
    /// When the attempt at work began.
    pub(super) attempt: f64,
    /// When the last of its children ended.
    pub(super) last_end: f64,
    /// The length; of a loop, the number of items. Never 0.
    pub(super) length: Option<f64>,
    pub(super) items_ended: u64,
    /// What it says of itself from 0 to 1, and at which look.
    pub(super) own: Option<(u64, f64)>,
    pub(super) passed: Passed,
    /// Its durations for its length, where there are any.
    pub(super) for_length: Option<Durations>,
}

/// What has become of a step of a live group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Pending,
    Live(NodeId),
    Over,
}

/// The pending steps of a live group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    pub(super) count: usize,
    /// What they take, with the waits before them.
    pub(super) time: f64,
    /// The sum of the squares of what each may be off.
    pub(super) variance: f64,
    /// No slot before this one is pending.
    first: usize,
}

impl Node {
    pub(super) fn new(role: Role, step: Option<StepIndex>, parent: NodeId, at: f64) -> Self {
        Self {
            role,
            step,
            parent,
            place: 0,
            children: 0..0,
            slots: Vec::new(),
            pending: Pending::default(),
            live: Vec::new(),
            ready: at,
            started: at,
            attempt: at,
            last_end: at,
            length: None,
            items_ended: 0,
            own: None,
            passed: Passed::default(),
            for_length: None,
        }
    }

    pub(super) fn is_unit(&self) -> bool {
        matches!(self.role, Role::Leaf | Role::Loop)
    }

    /// What the unit took before, or would have taken with its length.
    pub(super) fn durations<'a>(&'a self, prediction: &'a Prediction) -> &'a Durations {
        self.for_length.as_ref().unwrap_or(&prediction.durations)
    }

    /// Sets all inner steps to pending.
    pub(super) fn open(&mut self, children: Range<StepIndex>, forecast: &Forecast) {
        self.slots.clear();
        self.slots.resize(children.len(), Slot::Pending);
        self.children = children;
        self.pending.first = 0;
        self.add_up(forecast);
    }

    /// Adds up the pending steps.
    pub(super) fn add_up(&mut self, forecast: &Forecast) {
        self.pending = Pending { first: self.pending.first, ..Pending::default() };
        for (slot, step) in self.slots.iter().zip(self.children.clone()) {
            if *slot == Slot::Pending {
                let (time, variance) = pending_step(forecast, step);
                self.pending.count += 1;
                self.pending.time += time;
                self.pending.variance += variance;
            }
        }
    }

    /// Takes the step at `index` out of the pending ones. `None` if it was not pending.
    pub(super) fn leave_pending(
        &mut self,
        index: usize,
        slot: Slot,
        forecast: &Forecast,
    ) -> Option<StepIndex> {
        let place = self.slots.get_mut(index).filter(|place| **place == Slot::Pending)?;
        *place = slot;
        let step = self.children.start + index;
        self.pending.count -= 1;
        if self.pending.count == 0 {
            // No rest of rounding.
            (self.pending.time, self.pending.variance) = (0.0, 0.0);
        } else {
            let (time, variance) = pending_step(forecast, step);
            self.pending.time = (self.pending.time - time).max(0.0);
            self.pending.variance = (self.pending.variance - variance).max(0.0);
        }
        let rest = self.slots.get(self.pending.first..).unwrap_or_default();
        self.pending.first += rest.iter().take_while(|slot| **slot != Slot::Pending).count();
        Some(step)
    }

    /// The pending step that comes first in the list.
    pub(super) fn next_pending(&self) -> Option<StepIndex> {
        (self.pending.count > 0).then(|| self.children.start + self.pending.first)
    }

    /// Forgets what the attempt before has said.
    pub(super) fn begin_attempt(&mut self, at: f64) {
        self.attempt = at;
        self.last_end = at;
        self.length = None;
        self.for_length = None;
        self.own = None;
        self.items_ended = 0;
        self.passed = Passed::default();
    }

    /// The part of a loop's items that have ended.
    pub(super) fn ended_part(&self) -> Option<f64> {
        self.length.map(|length| (self.items_ended as f64 / length).min(1.0))
    }
}

fn pending_step(forecast: &Forecast, step: StepIndex) -> (f64, f64) {
    let prediction = forecast.of(step);
    let (chance, expected) = (prediction.chance, prediction.expected);
    // The step takes more or less than expected, or it does not run at all.
    let variance = chance * expected.powi(2) * (prediction.spread.powi(2) + 1.0 - chance);
    (chance * (expected + prediction.lag), variance)
}

/// All live nodes.
#[derive(Debug)]
pub(super) struct Nodes {
    root: Node,
    /// All but the root.
    live: HashMap<NodeId, Node>,
    latest: NodeId,
}

impl Nodes {
    pub(super) fn new(outline: &Outline, forecast: &Forecast) -> Self {
        let mut root = Node::new(Role::Sequence, None, NodeId::ROOT, 0.0);
        root.open(outline.children(None), forecast);
        Self { root, live: HashMap::new(), latest: NodeId::ROOT }
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&Node> {
        if id == NodeId::ROOT { Some(&self.root) } else { self.live.get(&id) }
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        if id == NodeId::ROOT { Some(&mut self.root) } else { self.live.get_mut(&id) }
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        std::iter::once(&mut self.root).chain(self.live.values_mut())
    }

    /// The id of the next node. `None` when no number is left.
    pub(super) fn next_id(&self) -> Option<NodeId> {
        self.latest.0.checked_add(1).map(NodeId)
    }

    /// Adds the node whose id is the next one.
    pub(super) fn add(&mut self, id: NodeId, mut node: Node) {
        if let Some(parent) = self.get_mut(node.parent) {
            node.place = parent.live.len();
            parent.live.push(id);
        }
        self.live.insert(id, node);
        self.latest = id;
    }

    /// Removes a node without live children. The root stays.
    pub(super) fn remove(&mut self, id: NodeId) -> Option<Node> {
        let node = self.live.remove(&id)?;
        let parent = self.get_mut(node.parent)?;
        parent.live.swap_remove(node.place);
        if let Some(&moved) = parent.live.get(node.place)
            && let Some(moved) = self.live.get_mut(&moved)
        {
            moved.place = node.place;
        }
        Some(node)
    }
}
