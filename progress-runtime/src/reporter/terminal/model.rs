//! What the display knows of a run: its latest snapshot, and what a snapshot forgets.
//!
//! The items of a loop leave the snapshots when they end. The last few of them, and those that something failed
//! in, are kept here.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::countdown::Countdown;
use crate::Text;
use crate::{Snapshot, StepSnapshot, StepStatus};

/// How many ended items of a loop are kept.
const RECENT: usize = 2;
/// How many failures inside items are kept of a step.
const FAILURES: usize = 5;

/// An item that has ended.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: Text,
    pub(super) took: Duration,
    /// What failed in it.
    pub(super) failure: Option<Failure>,
}

/// A step inside an item that failed, and was survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) title: Text,
    pub(super) error: Text,
}

/// What is remembered of a loop.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The last items to end, the latest one last.
    pub(super) recent: VecDeque<Item>,
    /// The first items that something failed in.
    pub(super) failed: Vec<Item>,
    /// How many of those there were.
    pub(super) failures: usize,
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
    /// By the ids from the root down to the loop, joined by `/`.
    memories: HashMap<String, Memory>,
}

impl Model {
    pub(super) fn new(snapshot: Arc<Snapshot>) -> Self {
        let mut countdown = Countdown::default();
        countdown.update(snapshot.now, snapshot.eta_ms);
        Self { snapshot, countdown, hint: Hint::None, memories: HashMap::new() }
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
            let gone = known.children.iter().filter(|item| {
                is_item(item) && !step.children.iter().any(|child| child.id == item.id)
            });
            // What was stopped together with the loop has not ended well.
            let ended_well = !matches!(step.status, StepStatus::Failed | StepStatus::Cancelled)
                && step.status != StepStatus::Cancelling;
            for item in gone.filter(|_| ended_well) {
                let failure = failure(item);
                let item = Item { id: item.id.clone(), took: item.elapsed(now), failure };
                self.memories.entry(path.clone()).or_default().push(item);
            }
            self.remember(&known.children, &step.children, &path, now);
        }
    }
}

impl Memory {
    fn push(&mut self, item: Item) {
        if item.failure.is_some() {
            self.failures += 1;
            if self.failed.len() < FAILURES {
                self.failed.push(item.clone());
            }
        }
        self.recent.push_back(item);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

/// Items of loops and shares split by hand are counted, not named.
pub(super) fn is_item(step: &StepSnapshot) -> bool {
    step.id.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn join(path: &str, id: &str) -> String {
    if path.is_empty() { id.to_owned() } else { format!("{path}/{id}") }
}

/// The first step inside that failed with a word.
fn failure(step: &StepSnapshot) -> Option<Failure> {
    step.children.iter().find_map(|child| {
        let own = || {
            let error = child.error.clone().filter(|_| child.status == StepStatus::Failed)?;
            Some(Failure { title: child.title.clone(), error })
        };
        failure(child).or_else(own)
    })
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
        let mut model = Model::new(at(1_000, vec![broken]));
        for id in ["2", "3", "4", "5"] {
            model.update(at(2_000, vec![item(id)]));
        }
        let memory = model.memory("analyze").unwrap();
        assert_eq!(memory.failures, 1);
        assert_eq!(memory.failed[0].failure.as_ref().unwrap().error, "2 changes failed");
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
        assert!(model.memory("analyze").is_none());
    }

    #[test]
    fn a_snapshot_from_before_changes_nothing() {
        let mut model = Model::new(at(2_000, vec![]));
        model.update(at(1_000, vec![item("1")]));
        assert_eq!(model.snapshot.now, 2_000);
    }
}
