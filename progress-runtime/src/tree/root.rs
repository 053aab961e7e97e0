//! What a run's tree hangs on.

use std::sync::Arc;

use super::{Children, Node};
use crate::sync::lock;

/// Holds the root of a run as its only child, and takes the tree apart when the run is gone.
pub(crate) struct Tree {
    pub(super) node: Arc<Node>,
    root: Arc<Node>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let node = Node::new(None, 0);
        let root = Node::child(&node, 0);
        *lock(&node.more().children) = Children::of(Arc::clone(&root));
        Self { node, root }
    }

    /// The root of the run.
    pub(crate) fn root(&self) -> &Arc<Node> {
        &self.root
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.node.uproot();
    }
}
