//! What is left at a moment of a run.

use super::KEPT_RUNS;
use super::first_run::{blindly_done, seen_to_be_done};
use super::forecast::Forecast;
use super::log_logistic::outlook;
use super::median::{Weighted, weighted_median};
use super::node::{Node, Nodes, Role, Slot};
use super::outline::{Outline, StepIndex};
use super::prediction::Prediction;
use super::speed::{Ended, Evidence, Speed};
use crate::plan::Structure;

/// The spread around one earlier time of a step, and how many runs it takes until the runs
/// themselves show theirs.
const AROUND_ONE: f64 = 0.06;
const AROUND_ONE_RUNS: f64 = 2.0;

/// The chance, against that of all earlier runs, that this time is like none of them; and how wide
/// that is.
const LIKE_NONE: f64 = 0.3;
const LIKE_NONE_SPREAD: f64 = 0.5;

/// The spread of an item around the mean of the items before.
const ITEM_SPREAD: f64 = 0.3;

/// Branches at the same time take longer than the longest of them alone. The norm with this
/// exponent says by how much: 4 % for two equal ones, 20 % for twenty.
const BRANCHES: i32 = 16;

/// A pending branch counts when it is more likely to run than not.
const LIKELY: f64 = 0.5;

/// The progress of a live unit stays within these: it has begun, and it has not ended.
const JUST_BEGUN: f64 = 1e-4;
const ALMOST_DONE: f64 = 0.9999;

/// The time that is left, and how far it may be off.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Left {
    /// In seconds.
    pub(super) time: f64,
    /// In seconds squared.
    pub(super) variance: f64,
}

impl Left {
    fn new(time: f64, off: f64) -> Self {
        Self { time, variance: off * off }
    }

    fn after(&mut self, other: Self) {
        self.time += other.time;
        self.variance += other.variance;
    }
}

/// A run at the moment of a look.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) outline: &'a Outline,
    pub(super) forecast: &'a Forecast,
    pub(super) nodes: &'a Nodes,
    pub(super) ended: &'a Ended,
    /// In seconds since the run began.
    pub(super) at: f64,
    /// The number of the look. What a leaf says of itself holds for one look.
    pub(super) look: u64,
}

