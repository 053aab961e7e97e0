//! What the display knows of a run: its latest snapshot, and what a snapshot forgets.
//!
//! The items of a loop leave the snapshots when they end. The last few of them are kept here, with what failed in
//! them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::countdown::Countdown;
use crate::{Report, Snapshot, StepSnapshot, StepStatus, Text};

/// How many ended items of a loop are kept.
const RECENT: usize = 2;

/// An item that has ended.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: Text,
    pub(super) took: Duration,
    /// What went wrong in it.
    pub(super) failure: Option<String>,
}

/// What is remembered of a loop.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The last items to end, the latest one last.
    pub(super) recent: VecDeque<Item>,
    /// An item was gone together with an error that nobody has seen in it: it may have failed, and the others be
    /// stopped for that. What begins after it says that the loop goes on.
    in_doubt: bool,
}

/// What the user can do about the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Hint {
    #[default]
    None,
    /// Ctrl-C cancels.
    Cancel,
    /// Ctrl-C leaves at once.
    Leave,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) countdown: Countdown,
    pub(super) hint: Hint,
    /// What became of the run, once it has ended.
    pub(super) report: Option<Arc<Report>>,
    /// By the ids from the root down to the loop, joined by `/`.
    memories: HashMap<String, Memory>,
}

impl Model {
    pub(super) fn new(snapshot: Arc<Snapshot>) -> Self {
        let mut countdown = Countdown::default();
        countdown.update(snapshot.now, snapshot.eta_ms);
        Self { snapshot, countdown, hint: Hint::None, report: None, memories: HashMap::new() }
    }

    /// Takes a later snapshot in; an earlier one changes nothing.
    pub(super) fn update(&mut self, snapshot: Arc<Snapshot>) {
        if snapshot.seq < self.snapshot.seq {
            return;
        }
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        let after = Arc::clone(&self.snapshot);
        self.countdown.update(after.now, after.eta_ms);
        self.remember(&before.steps, &after.steps, "", after.now);
    }

    /// What is remembered of the loop at a path of ids.
    pub(super) fn memory(&self, path: &str) -> Option<&Memory> {
        self.memories.get(path)
    }

    /// Whether anything in the run is known to have failed.
    pub(super) fn has_failed(&self) -> bool {
        self.snapshot.errors > 0
            || self.snapshot.steps.iter().any(|step| step.status == StepStatus::Failed)
    }

    fn remember(&mut self, before: &[StepSnapshot], after: &[StepSnapshot], path: &str, now: u64) {
        for step in after {
            let Some(known) = before.iter().find(|known| known.id == step.id) else { continue };
            let path = join(path, &step.id);
            if known.attempt != step.attempt {
                // Another attempt starts over; its items are others.
                self.memories.remove(&path);
                continue;
            }
            if known.children.iter().chain(&step.children).any(StepSnapshot::is_item) {
                self.memories.entry(path.clone()).or_default().update(known, step, now);
            }
            self.remember(&known.children, &step.children, &path, now);
        }
    }
}

impl Memory {
    /// Remembers the items that a loop has ended since.
    fn update(&mut self, before: &StepSnapshot, after: &StepSnapshot, now: u64) {
        let has = |list: &StepSnapshot, id: &str| list.children.iter().any(|child| child.id == id);
        let gone = before
            .children
            .iter()
            .filter(|child| child.is_item())
            .filter(|item| !has(after, &item.id));
        let gone: Vec<_> = gone.map(|item| (item, failure(item))).collect();
        let goes_on = before.more == 0
            && after.children.iter().any(|child| child.is_item() && !has(before, &child.id));
        let unseen =
            after.errors > before.errors && gone.iter().any(|(_, failure)| failure.is_none());
        self.in_doubt = (self.in_doubt || unseen) && !goes_on;
        // What was stopped together with the loop has not ended well either.
        let stopped = matches!(
            after.status,
            StepStatus::Failed | StepStatus::Cancelled | StepStatus::Cancelling
        );
        let trusted = !stopped && !unseen && !self.in_doubt;
        for (item, failure) in gone {
            if failure.is_some() || trusted {
                self.push(Item { id: item.id.clone(), took: item.elapsed(now), failure });
            }
        }
    }

