//! What earlier runs say of one step.

use super::cost::Cost;
use super::curve::{AtMarks, Curve, OWN_SPREAD, own_spread};
use super::median::{Weighted, weighted_median};
use super::record::{Record, StepRecord};

/// The spread of a step, as the standard deviation of the logarithm of its time, before anything is
/// known; and how many differences between two runs that guess is worth.
const USUAL_SPREAD: f64 = 0.3;
const USUAL_SPREAD_COUNTS: f64 = 2.0;
const LEAST_SPREAD: f64 = 0.05;
const GREATEST_SPREAD: f64 = 1.0;

/// The spread of a step that no earlier run had.
pub(super) const UNKNOWN_SPREAD: f64 = 0.8;

/// Steps that spread more than this say less of the speed of a run.
const TRUSTED_SPREAD: f64 = 0.15;

/// The longest time that is believed, in seconds: ten years.
pub(super) const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;

/// The greatest length and count that are believed.
const MOST: u64 = 1 << 50;

/// What the earlier runs say of a step, and what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Prediction {
    samples: Vec<Sample>,
    outcomes: Vec<Outcome>,
    cost: Option<Cost>,
    /// The standard deviation of the logarithm of the step's time.
    pub(super) spread: f64,
    /// How far what the step says of itself is off half way.
    pub(super) own_spread: f64,
    pub(super) curve: Option<Curve>,
    /// The step's own times in the earlier runs, as these are weighted now.
    pub(super) durations: Durations,
    /// What the step takes, in seconds; of a group, what is in it. In a first run it is the step's
    /// part of a run of length 1.
    pub(super) expected: f64,
    /// The wait before it starts, in seconds.
    pub(super) lag: f64,
    /// The chance that it runs and is not skipped.
    pub(super) chance: f64,
    /// The step's part of the work of a run.
    pub(super) part: f64,
}

/// One earlier time of a step.
#[derive(Clone, Copy, Debug)]
struct Sample {
    run: usize,
    seconds: f64,
    lag: f64,
    length: f64,
    /// The time over the cost of the length, or the time where there is no cost.
    for_unit: f64,
}

#[derive(Clone, Copy, Debug)]
struct Outcome {
    run: usize,
    ran: f64,
    skipped: f64,
}

/// What a step takes by each earlier run, and their weighted median.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Durations {
    /// A time and its run, in seconds; the shortest first.
    pub(super) by_run: Vec<(Weighted, usize)>,
    pub(super) expected: f64,
}

impl Default for Prediction {
    fn default() -> Self {
        Self {
            samples: Vec::new(),
            outcomes: Vec::new(),
            cost: None,
            spread: UNKNOWN_SPREAD,
            own_spread: OWN_SPREAD,
            curve: None,
            durations: Durations::default(),
            expected: 0.0,
            lag: 0.0,
            chance: 1.0,
            part: 0.0,
        }
    }
}

impl Prediction {
    /// What `runs` say of the step with this path. They are not weighted yet.
    pub(super) fn of(path: &str, runs: &[Record]) -> Self {
        let mut prediction = Self::default();
        let mut curves = Vec::new();
        for (run, kept) in runs.iter().enumerate() {
            if let Some(step) = kept.steps.get(path) {
                prediction.read(run, step);
                if step.duration.is_some() {
                    curves.extend(step.curve.map(increasing));
                }
            }
        }
        if prediction.is_known() {
            prediction.learn();
            prediction.curve = Curve::of(&curves);
            prediction.own_spread = own_spread(&curves);
        }
        prediction
    }

    fn read(&mut self, run: usize, step: &StepRecord) {
        if let Some(duration) = step.duration {
            let seconds = seconds_of(duration.max(1));
            self.samples.push(Sample {
                run,
                seconds,
                lag: seconds_of(step.lag),
                length: step.length.min(MOST) as f64,
                for_unit: seconds,
            });
        }
        self.outcomes.push(Outcome {
            run,
            ran: step.ran.min(MOST) as f64,
            skipped: step.skipped.min(MOST) as f64,
        });
    }

