//! The tree of one run.

use std::sync::Arc;

use super::data::Node;

/// Holds the root of a run as the only child of a node of its own, and dismantles the tree when the
/// run is dropped.
pub(crate) struct Tree {
    pub(super) top: Arc<Node>,
    root: Arc<Node>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let (top, root) = Node::root();
        Self { top, root }
    }

    /// The root of the run.
    pub(crate) fn root(&self) -> &Arc<Node> {
        &self.root
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.top.dismantle();
    }
}
