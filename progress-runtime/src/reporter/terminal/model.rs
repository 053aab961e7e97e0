//! The state of a run as the bars show it: its latest snapshot, and what snapshots do not keep.
//!
//! The items of a loop leave the snapshots when they end. The model keeps the last few of them, and
//! what failed in them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::hint::Hint;
use crate::path::StepPath;
use crate::reporter::time_left::TimeLeft;
use crate::reporter::words::errors;
use crate::snapshot::Text;
use crate::{Report, Snapshot, StepSnapshot, StepStatus};

/// How many ended items of a loop are kept.
const MAX_RECENT: usize = 2;

/// An item that has ended.
#[derive(Clone, Debug)]
pub(super) struct EndedItem {
    pub(super) id: Text,
    pub(super) took: Duration,
    /// What went wrong in it.
    pub(super) failure: Option<String>,
}

/// What is kept of a loop.
#[derive(Clone, Debug, Default)]
pub(super) struct LoopMemory {
    /// The last items to end, the latest one last.
    pub(super) recent: VecDeque<EndedItem>,
    /// Whether an item left together with an error that no snapshot shows. That item may have
    /// failed, and the others may have been stopped because of it. An item that starts afterwards
    /// settles the matter: the loop goes on.
    in_doubt: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) time_left: TimeLeft,
    pub(super) hint: Hint,
    /// The report of a run that has ended.
    pub(super) report: Option<Arc<Report>>,
    loops: HashMap<StepPath, LoopMemory>,
}

/// A run, and the moment to show it at, by its own clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) model: &'a Model,
    pub(super) now: u64,
}

impl Model {
    pub(super) fn new(snapshot: Arc<Snapshot>) -> Self {
        let mut time_left = TimeLeft::default();
        time_left.update(snapshot.now, snapshot.eta_ms, snapshot.eta_range_ms);
        let hint = Hint::of(&snapshot);
        Self { snapshot, time_left, hint, report: None, loops: HashMap::new() }
    }

    /// Takes a later snapshot. An earlier one changes nothing.
    pub(super) fn update(&mut self, snapshot: Arc<Snapshot>) {
        if snapshot.seq < self.snapshot.seq {
            return;
        }
        self.hint = Hint::of(&snapshot);
        self.time_left.update(snapshot.now, snapshot.eta_ms, snapshot.eta_range_ms);
        let before = std::mem::replace(&mut self.snapshot, Arc::clone(&snapshot));
        self.remember(&before.steps, &snapshot.steps, &StepPath::default(), snapshot.now);
    }

    /// What is kept of the loop at a path.
    pub(super) fn loop_memory(&self, path: &StepPath) -> Option<&LoopMemory> {
        self.loops.get(path)
    }

    /// Whether anything in the run is known to have failed.
    pub(super) fn has_failed(&self) -> bool {
        self.snapshot.errors > 0
            || self.snapshot.steps.iter().any(|step| step.status == StepStatus::Failed)
    }

    fn remember(
        &mut self,
        before: &[StepSnapshot],
        after: &[StepSnapshot],
        path: &StepPath,
        now: u64,
    ) {
        for step in after {
            let Some(known) = before.iter().find(|known| known.id == step.id) else { continue };
            let path = path.join(&step.id);
            if known.attempt != step.attempt {
                // Another attempt starts over with other items.
                self.loops.retain(|known, _| *known != path && !known.is_inside(&path));
                continue;
            }
            if known.children.iter().chain(&step.children).any(StepSnapshot::is_item) {
                for item in gone_items(known, step) {
                    let item = path.join(&item.id);
                    self.loops.retain(|known, _| !known.is_inside(&item));
                }
                self.loops.entry(path.clone()).or_default().update(known, step, now);
            }
            self.remember(&known.children, &step.children, &path, now);
        }
    }
}

/// The items of a loop that have left it between two snapshots.
fn gone_items<'a>(
    before: &'a StepSnapshot,
    after: &StepSnapshot,
) -> impl Iterator<Item = &'a StepSnapshot> {
    let items = before.children.iter().filter(|child| child.is_item());
    items.filter(|item| !has_child(after, &item.id))
}

fn has_child(step: &StepSnapshot, id: &str) -> bool {
    step.children.iter().any(|child| child.id == id)
}

impl LoopMemory {
    /// Keeps the items that have ended between two snapshots.
    fn update(&mut self, before: &StepSnapshot, after: &StepSnapshot, now: u64) {
        let gone: Vec<_> = gone_items(before, after).map(|item| (item, failure(item))).collect();
        let is_new = |child: &StepSnapshot| child.is_item() && !has_child(before, &child.id);
        let goes_on = before.more == 0 && after.children.iter().any(is_new);
        let unexplained =
            after.errors > before.errors && gone.iter().any(|(_, failure)| failure.is_none());
        self.in_doubt = (self.in_doubt || unexplained) && !goes_on;
        // The items that were stopped together with the loop have not ended well either.
        let was_stopped = matches!(
            after.status,
            StepStatus::Failed | StepStatus::Cancelled | StepStatus::Cancelling
        );
        let ended_well = !was_stopped && !unexplained && !self.in_doubt;
        for (item, failure) in gone {
            if failure.is_some() || ended_well {
                let took = item.elapsed(now);
                self.push(EndedItem { id: item.id.clone(), took, failure });
            }
        }
    }

    fn push(&mut self, item: EndedItem) {
        self.recent.push_back(item);
        if self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
    }
}

/// What went wrong in an item: the first step inside that failed with a text, or else the number of
/// errors.
fn failure(item: &StepSnapshot) -> Option<String> {
    fn failed(step: &StepSnapshot) -> Option<String> {
        step.children.iter().find_map(|child| {
            let own = || {
                let error = child.error.as_ref().filter(|_| child.status == StepStatus::Failed)?;
                Some(format!("{} failed: {error}", child.title))
            };
            failed(child).or_else(own)
        })
    }
    failed(item).or_else(|| (item.errors > 0).then(|| errors(item.errors)))
}

#[cfg(test)]
mod tests;