impl Moment<'_> {
    fn live<'s>(&'s self, node: &'s Node) -> impl Iterator<Item = &'s Node> {
        node.live.iter().filter_map(|&id| self.nodes.get(id))
    }

    pub(super) fn elapsed(&self, node: &Node) -> f64 {
        self.at - node.attempt
    }

    pub(super) fn prediction(&self, unit: &Node) -> Option<&Prediction> {
        unit.step.map(|step| self.forecast.of(step))
    }

    /// What has been seen of the speed, live units included. `before` is the speed as it was known
    /// at the look before: it says what the live items of a loop are worth.
    pub(super) fn evidence(&self, node: &Node, before: Speed) -> Evidence {
        let mut evidence = self.ended.evidence;
        self.add_live(node, Speed { usual: 1.0, ..before }, &mut evidence);
        evidence
    }

    fn add_live(&self, node: &Node, speed: Speed, evidence: &mut Evidence) {
        if !node.is_unit() {
            for child in self.live(node) {
                self.add_live(child, speed, evidence);
            }
            return;
        }
        let Some(prediction) = self.prediction(node) else { return };
        let elapsed = self.elapsed(node);
        let done = self.progress(node, speed);
        let expected = prediction.expected;
        if self.forecast.is_first {
            let done = done.unwrap_or_else(|| blindly_done(elapsed));
            evidence.all.add(elapsed, done * expected);
            return;
        }
        if !prediction.is_known() {
            return;
        }
        let trust = prediction.trust();
        let for_length = node.for_length.as_ref().map(|durations| durations.expected);
        match (done, for_length) {
            (Some(done), for_length) => {
                evidence.all.add(elapsed * trust, done * expected * trust);
                if let Some(sized) = for_length {
                    evidence.sized.add(elapsed * trust, done * sized * trust);
                }
            }
            // The length alone says how large this run is.
            (None, Some(sized)) => evidence.all.add(sized * trust, expected * trust),
            (None, None) => {}
        }
    }

    /// The part of its time that a live unit has behind it, by what it says of itself. `None` if it
    /// says nothing.
    pub(super) fn progress(&self, unit: &Node, speed: Speed) -> Option<f64> {
        let said = if unit.role == Role::Loop {
            let live: f64 = self.live(unit).map(|item| self.item_done(unit, item, speed)).sum();
            (unit.items_ended as f64 + live) / unit.length?
        } else {
            self.said(unit)?
        };
        let said = said.min(ALMOST_DONE);
        if said <= 0.0 {
            return None;
        }
        let curve = self.prediction(unit).and_then(|prediction| prediction.curve.as_ref());
        let done = curve.map_or(said, |curve| curve.time_at(said));
        Some(done.clamp(JUST_BEGUN, ALMOST_DONE))
    }

    fn said(&self, node: &Node) -> Option<f64> {
        node.own.filter(|&(look, _)| look == self.look).map(|(_, said)| said)
    }

    /// The likely progress of a live item.
    fn item_done(&self, parent: &Node, item: &Node, speed: Speed) -> f64 {
        let elapsed = self.at - item.ready;
        if elapsed <= 0.0 {
            return 0.0;
        }
        if !item.slots.is_empty() {
            return elapsed / (elapsed + self.sequence(item, speed).time);
        }
        if let Some(said) = self.said(item) {
            return said;
        }
        let Some(step) = parent.step else { return 0.5 };
        let prediction = self.forecast.of(step);
        let mean = if parent.items_ended > 0 {
            (parent.last_end - parent.attempt) / parent.items_ended as f64
        } else if let Some(length) = parent.length.filter(|_| prediction.is_known()) {
            parent.durations(prediction).expected * speed.of(parent) / length
        } else {
            return 0.5;
        };
        let at_once = match self.outline[step].structure {
            Structure::Concurrent => parent.live.len().max(1),
            _ => 1,
        };
        let mean = mean * at_once as f64;
        elapsed / outlook(mean.max(1e-3), elapsed, ITEM_SPREAD).total
    }

    /// What is left of steps one after the other.
    pub(super) fn sequence(&self, node: &Node, speed: Speed) -> Left {
        let pending = node.pending;
        let mut left = Left {
            time: pending.time * speed.usual,
            variance: pending.variance * speed.usual.powi(2),
        };
        if node.live.is_empty()
            && self.at > node.last_end
            && let Some(next) = node.next_pending().map(|step| self.forecast.of(step))
        {
            // The wait before the next step goes by.
            let gone = (next.lag * speed.usual).min(self.at - node.last_end);
            left.time = (left.time - next.chance * gone).max(0.0);
        }
        for child in self.live(node) {
            left.after(self.left(child, speed));
        }
        left
    }

    fn left(&self, node: &Node, speed: Speed) -> Left {
        match node.role {
            Role::Leaf | Role::Loop => self.unit_left(node, speed),
            Role::Parallel => self.parallel(node, speed),
            Role::Sequence | Role::Item => self.sequence(node, speed),
        }
    }

    fn parallel(&self, node: &Node, speed: Speed) -> Left {
        let mut longest = Left::default();
        let mut sum = 0.0;
        for (slot, step) in node.slots.iter().zip(node.children.clone()) {
            let Some(branch) = self.branch(node, *slot, step, speed) else { continue };
            if branch.time > longest.time {
                sum = sum * (longest.time / branch.time).powi(BRANCHES) + 1.0;
                longest = branch;
            } else if longest.time > 0.0 {
                sum += (branch.time / longest.time).powi(BRANCHES);
            }
        }
        if sum > 0.0 && !self.forecast.is_first {
            longest.time *= f64::powf(sum, 1.0 / f64::from(BRANCHES));
        }
        longest
    }

    fn branch(&self, node: &Node, slot: Slot, step: StepIndex, speed: Speed) -> Option<Left> {
        match slot {
            Slot::Live(id) => self.nodes.get(id).map(|branch| self.left(branch, speed)),
            Slot::Pending => {
                let branch = self.forecast.of(step);
                let waited = self.at - node.attempt;
                let wait = (branch.lag * speed.usual - waited).max(0.0);
                let time = branch.expected * speed.usual;
                (branch.chance > LIKELY).then(|| Left::new(time + wait, time * branch.spread))
            }
            Slot::Over => None,
        }
    }

    /// What is left of a live leaf or loop.
    fn unit_left(&self, unit: &Node, speed: Speed) -> Left {
        let Some(prediction) = self.prediction(unit) else { return Left::default() };
        let elapsed = self.elapsed(unit);
        let expected = unit.durations(prediction).expected * speed.of(unit);
        if let Some(done) = self.progress(unit, speed).filter(|_| elapsed > 0.0) {
            return by_progress(prediction, expected, elapsed, done);
        }
        let time = if self.forecast.is_first {
            self.left_in_first_run(prediction, expected, elapsed)
        } else {
            by_time_alone(unit, prediction, elapsed, speed.of(unit))
        };
        Left::new(time, expected.max(elapsed) * prediction.spread)
    }

    fn left_in_first_run(&self, prediction: &Prediction, expected: f64, elapsed: f64) -> f64 {
        let blindly = expected * (1.0 - blindly_done(elapsed));
        match seen_to_be_done(self, prediction, elapsed) {
            Some(seen) => seen.weight * (seen.total - elapsed) + (1.0 - seen.weight) * blindly,
            None => blindly,
        }
    }

    /// What is left of the time after the last step.
    pub(super) fn tail(&self, root: &Node, speed: Speed) -> f64 {
        let tail = self.forecast.tail * speed.usual;
        let has_ended = root.pending.count == 0 && root.live.is_empty();
        if has_ended { (tail - (self.at - root.last_end)).max(0.0) } else { tail }
    }
}

