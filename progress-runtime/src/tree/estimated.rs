//! The link between the tree and the estimator: which shares it follows, and what they report.

use super::data::{Children, Details, Node, Slot};
use super::root::Tree;
use crate::estimate::NodeId;

/// What a live step without inner steps reports.
#[derive(Debug)]
pub(crate) struct OwnProgress {
    pub(crate) node: NodeId,
    pub(crate) length: Option<u64>,
    /// The part that is done, 0 to 1; `None` while it is not known.
    pub(crate) fraction: Option<f64>,
}

impl Node {
    /// The estimator's name for this share; `None` if the estimator does not follow it.
    pub(crate) fn estimated(&self) -> Option<NodeId> {
        self.with_place(|own| own.details.estimated()).flatten()
    }

    pub(crate) fn set_estimated(&self, id: NodeId) {
        self.with_place(|own| own.details.rare().estimated = Some(id));
    }

    /// The estimator's name for a child, and the length that the child has reported.
    pub(crate) fn estimated_child(&self, index: usize) -> Option<(NodeId, Option<u64>)> {
        let children = self.children()?;
        let (slot, details) = (children.slots.get(index)?, children.details.get(index)?);
        details.estimated().map(|id| (id, slot.length()))
    }
}

impl Details {
    fn estimated(&self) -> Option<NodeId> {
        self.rare.as_ref().and_then(|rare| rare.estimated)
    }
}

impl Tree {
    /// What the live steps report that the estimator follows.
    pub(crate) fn own_progress(&self) -> Vec<OwnProgress> {
        let mut found = Vec::new();
        if let Some(top) = self.top.children() {
            top.own_progress(&mut found);
        }
        found
    }
}

impl Children {
    fn own_progress(&self, found: &mut Vec<OwnProgress>) {
        for (slot, details) in self.live() {
            let (Some(id), Some(node)) = (details.estimated(), &slot.node) else { continue };
            let children = if slot.has_children { node.children() } else { None };
            match &children {
                Some(children) if children.is_followed() => children.own_progress(found),
                _ => found.push(OwnProgress {
                    node: id,
                    length: slot.scale_with(children.as_deref()).own_length(),
                    fraction: slot.truth(node, children.as_deref()),
                }),
            }
        }
    }

    /// Whether the estimator follows what is in here: the steps of a list, or the items of a loop.
    fn is_followed(&self) -> bool {
        self.list.is_some() || self.details.iter().any(|details| details.estimated().is_some())
    }
}

impl Slot {
    /// The part of a live child that is done now, which may fall.
    fn truth(&self, node: &Node, children: Option<&Children>) -> Option<f64> {
        match children {
            Some(children) => children.scale.truth_of(children.work(node)),
            None => self.scale.truth_of(self.own_work(node)),
        }
    }
}
