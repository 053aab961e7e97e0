//! The estimator of a run, with its lock, its clock and its history.
//!
//! The tree and the estimator see the same events. A [`Share`](crate::share::Share) reports each
//! event to the tree first, and then here, without a lock of the tree. What live steps count is read
//! from the tree when somebody looks, so an update does nothing for this.
//!
//! # Lock order
//!
//! The lock of the estimator is the innermost: no other one is taken while it is held.

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use super::measure::Measure;
use super::stopwatch::Stopwatch;
use crate::estimate::{Estimator, Look, NodeId, Record};
use crate::history::{History, host};
use crate::plan::{Plan, StepList};
use crate::sync::lock;
use crate::tree::{Node, OwnProgress, Tree};

/// What the run was asked to estimate, and the estimate once a workflow has taken the root.
pub(crate) struct Forecast {
    measure: Measure,
    history: Option<History>,
    live: OnceLock<Mutex<Live>>,
}

struct Live {
    estimator: Estimator,
    stopwatch: Stopwatch,
    latest: Option<Look>,
}

impl Live {
    /// Calls `event` with the estimator and the time at work.
    fn record<T>(&mut self, now: Duration, event: impl FnOnce(&mut Estimator, Duration) -> T) -> T {
        let at = self.stopwatch.read(now);
        event(&mut self.estimator, at)
    }
}

impl Forecast {
    /// A forecast, where the settings of a run need one.
    pub(super) fn new(measure: Option<Measure>, history: Option<History>) -> Option<Self> {
        let has_history = history.is_some();
        let default = if has_history { Measure::Time } else { Measure::Weights };
        let measure = measure.unwrap_or(default);
        (has_history || measure == Measure::Time).then(|| Self {
            measure,
            history,
            live: OnceLock::new(),
        })
    }

    /// Whether the number of the run is the part of the time that has gone by.
    pub(super) fn is_by_time(&self) -> bool {
        self.measure == Measure::Time
    }

    /// A workflow with this plan has taken the root, whose share is `root`.
    pub(super) fn begin(&self, plan: &'static Plan, root: &Node, now: Duration, real_time: bool) {
        let history = self.history.as_ref();
        let records = history.map_or_else(Vec::new, |history| history.records(plan.name()));
        let host = history.and_then(|_| host());
        let estimator = Estimator::new(plan.list(), records, host.as_deref());
        let stopwatch = Stopwatch::start(now, real_time);
        let live = Live { estimator, stopwatch, latest: None };
        // Only one workflow can take the root, and only once.
        if self.live.set(Mutex::new(live)).is_ok() {
            root.set_estimated(NodeId::ROOT);
        }
    }

    /// Looks at the run now. Returns the look before if the time has not gone on.
    pub(super) fn look(&self, tree: &Tree, now: Duration) -> Option<Look> {
        let live = self.live.get()?;
        let reported = tree.own_progress();
        let mut live = lock(live);
        let look = live.record(now, |estimator, at| {
            let mut own = Vec::with_capacity(reported.len());
            for OwnProgress { node, length, fraction } in reported {
                estimator.set_length(node, length);
                own.extend(fraction.map(|fraction| (node, fraction)));
            }
            estimator.look(at, &own)
        });
        live.latest = Some(look);
        Some(look)
    }

    /// The latest look, for a number that holds.
    pub(super) fn latest(&self) -> Option<Look> {
        self.live.get().and_then(|live| lock(live).latest)
    }

    fn event<T>(
        &self,
        now: Duration,
        event: impl FnOnce(&mut Estimator, Duration) -> T,
    ) -> Option<T> {
        self.live.get().map(|live| lock(live).record(now, event))
    }

    /// The run has completed. Keeps what it says for later runs.
    pub(super) fn keep(&self, plan: &Plan, now: Duration, date: u64) {
        let (Some(history), Some(live)) = (&self.history, self.live.get()) else { return };
        let record = {
            let mut live = lock(live);
            let total = live.stopwatch.read(now);
            // The time of a step that was suspended is not known.
            if live.stopwatch.was_suspended() {
                return;
            }
            live.estimator.record(total)
        };
        let record = Record { shape: plan.shape_hash(), host: host(), ended_at: date, ..record };
        history.append(plan.name(), &record);
    }
}

/// The events, as a share reports them. Shares that the estimator does not follow have none.
impl Forecast {
    /// A workflow has taken over a share.
    pub(crate) fn expanded(&self, node: &Node, list: &'static StepList, now: Duration) {
        if let Some(id) = node.estimated() {
            self.event(now, |estimator, _| estimator.expand(id, list));
        }
    }

    /// A step has started, with this share.
    pub(crate) fn started(&self, parent: &Node, index: usize, step: &Node, now: Duration) {
        if let Some(parent) = parent.estimated() {
            let id = self.event(now, |estimator, at| estimator.start(parent, index, at));
            if let Some(id) = id.flatten() {
                step.set_estimated(id);
            }
        }
    }

    /// A step was skipped.
    pub(crate) fn skipped(&self, parent: &Node, index: usize, now: Duration) {
        if let Some(parent) = parent.estimated() {
            self.event(now, |estimator, _| estimator.skip(parent, index));
        }
    }

    /// Another attempt of a step begins.
    pub(crate) fn restarted(&self, parent: &Node, index: usize, now: Duration) {
        if let Some((id, _)) = parent.estimated_child(index) {
            self.event(now, |estimator, at| estimator.restart(id, at));
        }
    }

    /// The length of a step has changed.
    pub(crate) fn measured(&self, node: &Node, length: Option<u64>, now: Duration) {
        if let Some(id) = node.estimated() {
            self.event(now, |estimator, _| estimator.set_length(id, length));
        }
    }

    /// An item of a loop has started, or a share was split off.
    pub(crate) fn item_started(&self, parent: &Node, item: &Node, now: Duration) {
        if let Some(parent) = parent.estimated() {
            let id = self.event(now, |estimator, at| estimator.start_item(parent, at));
            if let Some(id) = id.flatten() {
                item.set_estimated(id);
            }
        }
    }

    /// A child has ended, which had this id and length before.
    pub(crate) fn ended(
        &self,
        child: Option<(NodeId, Option<u64>)>,
        ended_well: bool,
        now: Duration,
    ) {
        if let Some((id, length)) = child {
            self.event(now, |estimator, at| {
                estimator.set_length(id, length);
                estimator.end(id, ended_well, at);
            });
        }
    }
}