    fn learn(&mut self) {
        if self.samples.iter().all(|sample| sample.length > 0.0) {
            let by_length: Vec<_> =
                self.samples.iter().map(|sample| (sample.length, sample.seconds)).collect();
            let cost = Cost::of(&by_length);
            self.cost = Some(cost);
            for sample in &mut self.samples {
                sample.for_unit = sample.seconds / cost.at(sample.length);
            }
        }

        // Differences between neighbours: what drifts slowly is no spread.
        let differences = self.samples.len() as f64 - 1.0;
        let squares: f64 = self
            .samples
            .windows(2)
            .map(|pair| (pair[1].for_unit.ln() - pair[0].for_unit.ln()).powi(2).min(1.0))
            .sum();
        let variance = (USUAL_SPREAD_COUNTS * USUAL_SPREAD.powi(2) + squares / 2.0)
            / (USUAL_SPREAD_COUNTS + differences);
        self.spread = variance.sqrt().clamp(LEAST_SPREAD, GREATEST_SPREAD);
    }

    /// Whether an earlier run has a time of the step.
    pub(super) fn is_known(&self) -> bool {
        !self.samples.is_empty()
    }

    /// Whether the step's time depends on its length.
    pub(super) fn has_cost(&self) -> bool {
        self.cost.is_some()
    }

    /// How much the step says of the speed of a run, from 0 to 1.
    pub(super) fn trust(&self) -> f64 {
        (TRUSTED_SPREAD / self.spread).powi(2).min(1.0)
    }

    /// What an average run does of the step, in seconds.
    pub(super) fn work(&self) -> f64 {
        self.chance * self.expected
    }

    /// Computes what follows from the earlier runs when they count as much as `weights` say.
    pub(super) fn weigh(&mut self, weights: &[f64]) {
        if self.is_known() {
            self.durations = self.durations_by(weights, |sample| sample.seconds);
            self.expected = self.durations.expected;
            let mut lags: Vec<_> = self
                .samples
                .iter()
                .map(|sample| Weighted { value: sample.lag, weight: weights[sample.run] })
                .collect();
            self.lag = weighted_median(&mut lags);
        }
        let ran: f64 = self.outcomes.iter().map(|outcome| weights[outcome.run] * outcome.ran).sum();
        let all: f64 = self
            .outcomes
            .iter()
            .map(|outcome| weights[outcome.run] * (outcome.ran + outcome.skipped))
            .sum();
        self.chance = if all > 0.0 { ran / all } else { 1.0 };
    }

    /// Sets what the step takes where the earlier runs do not say it.
    pub(super) fn expect(&mut self, time: f64) {
        self.durations.expected = time;
        self.expected = time;
    }

    /// What a step of this length takes, where the earlier runs say how its time depends on that.
    pub(super) fn for_length(&self, length: f64, weights: &[f64]) -> Option<Durations> {
        let cost = self.cost?.at(length);
        Some(self.durations_by(weights, |sample| (sample.for_unit * cost).min(LONGEST)))
    }

    /// What an item of a loop takes, where all earlier runs know how many there were.
    pub(super) fn for_item(&self, weights: &[f64]) -> Option<f64> {
        self.has_cost()
            .then(|| self.durations_by(weights, |sample| sample.seconds / sample.length).expected)
    }

    fn durations_by(&self, weights: &[f64], seconds: impl Fn(&Sample) -> f64) -> Durations {
        let mut by_run: Vec<_> = self
            .samples
            .iter()
            .map(|sample| {
                let weight = weights[sample.run];
                (Weighted { value: seconds(sample), weight }, sample.run)
            })
            .collect();
        by_run.sort_by(|(one, _), (other, _)| one.value.total_cmp(&other.value));
        let mut points: Vec<_> = by_run.iter().map(|&(point, _)| point).collect();
        Durations { expected: weighted_median(&mut points), by_run }
    }

    /// How unlike two earlier runs are in this step, and how much time they spent on it: `None` if
    /// one of them has no time of it.
    pub(super) fn between(&self, one: usize, other: usize) -> Option<(f64, f64)> {
        let of = |run| self.samples.iter().find(|sample| sample.run == run);
        let (one, other) = (of(one)?, of(other)?);
        let apart = (one.for_unit / other.for_unit).ln().abs();
        Some((apart, f64::midpoint(one.seconds, other.seconds)))
    }
}

/// A time of a record, in seconds.
pub(super) fn seconds_of(milliseconds: u64) -> f64 {
    (milliseconds as f64 / 1000.0).min(LONGEST)
}

/// A kept curve, as parts of 1. It never falls, whatever the file says.
fn increasing(thousandths: [u16; super::MARKS.len()]) -> AtMarks {
    let mut greatest = 0.0_f64;
    thousandths.map(|time| {
        greatest = greatest.max(f64::from(time) / 1000.0).min(1.0);
        greatest
    })
}
