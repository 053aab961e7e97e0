//! What is foreseen of a run: the predictions of all its steps.

use std::collections::HashMap;
use std::ops::Range;

use super::KEPT_RUNS;
use super::inertia::inertia;
use super::likeness::Likeness;
use super::median::{Weighted, weighted_median};
use super::node::Node;
use super::outline::{Outline, StepIndex};
use super::prediction::{Prediction, seconds_of};
use super::record::Record;

/// A branch that no earlier run had is taken to be this much like its weight says, and otherwise
/// like the middle one of its siblings: branches of one step are often alike.
const BRANCH_BY_WEIGHT: f64 = 0.5;

/// The shortest time that is foreseen, in seconds.
const SHORTEST: f64 = 1e-3;

/// What is foreseen of all steps of a run.
#[derive(Debug)]
pub(super) struct Forecast {
    runs: Vec<Record>,
    weights: Vec<f64>,
    predictions: Vec<Prediction>,
    pub(super) likeness: Likeness,
    /// Whether no earlier run had any step of the plan. Then no time is known: the whole run has
    /// the length 1, and the declared weights divide it.
    pub(super) is_first: bool,
    /// The part of the work that moves the speed half way.
    pub(super) inertia: f64,
    /// The time after the last step, in seconds.
    pub(super) tail: f64,
    /// The sum of what all units take, in seconds of work.
    pub(super) work: f64,
    /// The same sum, each unit as far as it is trusted.
    pub(super) evidence: f64,
}

/// What the known units of a list are like.
#[derive(Clone, Copy, Debug)]
struct Typical {
    /// The time for each unit of declared weight.
    by_weight: f64,
    middle: f64,
}

impl Forecast {
    pub(super) fn new(outline: &Outline, mut runs: Vec<Record>, host: Option<&str>) -> Self {
        runs.drain(..runs.len().saturating_sub(KEPT_RUNS));
        let predictions: Vec<_> =
            (0..outline.len()).map(|step| Prediction::of(&outline[step].path, &runs)).collect();
        let mut likeness = Likeness::new(&runs, host);
        likeness.compare(outline, &predictions);
        let mut forecast = Self {
            weights: Vec::new(),
            is_first: !outline.units().iter().any(|&unit| predictions[unit].is_known()),
            inertia: inertia(&runs),
            tail: 0.0,
            work: 0.0,
            evidence: 0.0,
            predictions,
            likeness,
            runs,
        };
        forecast.weigh(outline, forecast.likeness.base().to_vec());
        for &unit in outline.units() {
            forecast.count(unit);
        }
        for prediction in &mut forecast.predictions {
            prediction.part = part(prediction.expected, forecast.work);
        }
        forecast
    }

    pub(super) fn of(&self, step: StepIndex) -> &Prediction {
        &self.predictions[step]
    }

    /// The weights of the earlier runs.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Computes all predictions again, with these weights of the earlier runs.
    pub(super) fn weigh(&mut self, outline: &Outline, weights: Vec<f64>) {
        self.weights = weights;
        let mut tails: Vec<_> = self
            .runs
            .iter()
            .zip(&self.weights)
            .map(|(run, &weight)| Weighted { value: seconds_of(run.tail), weight })
            .collect();
        self.tail = weighted_median(&mut tails);
        self.foresee(outline, 0..outline.len());
        if self.is_first {
            self.divide(outline, None, 1.0);
        }
    }

    /// A workflow with the steps `added` has taken over the share of `place`.
    pub(super) fn extend(&mut self, outline: &Outline, place: StepIndex, added: Range<StepIndex>) {
        let whole = &self.predictions[place];
        let (work, trusted) = (whole.work(), whole.work() * whole.trust());
        self.predictions.extend(added.clone().map(|step| {
            if self.is_first {
                Prediction::default()
            } else {
                Prediction::of(&outline[step].path, &self.runs)
            }
        }));
        self.foresee(outline, added.clone());
        if self.is_first {
            let whole = self.predictions[place].expected;
            self.divide(outline, Some(place), whole);
        } else {
            let above = |&step: &StepIndex| outline[step].parent;
            for group in std::iter::successors(Some(place), above) {
                self.sum_up(outline, group);
            }
        }
        if !outline[place].is_unit() && !outline[place].is_in_loop {
            self.work -= work;
            self.evidence -= trusted;
            let counting: Vec<_> = added.filter(|&step| outline.counts(step)).collect();
            for &unit in &counting {
                self.count(unit);
            }
            for unit in counting {
                self.predictions[unit].part = part(self.predictions[unit].expected, self.work);
            }
        }
    }