/// What is left of a unit that says how much of its time is behind it: its own pace and the earlier
/// runs, each as far as it can be relied on.
fn by_progress(prediction: &Prediction, expected: f64, elapsed: f64, done: f64) -> Left {
    let rest = 1.0 - done;
    let doubt = (prediction.own_spread / prediction.spread).powi(2) * rest;
    let own = done / (done + doubt);
    let time = rest * (own * elapsed / done + (1.0 - own) * expected.max(elapsed));
    Left::new(time, time * prediction.spread * (1.0 - own).sqrt())
}

/// What is left of a unit of which only its time is known. Each earlier run says how long it
/// takes, given that it has taken this long; those that it has outlived count less; and it may
/// be like none of them.
fn by_time_alone(unit: &Node, prediction: &Prediction, elapsed: f64, speed: f64) -> f64 {
    let durations = unit.durations(prediction);
    if elapsed <= 0.0 {
        return durations.expected * speed;
    }
    let mut said = [Weighted::default(); KEPT_RUNS + 1];
    let mut runs = 0;
    let mut all = 0.0;
    let mut say = |seconds: f64, weight: f64, spread: f64| {
        let outlook = outlook(seconds * speed, elapsed, spread);
        said[runs] = Weighted { value: outlook.total, weight: weight * outlook.chance };
        runs += 1;
    };
    if durations.by_run.is_empty() {
        say(durations.expected, 1.0, prediction.spread);
        all = 1.0;
    } else {
        let spread = AROUND_ONE * (1.0 + AROUND_ONE_RUNS / durations.by_run.len() as f64).sqrt();
        for (run, _) in &durations.by_run {
            say(run.value, run.weight, spread);
            all += run.weight;
        }
    }
    say(durations.expected, LIKE_NONE * all, LIKE_NONE_SPREAD);
    (weighted_median(&mut said[..runs]) - elapsed).max(0.0)
}
