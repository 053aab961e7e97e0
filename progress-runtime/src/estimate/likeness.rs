//! How much each earlier run counts: the newer and the more like this one, the more.

use super::median::Weighted;
use super::outline::Outline;
use super::prediction::Prediction;
use super::record::Record;

/// An earlier run counts this much less than the one after it. Real workflows drift.
const FADE: f64 = 0.8;

/// A run of another machine counts this much.
const OTHER_HOST: f64 = 0.5;

/// One step makes two runs no more unlike than this: a factor of two.
const MOST_APART: f64 = 0.7;

/// This much of how unlike a run is comes from what was seen of this one, the rest from how unlike
/// the earlier runs are to each other.
const FROM_SEEN: f64 = 0.8;

/// The weight of a run is one over this power of how unlike it is.
const POWER: i32 = 3;

/// The part of the work that counts as seen before anything is.
const SEEN_AT_FIRST: f64 = 0.15;

/// Runs that are less unlike than this are equally alike.
const ALIKE: f64 = 0.003;

/// The earlier runs are weighed again whenever this much more of the work has ended.
const AGAIN_AFTER: f64 = 0.03;

/// How unlike this run the earlier ones are, by the steps that have ended.
#[derive(Clone, Debug)]
pub(super) struct Likeness {
    /// How much each earlier run counts before anything was seen.
    base: Vec<f64>,
    /// How unlike the earlier runs are to each other, as a difference of logarithms.
    pub(super) unlike: f64,
    seen: Vec<SeenOfRun>,
    since_weighed: f64,
}

/// What was seen of one earlier run: both sums are over the steps that it shares with this run.
#[derive(Clone, Copy, Debug, Default)]
struct SeenOfRun {
    apart: f64,
    parts: f64,
}

impl Likeness {
    pub(super) fn new(runs: &[Record], host: Option<&str>) -> Self {
        let base = runs
            .iter()
            .rev()
            .scan(1.0, |fade, run| {
                let here = *fade;
                *fade *= FADE;
                let is_other = host.is_some() && run.host.is_some() && run.host.as_deref() != host;
                Some(if is_other { here * OTHER_HOST } else { here })
            })
            .collect::<Vec<_>>();
        let base = base.into_iter().rev().collect();
        Self { base, unlike: 0.0, seen: vec![SeenOfRun::default(); runs.len()], since_weighed: 0.0 }
    }

    /// Compares all pairs of earlier runs.
    pub(super) fn compare(&mut self, outline: &Outline, predictions: &[Prediction]) {
        let (mut apart, mut pairs) = (0.0, 0.0);
        for one in 0..self.base.len() {
            for other in 0..one {
                let (mut weight, mut sum) = (0.0, 0.0);
                for &unit in outline.units() {
                    if let Some((apart, time)) = predictions[unit].between(one, other) {
                        weight += time;
                        sum += time * apart.min(MOST_APART);
                    }
                }
                if weight > 0.0 {
                    apart += sum / weight;
                    pairs += 1.0;
                }
            }
        }
        self.unlike = if pairs > 0.0 { apart / pairs } else { 0.0 };
    }

    pub(super) fn base(&self) -> &[f64] {
        &self.base
    }

    /// A step with this part of the work has taken `seconds`. The earlier runs took `by_run`.
    pub(super) fn see(&mut self, part: f64, seconds: f64, by_run: &[(Weighted, usize)]) {
        self.since_weighed += part;
        for &(earlier, run) in by_run {
            let apart = (seconds.max(1e-3) / earlier.value).ln().abs().min(MOST_APART);
            self.seen[run].apart += part * apart;
            self.seen[run].parts += part;
        }
    }

    /// The weights of the earlier runs, if enough has ended since they were computed.
    pub(super) fn weigh_again(&mut self) -> Option<Vec<f64>> {
        if self.base.len() < 2 || self.since_weighed < AGAIN_AFTER {
            return None;
        }
        self.since_weighed = 0.0;
        let weights = self.base.iter().zip(&self.seen).map(|(base, seen)| {
            let apart = (seen.apart + SEEN_AT_FIRST * self.unlike) / (seen.parts + SEEN_AT_FIRST);
            let unlike = (1.0 - FROM_SEEN) * self.unlike + FROM_SEEN * apart;
            base * unlike.max(ALIKE).powi(-POWER)
        });
        Some(weights.collect())
    }
}