    /// A unit has taken this long: how like the earlier runs this one is. `true` if the predictions
    /// have changed.
    pub(super) fn see(
        &mut self,
        outline: &Outline,
        unit: &Node,
        step: StepIndex,
        duration: f64,
    ) -> bool {
        let prediction = &self.predictions[step];
        let durations = unit.durations(prediction);
        self.likeness.see(prediction.part, duration, &durations.by_run);
        let Some(weights) = self.likeness.weigh_again() else { return false };
        self.weigh(outline, weights);
        true
    }

    fn count(&mut self, unit: StepIndex) {
        let prediction = &self.predictions[unit];
        self.work += prediction.work();
        self.evidence += prediction.work() * prediction.trust();
    }

    fn foresee(&mut self, outline: &Outline, range: Range<StepIndex>) {
        for step in range.clone() {
            self.predictions[step].weigh(&self.weights);
        }
        if self.is_first {
            return;
        }
        self.guess_unknown(outline, range.clone());
        for step in range.rev() {
            self.sum_up(outline, step);
        }
    }

    /// A step that no earlier run had: like the known ones beside it, by its weight.
    fn guess_unknown(&mut self, outline: &Outline, range: Range<StepIndex>) {
        let everywhere = self.typical(outline, outline.units().iter().copied());
        let mut beside = HashMap::new();
        for step in range {
            let planned = &outline[step];
            if self.predictions[step].is_known() {
                continue;
            }
            let siblings = *beside
                .entry(planned.parent)
                .or_insert_with(|| self.typical(outline, outline.children(planned.parent)));
            let guess = match siblings {
                Some(typical) if planned.is_unit() => Some(typical),
                _ if planned.is_added => None,
                _ => everywhere.filter(|_| planned.is_unit()),
            };
            let is_branch = outline.is_parallel(planned.parent);
            let time = if let Some(typical) = guess {
                typical.time_of(planned.weight, is_branch)
            } else if let Some(parent) = planned.parent.filter(|_| planned.is_added) {
                (self.whole(outline, parent) * declared_part(outline, step)).max(SHORTEST)
            } else {
                continue;
            };
            self.predictions[step].expect(time);
        }
    }

    /// What a step takes whose share a workflow has taken over; of a loop, what an item takes.
    fn whole(&self, outline: &Outline, step: StepIndex) -> f64 {
        let prediction = &self.predictions[step];
        let item = outline[step].is_loop().then(|| prediction.for_item(&self.weights)).flatten();
        item.unwrap_or(prediction.durations.expected)
    }

    fn typical(
        &self,
        outline: &Outline,
        steps: impl Iterator<Item = StepIndex>,
    ) -> Option<Typical> {
        let known =
            steps.filter(|&step| self.predictions[step].is_known() && outline[step].is_unit());
        let (mut times, mut weight) = (Vec::new(), 0.0);
        for step in known {
            times.push(self.predictions[step].expected);
            weight += outline[step].weight;
        }
        times.sort_by(f64::total_cmp);
        let middle = *times.get(times.len() / 2)?;
        Some(Typical { by_weight: times.iter().sum::<f64>() / weight, middle })
    }

    /// A group takes what is in it takes.
    fn sum_up(&mut self, outline: &Outline, group: StepIndex) {
        if outline[group].is_unit() {
            return;
        }
        let inside = outline[group].children.clone().map(|step| {
            let prediction = &self.predictions[step];
            prediction.chance * (prediction.expected + prediction.lag)
        });
        self.predictions[group].expected = if outline.is_parallel(Some(group)) {
            inside.fold(0.0, f64::max)
        } else {
            inside.sum()
        };
    }

    /// In a first run: divides the length of `place` by the declared weights of its steps.
    fn divide(&mut self, outline: &Outline, place: Option<StepIndex>, length: f64) {
        for step in outline.children(place) {
            let length = length * declared_part(outline, step);
            self.predictions[step].expect(length);
            self.divide(outline, Some(step), length);
        }
    }
}

impl Typical {
    fn time_of(self, weight: f64, is_branch: bool) -> f64 {
        let by_weight = self.by_weight * weight;
        let time = if is_branch {
            by_weight.powf(BRANCH_BY_WEIGHT) * self.middle.powf(1.0 - BRANCH_BY_WEIGHT)
        } else {
            by_weight
        };
        time.max(SHORTEST)
    }
}

/// The part of its parent that the weight of a step declares. A branch has a part of the longest.
fn declared_part(outline: &Outline, step: StepIndex) -> f64 {
    let parent = outline[step].parent;
    let weights = outline.children(parent).map(|sibling| outline[sibling].weight);
    let all = if outline.is_parallel(parent) { weights.fold(0.0, f64::max) } else { weights.sum() };
    outline[step].weight / all
}

fn part(expected: f64, work: f64) -> f64 {
    if work > 0.0 { expected / work } else { 0.0 }
}
