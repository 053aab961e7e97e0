//! What is known of one child of a node beside its number.

use std::sync::Arc;
use std::time::Duration;

use super::data::{ChildKind, Details, Moment, RareDetails};
use super::meter::Meter;
use crate::text;
use crate::unit::Unit;

impl Details {
    /// Those of a step that has not started.
    pub(super) fn step() -> Self {
        Self::new(ChildKind::Step { order: 0, attempt: 0 })
    }

    /// Those of the item or split with this number.
    pub(super) fn item(number: u64) -> Self {
        Self::new(ChildKind::Item { number })
    }

    fn new(kind: ChildKind) -> Self {
        Self { kind, started: Moment::default(), ended: Moment::default(), rare: None }
    }

    /// Whether this is an item or a split, and not a step of a plan.
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.kind, ChildKind::Item { .. })
    }

    /// The number of an item or a split among its siblings of that kind, from 1; 0 for a step.
    pub(super) fn number(&self) -> u64 {
        match self.kind {
            ChildKind::Step { .. } => 0,
            ChildKind::Item { number } => number,
        }
    }

    /// The number of a step's start among all messages and starts; 0 for a step that has not
    /// started, and for an item or a split.
    pub(super) fn order(&self) -> u64 {
        match self.kind {
            ChildKind::Step { order, .. } => order,
            ChildKind::Item { .. } => 0,
        }
    }

    /// The attempt of a step, from 1; 0 for a step that has not started, and for an item or a
    /// split.
    pub(super) fn attempt(&self) -> u32 {
        match self.kind {
            ChildKind::Step { attempt, .. } => attempt,
            ChildKind::Item { .. } => 0,
        }
    }

    /// A step starts its next attempt.
    pub(super) fn start_attempt(&mut self, start: u64) {
        if let ChildKind::Step { order, attempt } = &mut self.kind {
            (*order, *attempt) = (start, attempt.saturating_add(1));
        }
    }

    pub(crate) fn rare(&mut self) -> &mut RareDetails {
        self.rare.get_or_insert_default()
    }

    /// The title of a step with its placeholders filled in, or the name of an item or a split.
    /// Where nothing of it can be seen, the child goes by its planned title or its number.
    pub(super) fn title(&self) -> Option<&str> {
        self.rare.as_ref()?.title.as_deref().filter(|title| !text::is_blank(title))
    }

    /// The name of an item, or of a share that was split off with one.
    pub(super) fn name(&self) -> Option<&str> {
        self.title().filter(|_| self.is_item())
    }

    /// What the share counts.
    pub(super) fn unit(&self) -> Option<&Unit> {
        self.rare.as_ref()?.meter.as_ref()?.unit.as_ref()
    }

    /// The recent speed of a share that has a unit, in units a second.
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
