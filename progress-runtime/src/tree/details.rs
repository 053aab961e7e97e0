//! What is told of one child of a children, beside the number.

use std::sync::Arc;
use std::time::Duration;

use super::Children;
use crate::scale::mul_div;
use crate::text::Text;

/// What is told of one child. A step's stays when the step has ended; an item or a split leaves none.
#[derive(Debug)]
pub(crate) struct Details {
    /// What the child has of its parent, and can still get.
    pub(crate) width: u64,
    pub(crate) units: u64,
    /// The number among the children's own items, from 1; plan steps have their index instead.
    pub(crate) number: u64,
    /// The length, as the owner said it.
    pub(crate) total: Option<u64>,
    pub(crate) order: u64,
    pub(crate) attempt: u32,
    pub(crate) started: Option<Duration>,
    pub(crate) ended: Option<Duration>,
    pub(crate) rare: Option<Box<RareDetails>>,
}

/// The rarer things that are told of a child; most have none.
#[derive(Debug, Default)]
pub(crate) struct RareDetails {
    pub(crate) title: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) error: Option<Arc<str>>,
    pub(crate) attempts: Option<u32>,
    pub(crate) job: Option<(Arc<str>, Arc<str>)>,
    pub(crate) done: u64,
    /// The last message, once the node is gone.
    pub(crate) said: Option<Text>,
}

impl Details {
    /// The details of a step that is worth so many units, or of the item of that number.
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

    /// The units done and the units there are, as they are told: `parts` of a whole as percents.
    pub(crate) fn count(&self, done: u64, parts: bool) -> (u64, Option<u64>) {
        match self.total {
            Some(total) if parts => (mul_div(done.min(total), 100, total.max(1)), Some(100)),
            total => (done, total),
        }
    }

    /// Says why the child failed, where nothing better is known.
    pub(crate) fn blame(&mut self, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.rare().error.get_or_insert_with(|| Arc::clone(text));
        }
    }

    /// Keeps the count of the units done, once the node is gone.
    pub(crate) fn keep_count(&mut self, position: u64, children: Option<&Children>) {
        let done = position.saturating_add(children.map_or(0, |children| children.done));
        if let Some(total) = self.total
            && done > total
        {
            log::debug!("a share counted {done} units of {total}: held at the end of its range");
        }
        if done > 0 && !self.is_item() {
            self.rare().done = done;
        }
    }
}
