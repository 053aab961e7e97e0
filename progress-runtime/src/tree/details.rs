//! What is known of one child of a node beside its number.

use std::sync::Arc;
use std::time::Duration;

use super::{Children, Ending};
use crate::scale::mul_div;
use crate::text::Text;

/// What is known of one child beside its number. A step keeps its details when it has ended; an item or a split does not.
#[derive(Debug)]
pub(crate) struct Details {
    /// The largest value that the child can have.
    pub(crate) width: u64,
    pub(crate) units: u64,
    /// The number among its siblings that are items, from 1; 0 for a step of a plan.
    pub(crate) number: u64,
    /// The length that the owner has set.
    pub(crate) total: Option<u64>,
    pub(crate) order: u64,
    pub(crate) attempt: u32,
    pub(crate) started: Option<Duration>,
    pub(crate) ended: Option<Duration>,
    pub(crate) rare: Option<Box<RareDetails>>,
}

/// Details that most children do not have.
#[derive(Debug, Default)]
pub(crate) struct RareDetails {
    pub(crate) title: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) error: Option<Arc<str>>,
    pub(crate) attempts: Option<u32>,
    pub(crate) job: Option<(Arc<str>, Arc<str>)>,
    pub(crate) done: u64,
    /// The last message, once the node is gone.
    pub(crate) message: Option<Text>,
}

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
