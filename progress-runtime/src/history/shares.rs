//! The shares of a list's steps in its time, the weights that they suggest, and the drift.

use crate::estimate::Record;

/// The drift from which declared weights no longer fit: the part of a list's time, from 0 to 1,
/// that they give to the wrong steps.
pub const MAX_DRIFT: f64 = 0.15;

/// With fewer runs, nothing is said.
const FEWEST_RUNS: usize = 3;

/// So many of the last runs must be off, each by itself.
const LAST_RUNS: usize = 5;
const RUNS_OFF: usize = 4;

/// What the runs say of one list of steps.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    /// The number of runs.
    pub(super) runs: usize,
    /// The median of each step's share in the list's time; they add up to 1.
    pub(super) medians: Vec<f64>,
    /// The whole weights that come closest to the medians.
    pub(super) weights: Vec<u64>,
    /// How much better those weights are than the declared ones, in shares of the time.
    pub(super) drift: f64,
    /// How much better they would have been in each of the last runs.
    drifts: Vec<f64>,
}

impl Shares {
    /// Measures a list of steps with these paths and declared weights. Returns `None` for fewer
    /// than three runs.
    pub(super) fn measure(
        paths: &[String],
        declared: &[u32],
        shape: u64,
        records: &[Record],
    ) -> Option<Self> {
        let runs: Vec<_> = records.iter().filter_map(|run| shares(paths, shape, run)).collect();
        if runs.len() < FEWEST_RUNS {
            return None;
        }
        let medians = (0..paths.len()).map(|at| median(runs.iter().map(|run| run[at]).collect()));
        let medians = parts(medians.collect())?;
        let declared: Vec<u64> = declared.iter().map(|weight| u64::from(*weight)).collect();
        let total = declared.iter().sum();
        let weights = whole_weights(&medians, total);
        let last = &runs[runs.len().saturating_sub(LAST_RUNS)..];
        Some(Self {
            runs: runs.len(),
            drift: distance(&declared, &medians) - distance(&weights, &medians),
            drifts: last
                .iter()
                .map(|run| distance(&declared, run) - distance(&weights, run))
                .collect(),
            medians,
            weights,
        })
    }

    /// Whether the weights have drifted: by the medians they are off by more than `within`, and
    /// in nearly each of the last runs the measured ones would have been better by more than half
    /// of that. One odd run, or a few, do not count.
    pub(super) fn has_drifted(&self, within: f64) -> bool {
        let off = self.drifts.iter().filter(|drift| **drift > within / 2.0).count();
        self.drift > within && off >= RUNS_OFF.min(self.drifts.len())
    }
}

/// The shares of the steps in one run. A run of another shape that does not know all the steps says
/// nothing: its steps are not those of this list.
fn shares(paths: &[String], shape: u64, run: &Record) -> Option<Vec<f64>> {
    let times = paths.iter().map(|path| match run.steps.get(path) {
        Some(step) => {
            let ended = step.ran.saturating_add(step.skipped).max(1);
            Some(step.duration.unwrap_or(0) as f64 * step.ran as f64 / ended as f64)
        }
        // A step that failed each time.
        None if run.shape == shape => Some(0.0),
        None => None,
    });
    parts(times.collect::<Option<_>>()?)
}

/// Scales to a sum of 1.
fn parts(mut times: Vec<f64>) -> Option<Vec<f64>> {
    let total: f64 = times.iter().sum();
    times.iter_mut().for_each(|time| *time /= total);
    (total > 0.0).then_some(times)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Weights of at least 1 that add up to `total`, by largest remainders.
fn whole_weights(shares: &[f64], total: u64) -> Vec<u64> {
    let total = total.max(shares.len() as u64);
    let ideals: Vec<f64> = shares.iter().map(|share| share * total as f64).collect();
    let mut weights: Vec<u64> = ideals.iter().map(|ideal| (*ideal as u64).max(1)).collect();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    by_remainder.sort_by(|a, b| ideals[*b].fract().total_cmp(&ideals[*a].fract()));
    let mut order = by_remainder.into_iter().cycle();
    let mut sum: u64 = weights.iter().sum();
    while sum < total {
        let Some(at) = order.next() else { break };
        weights[at] += 1;
        sum += 1;
    }
    while sum > total {
        // The weights of 1 took too much: the one that is most above its share gives.
        let above = |at: &usize| weights[*at] as f64 - ideals[*at];
        let candidates = (0..weights.len()).rev().filter(|at| weights[*at] > 1);
        let Some(at) = candidates.max_by(|a, b| above(a).total_cmp(&above(b))) else { break };
        weights[at] -= 1;
        sum -= 1;
    }
    weights
}

/// The part of the time that weights give to the wrong steps.
fn distance(weights: &[u64], shares: &[f64]) -> f64 {
    let total: u64 = weights.iter().sum();
    let off = |(weight, share): (&u64, &f64)| (*weight as f64 / total as f64 - share).abs();
    weights.iter().zip(shares).map(off).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests;
