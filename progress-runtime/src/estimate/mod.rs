//! The estimator: what earlier runs and this one say of the time that is left.
//!
//! It is pure. It knows a plan, the records of earlier runs, and the events of this one with their
//! times; it knows nothing of locks, clocks and reporters.
//!
//! Each *unit* (a leaf, or a loop with its items) has a prediction: the weighted median of its
//! times in the earlier runs. Newer runs count more, and so do those that are like this one as far
//! as it has come. What is left of a run is the sum over its steps, of branches the longest:
//!
//! - A pending unit takes what is predicted, times the speed of this run. The speed is learned from
//!   the units that have ended, as cautiously as it misled earlier runs.
//! - A live unit that says how far it is goes on at its pace, as far as its earlier runs say that
//!   its word can be relied on.
//! - Any other live unit takes the median of the earlier times that it has not outlived. Around
//!   each of these the time has a log-logistic distribution.
//!
//! A first run has the declared weights instead of times, and takes the more cautious of two
//! estimates. What is shown of all this moves evenly and never goes back.
//!
//! The constants were found on runs of real workflows (builds, test suites, CI, training runs,
//! genomics pipelines), and confirmed on 26 other workflows. With ten earlier runs the number shown
//! was off by 2 percentage points in the mean of these, with one by 3, with none by 10.

mod bar;
mod cost;
mod curve;
mod first_run;
mod forecast;
mod inertia;
mod left;
mod likeness;
mod log_logistic;
mod median;
mod node;
mod outline;
mod prediction;
mod record;
mod speed;
mod spread;
mod tally;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use curve::MARKS;
pub(crate) use node::NodeId;
pub(crate) use record::Record;
#[cfg(any(test, feature = "history"))]
pub(crate) use record::{Halves, StepRecord};
pub(crate) use spread::Eta;

use bar::Bar;
use forecast::Forecast;
use left::{Left, Moment};
use node::{Node, Nodes, Role, Slot};
use outline::{Outline, StepIndex, TakenOver};
use speed::{Ended, Speed};
use spread::Basis;
use tally::{Tally, milliseconds};

use crate::plan::{StepList, Structure};

/// So many earlier runs are looked at. More teach little, and make a change of the work slow to be
/// believed.
pub(crate) const KEPT_RUNS: usize = 10;

/// The least time that is said to be left of a run that has not ended, in seconds.
const LEAST_LEFT: f64 = 1e-6;

/// A step that ran more rarely than this says nothing when it runs.
const NEVER: f64 = 1e-3;

/// No moment is later, and no time is longer: a hundred years, in seconds.
const FOREVER: f64 = 100.0 * 365.0 * 86_400.0;

/// A first run says its time left from this value and this many seconds on.
const FIRST_SAID_AT: f64 = 0.05;
const FIRST_SAID_AFTER: f64 = 10.0;

/// What a look sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    /// The part of the run's time that is shown as done, from 0 to 0.9999. It never falls.
    pub(crate) shown: f64,
    /// The time that is left, as it is estimated at this moment.
    pub(crate) left: Duration,
    /// The time that is left, as it is said. `None` while too little is known.
    pub(crate) eta: Option<Eta>,
}

/// The estimator of a live run.
///
/// Events with an unknown node, with times that go back or out of order change nothing or little;
/// none panics.
#[derive(Debug)]
pub(crate) struct Estimator {
    outline: Outline,
    forecast: Forecast,
    nodes: Nodes,
    ended: Ended,
    tallies: Vec<Tally>,
    speed: Speed,
    bar: Bar,
    /// The latest moment of an event or look, in seconds since the run began.
    now: f64,
    looks: u64,
}

impl Estimator {
    /// The estimator of a run with this outermost list of steps. `records` are earlier runs, oldest
    /// first; the last ten are used. `host` is this machine.
    pub(crate) fn new(list: &'static StepList, records: Vec<Record>, host: Option<&str>) -> Self {
        let outline = Outline::new(list);
        let forecast = Forecast::new(&outline, records, host);
        let nodes = Nodes::new(&outline, &forecast);
        let tallies = vec![Tally::default(); outline.len()];
        Self {
            outline,
            forecast,
            nodes,
            ended: Ended::default(),
            tallies,
            speed: Speed::AS_FORESEEN,
            bar: Bar::default(),
            now: 0.0,
            looks: 0,
        }
    }

