//! What is known of one child of a node beside its number.

use std::sync::Arc;

use super::ending::Ending;
use super::shape::{Children, Details, RareDetails};
use crate::scale::mul_div;

impl Details {
    /// Those of a step of `units`, with the number 0, or of an item.
    pub(crate) fn new(units: u64, number: u64) -> Self {
        Self {
            width: 0,
            units,
            number,
            total: None,
            order: 0,
            attempt: 0,
            started: None,
            ended: None,
            rare: None,
        }
    }

    /// Whether this is an item or a split, and not a step of a plan.
    pub(crate) fn is_item(&self) -> bool {
        self.number > 0
    }

    pub(crate) fn rare(&mut self) -> &mut RareDetails {
        self.rare.get_or_insert_default()
    }

    /// The units done and the length, for a snapshot: `parts` of a whole are percents there.
    pub(crate) fn count(&self, done: u64, parts: bool) -> (u64, Option<u64>) {
        match self.total {
            Some(total) if parts => (mul_div(done.min(total), 100, total.max(1)), Some(100)),
            total => (done, total),
        }
    }

    /// Sets the error that the child failed with, unless one is known.
    pub(crate) fn blame(&mut self, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.rare().error.get_or_insert_with(|| Arc::clone(text));
        }
    }

    /// Keeps the count of the units done, once the node is gone.
    pub(crate) fn keep_count(
        &mut self,
        position: u64,
        children: Option<&Children>,
        ending: &Ending<'_>,
    ) {
        let done = position.saturating_add(children.map_or(0, |children| children.done));
        if let Some(total) = self.total
            && done > total
        {
            ending.note_overrun(done, total);
        }
        if done > 0 && !self.is_item() {
            self.rare().done = done;
        }
    }
}
