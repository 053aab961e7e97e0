//! What a run's tree hangs on.

use std::sync::Arc;

use super::{Branch, Node, lock};

/// Holds the root of a run as its only child, and takes the tree apart when the run is gone.
pub(crate) struct Trunk {
    pub(super) node: Arc<Node>,
    root: Arc<Node>,
}

impl Trunk {
    pub(crate) fn new() -> Self {
        let node = Node::new(None, 0);
        let root = Node::child(&node, 0);
        *lock(&node.more().branch) = Branch::of(Arc::clone(&root));
        Self { node, root }
    }

    /// The root of the run.
    pub(crate) fn root(&self) -> &Arc<Node> {
        &self.root
    }
}

impl Drop for Trunk {
    fn drop(&mut self) {
        self.node.uproot();
    }
}