    /// A workflow with this list of steps has taken over the share of a step or of an item of a
    /// loop. Its steps lie below the node from now on, all of them pending.
    ///
    /// An item that calls another workflow than the items before it stays without steps, and so does
    /// a step at another attempt.
    pub(crate) fn expand(&mut self, node: NodeId, list: &'static StepList) {
        let Some(found) = self.nodes.get(node).filter(|node| node.role != Role::Loop) else {
            return;
        };
        let place = found.step;
        let mut children = self.outline.children(place);
        match self.outline.take_over(place, list) {
            TakenOver::New(added) => {
                if let Some(place) = place {
                    self.forecast.extend(&self.outline, place, added);
                    self.tallies.resize(self.outline.len(), Tally::default());
                    self.add_up();
                }
                children = self.outline.children(place);
            }
            TakenOver::Known => {}
            TakenOver::Refused if place.is_none() => return,
            TakenOver::Refused => children = 0..0,
        }
        self.end_children(node, false);
        if let Some(found) = self.nodes.get_mut(node) {
            found.role = match found.role {
                Role::Leaf if !children.is_empty() => Role::Sequence,
                Role::Sequence | Role::Parallel if children.is_empty() => Role::Leaf,
                role => role,
            };
            found.open(children, &self.forecast);
        }
    }

    /// A step starts: the one at `index` of the list inside `parent`. `None` if it is not pending
    /// there.
    pub(crate) fn start(&mut self, parent: NodeId, index: usize, at: Duration) -> Option<NodeId> {
        let now = self.moment(at);
        let id = self.nodes.next_id()?;
        let above = self.nodes.get_mut(parent)?;
        let ready = if above.role == Role::Parallel { above.attempt } else { above.last_end };
        let step = above.leave_pending(index, Slot::Live(id), &self.forecast)?;
        let planned = &self.outline[step];
        let role = match planned.structure {
            Structure::Each | Structure::Concurrent => Role::Loop,
            Structure::Parallel if !planned.is_unit() => Role::Parallel,
            Structure::Sequence if !planned.is_unit() => Role::Sequence,
            Structure::Sequence | Structure::Parallel => Role::Leaf,
        };
        let mut node = Node::new(role, Some(step), parent, now);
        node.ready = ready;
        if !node.is_unit() {
            node.open(planned.children.clone(), &self.forecast);
        }
        self.nodes.add(id, node);
        Some(id)
    }

    /// The step at `index` of the list inside `parent` is skipped.
    pub(crate) fn skip(&mut self, parent: NodeId, index: usize) {
        let Some(above) = self.nodes.get_mut(parent) else { return };
        if let Some(step) = above.leave_pending(index, Slot::Over, &self.forecast) {
            self.tallies[step].skip();
        }
    }

    /// The next attempt at a step begins. What is inside starts over.
    pub(crate) fn restart(&mut self, node: NodeId, at: Duration) {
        let now = self.moment(at);
        self.end_children(node, false);
        if let Some(found) = self.nodes.get_mut(node) {
            found.begin_attempt(now);
            if !found.slots.is_empty() {
                found.open(found.children.clone(), &self.forecast);
            }
        }
    }

    /// The length of a step: the number of its units, or of a loop's items. 0 is none.
    pub(crate) fn set_length(&mut self, node: NodeId, length: Option<u64>) {
        let Some(found) = self.nodes.get_mut(node) else { return };
        let length = length.filter(|&length| length > 0).map(|length| length as f64);
        if found.length == length {
            return;
        }
        found.length = length;
        found.for_length = for_length(found, &self.forecast);
    }

    /// An item of a loop starts. `None` if the node is no loop.
    pub(crate) fn start_item(&mut self, node: NodeId, at: Duration) -> Option<NodeId> {
        let now = self.moment(at);
        let above = self.nodes.get(node).filter(|node| node.role == Role::Loop)?;
        let id = self.nodes.next_id()?;
        let step = above.step?;
        let mut item = Node::new(Role::Item, Some(step), node, now);
        if self.outline[step].structure == Structure::Each {
            item.ready = above.last_end;
        }
        item.open(self.outline.children(Some(step)), &self.forecast);
        self.nodes.add(id, item);
        Some(id)
    }

    /// A step or an item of a loop ends, and with it what is still live inside. A step that failed
    /// says nothing of its time.
    pub(crate) fn end(&mut self, node: NodeId, ended_well: bool, at: Duration) {
        self.moment(at);
        self.end_now(node, ended_well);
    }

    fn end_now(&mut self, id: NodeId, ended_well: bool) {
        self.end_children(id, ended_well);
        let Some(mut node) = self.nodes.remove(id) else { return };
        let elapsed = self.now - node.attempt;
        if let Some(above) = self.nodes.get_mut(node.parent) {
            above.last_end = above.last_end.max(self.now);
            if node.role == Role::Item {
                above.items_ended += 1;
                if let Some(ended) = above.ended_part() {
                    above.passed.note(ended, self.now - above.attempt);
                }
                return;
            }
            if let Some(step) = node.step
                && let Some(slot) = above.slots.get_mut(step - above.children.start)
            {
                *slot = Slot::Over;
            }
        }
        if ended_well && let Some(step) = node.step {
            node.passed.note(1.0, elapsed);
            self.tallies[step].end(&node, elapsed);
            self.learn(&node, step, elapsed);
        }
    }