    fn push(&mut self, item: Item) {
        self.recent.push_back(item);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

pub(super) fn join(path: &str, id: &str) -> String {
    if path.is_empty() { id.to_owned() } else { format!("{path}/{id}") }
}

/// What went wrong in an item: the first step inside that failed with a word, or else how much did.
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

/// `1 error`, `2 errors`.
pub(super) fn errors(count: u32) -> String {
    match count {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Model;
    use crate::snapshot::sample::{run, step};
    use crate::{RunStatus, Snapshot, StepSnapshot, StepStatus};

    fn at(now: u64, items: Vec<StepSnapshot>) -> Arc<Snapshot> {
        let mut snapshot = run(now, RunStatus::Running, 100);
        let mut analyze = step("analyze", "Analyze", StepStatus::Running, 1_000);
        analyze.children = items;
        snapshot.steps = vec![analyze];
        Arc::new(snapshot)
    }

    fn item(id: &str) -> StepSnapshot {
        step(id, id, StepStatus::Running, 1_000)
    }

    #[test]
    fn the_last_items_that_ended_are_remembered() {
        let mut model = Model::new(at(1_000, vec![item("1"), item("2")]));
        model.update(at(3_000, vec![item("2"), item("3")]));
        model.update(at(4_000, vec![item("4")]));
        let memory = model.memory("analyze").unwrap();
        let ids: Vec<_> = memory.recent.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["2", "3"]);
        assert_eq!(memory.recent[0].took.as_secs(), 3);
    }

    #[test]
    fn what_failed_in_an_item_is_remembered_though_the_item_is_gone() {
        let mut broken = item("1");
        let mut apply = step("apply", "Apply", StepStatus::Failed, 1_000);
        apply.error = Some("2 changes failed".into());
        broken.children = vec![apply];
        let mut rough = item("2");
        rough.errors = 3;
        let mut model = Model::new(at(1_000, vec![broken, rough]));
        model.update(at(2_000, vec![item("3")]));
        let memory = model.memory("analyze").unwrap();
        let failures: Vec<_> = memory.recent.iter().flat_map(|item| &item.failure).collect();
        assert_eq!(failures, ["Apply failed: 2 changes failed", "3 errors"]);
    }

    #[test]
    fn an_item_that_goes_with_an_error_has_not_ended_well_nor_have_those_that_are_stopped_for_it() {
        let mut model = Model::new(at(1_000, vec![item("1"), item("2"), item("3")]));
        let with_error = |now, items| {
            let mut snapshot = Arc::unwrap_or_clone(at(now, items));
            snapshot.steps[0].errors = 1;
            Arc::new(snapshot)
        };
        model.update(with_error(2_000, vec![item("2"), item("3")]));
        model.update(with_error(2_001, vec![item("3")]));
        assert!(model.memory("analyze").unwrap().recent.is_empty());
        // The loop goes on: what ends from now on has ended well.
        model.update(with_error(3_000, vec![item("4")]));
        assert_eq!(model.memory("analyze").unwrap().recent[0].id, "3");
    }

    #[test]
    fn items_of_an_attempt_that_is_over_are_forgotten() {
        let mut model = Model::new(at(1_000, vec![item("1")]));
        model.update(at(2_000, vec![item("2")]));
        let mut again = Arc::unwrap_or_clone(at(3_000, vec![item("1")]));
        again.steps[0].attempt = 2;
        model.update(Arc::new(again));
        assert!(model.memory("analyze").is_none());
    }

    #[test]
    fn an_item_that_was_stopped_has_not_ended_well() {
        let mut model = Model::new(at(1_000, vec![item("1")]));
        let mut stopped = Arc::unwrap_or_clone(at(3_000, vec![]));
        stopped.steps[0].status = StepStatus::Failed;
        model.update(Arc::new(stopped));
        assert!(model.memory("analyze").unwrap().recent.is_empty());
    }

    #[test]
    fn a_snapshot_from_before_changes_nothing() {
        let mut model = Model::new(at(2_000, vec![]));
        model.update(at(1_000, vec![item("1")]));
        assert_eq!(model.snapshot.now, 2_000);
    }
}
