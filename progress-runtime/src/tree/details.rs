//! What is known of one child of a node beside its number.

use std::sync::Arc;
use std::time::Duration;

use super::data::{Children, Details, RareDetails};
use super::ending::Ending;
use super::meter::Meter;
use crate::unit::Unit;

impl Details {
    /// Whether this is an item or a split, and not a step of a plan.
    pub(crate) fn is_item(&self) -> bool {
        self.number > 0
    }

    pub(crate) fn rare(&mut self) -> &mut RareDetails {
        self.rare.get_or_insert_default()
    }

    /// The name of a share that was split off with one.
    pub(super) fn name(&self) -> Option<&str> {
        let title = self.rare.as_ref().and_then(|rare| rare.title.as_deref());
        title.filter(|title| self.is_item() && !title.is_empty())
    }

    /// What the share counts.
    pub(super) fn unit(&self) -> Option<&Unit> {
        self.rare.as_ref()?.meter.as_ref()?.unit.as_ref()
    }

    /// The recent speed of a share that has a unit, or is the root, in units a second.
    pub(super) fn rate(&self, now: Duration, done: u64) -> Option<f64> {
        self.rare.as_ref()?.meter.as_ref()?.sample(now, done)
    }

    pub(super) fn meter(&mut self) -> &mut Meter {
        self.rare().meter.get_or_insert_default()
    }

    /// Sets the error that the child failed with, unless one is known.
    pub(crate) fn blame(&mut self, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.rare().error.get_or_insert_with(|| Arc::clone(text));
        }
    }

    pub(crate) fn has_no_error(&self) -> bool {
        self.rare.as_ref().is_none_or(|rare| rare.error.is_none())
    }

    /// The count of the units done.
    pub(crate) fn count(
        &self,
        counted: u64,
        children: Option<&Children>,
        ending: &Ending<'_>,
    ) -> u64 {
        let done = counted.saturating_add(children.map_or(0, |children| children.done));
        if let Some(total) = self.total()
            && done > total
        {
            ending.note_overrun(done, total);
        }
        done
    }
}

/// The times of a step in an earlier process, and whether it has ended there.
#[derive(Default)]
pub(super) struct Times {
    pub(super) started: Option<u64>,
    pub(super) ended: Option<u64>,
    pub(super) earlier: bool,
}

impl Times {
    #[cfg(feature = "journal")]
    pub(super) fn of(details: &Details) -> Self {
        let earlier = details.rare.as_deref().and_then(|rare| rare.earlier.as_ref());
        earlier.map_or_else(Self::default, |times| Self {
            started: times.started,
            ended: times.ended,
            earlier: true,
        })
    }

    #[cfg(not(feature = "journal"))]
    pub(super) fn of(_: &Details) -> Self {
        Self::default()
    }
}
