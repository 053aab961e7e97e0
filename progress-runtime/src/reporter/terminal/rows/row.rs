//! A row: a step, an item or a share, ready to be laid out.

use std::time::Duration;

use super::detail::{Part, detail, name};
use crate::reporter::words::item_name;
use crate::{StepSnapshot, StepStatus};

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) depth: usize,
    pub(crate) status: StepStatus,
    pub(crate) name: String,
    /// The parts of the text behind the name, the most important one first.
    pub(crate) detail: Vec<Part>,
    pub(crate) bar: Bar,
    pub(crate) took: Option<Duration>,
    /// The row with the highest rank is left out first when there is not enough room.
    pub(crate) rank: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bar {
    None,
    /// How much is done, in basis points.
    Known(u16),
    /// The step is at work, and nothing says how much there is to do.
    Unknown,
}

impl Row {
    /// The row of a step, or of an item by the noun for its loop's items.
    pub(super) fn of_step(
        step: &StepSnapshot,
        noun: Option<&str>,
        now: u64,
        depth: usize,
        rank: usize,
    ) -> Self {
        let status = step.status;
        let has_time = step.started.is_some() && status != StepStatus::Skipped;
        Self {
            depth,
            status,
            name: name(step, noun),
            detail: detail(step),
            bar: match status.is_active() {
                true if step.is_indeterminate() && step.progress == 0 => Bar::Unknown,
                true => Bar::Known(step.progress),
                false => Bar::None,
            },
            took: has_time.then(|| step.elapsed(now)),
            rank,
        }
    }

    /// A row that has only a name.
    pub(super) fn plain(status: StepStatus, name: String, depth: usize, rank: usize) -> Self {
        Self { depth, status, name, detail: Vec::new(), bar: Bar::None, took: None, rank }
    }

    /// The row of an item by its number.
    pub(super) fn of_item(
        status: StepStatus,
        noun: Option<&str>,
        number: &str,
        depth: usize,
        rank: usize,
    ) -> Self {
        Self::plain(status, item_name(noun, number), depth, rank)
    }
}