    fn end_children(&mut self, node: NodeId, ended_well: bool) {
        while let Some(&child) = self.nodes.get(node).and_then(|node| node.live.last()) {
            self.end_now(child, ended_well);
        }
    }

    /// A unit has ended well: what that says of the speed, and of which earlier runs this one is
    /// like.
    fn learn(&mut self, node: &Node, step: StepIndex, duration: f64) {
        if !self.outline.counts(step) {
            return;
        }
        let prediction = self.forecast.of(step);
        if self.forecast.is_first {
            self.ended.add_to_first_run(duration, prediction.expected);
            return;
        }
        if !prediction.is_known() || prediction.chance <= NEVER {
            return;
        }
        self.ended.add(node, prediction, duration, self.forecast.evidence);
        if self.forecast.see(&self.outline, node, step, duration) {
            self.add_up();
        }
    }

    /// The predictions have changed.
    fn add_up(&mut self) {
        for node in self.nodes.all_mut() {
            node.add_up(&self.forecast);
            node.for_length = for_length(node, &self.forecast);
        }
    }

    /// Looks at the run. `own` is what live leaves say of themselves, from 0 to 1, read just
    /// before.
    pub(crate) fn look(&mut self, at: Duration, own: &[(NodeId, f64)]) -> Look {
        let now = self.moment(at);
        self.looks += 1;
        for &(leaf, said) in own {
            let is_leaf = |node: &&mut Node| node.slots.is_empty() && node.role != Role::Loop;
            if let Some(node) = self.nodes.get_mut(leaf).filter(is_leaf)
                && !said.is_nan()
            {
                let said = said.clamp(0.0, 1.0);
                node.own = Some((self.looks, said));
                node.passed.note(said, now - node.attempt);
            }
        }
        let (left, basis) = self.left();
        self.bar.look(now, left.time);
        let is_early = self.bar.shown < FIRST_SAID_AT || now < FIRST_SAID_AFTER;
        let said = self.bar.said.filter(|_| !(self.forecast.is_first && is_early));
        Look {
            shown: self.bar.shown,
            left: duration(left.time),
            eta: said.map(|said| Eta::new(said, now, basis)),
        }
    }

    /// What is left, and how far that can be relied on.
    fn left(&mut self) -> (Left, Basis) {
        let moment = Moment {
            outline: &self.outline,
            forecast: &self.forecast,
            nodes: &self.nodes,
            ended: &self.ended,
            at: self.now,
            look: self.looks,
        };
        let root = self.nodes.root();
        let evidence = moment.evidence(root, self.speed);
        let (mut left, basis);
        if self.forecast.is_first {
            self.speed = evidence.speed_of_first_run();
            left = moment.sequence(root, self.speed);
            left.time = first_run::cautious(&moment, root, left.time, self.speed);
            left.time = left.time.clamp(LEAST_LEFT, FOREVER);
            basis = Basis::FirstRun;
        } else {
            let still = self.forecast.inertia * self.forecast.work;
            self.speed = evidence.speed(still);
            left = moment.sequence(root, self.speed);
            left.time += moment.tail(root, self.speed);
            left.time = left.time.clamp(LEAST_LEFT, FOREVER);
            basis = Basis::Runs { left, speed_unknown: evidence.unknown(still) };
        }
        (left, basis)
    }

    /// What to keep of the run when it has completed after `total`. The caller adds what it knows:
    /// the shape, the host and the moment.
    pub(crate) fn record(&self, total: Duration) -> Record {
        let seconds = total.as_secs_f64().min(FOREVER);
        let last_end = self.nodes.root().last_end;
        Record {
            total: milliseconds(seconds),
            tail: milliseconds((seconds - last_end).max(0.0)),
            halves: self.ended.halves(self.forecast.evidence),
            steps: tally::records(&self.outline, &self.tallies),
            ..Record::default()
        }
    }

    /// The moment of an event in seconds. Moments never go back.
    fn moment(&mut self, at: Duration) -> f64 {
        self.now = self.now.max(at.as_secs_f64().min(FOREVER));
        self.now
    }
}

fn for_length(node: &Node, forecast: &Forecast) -> Option<prediction::Durations> {
    if !node.is_unit() {
        return None;
    }
    forecast.of(node.step?).for_length(node.length?, forecast.weights())
}

/// Seconds as a duration.
fn duration(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, FOREVER))
}
