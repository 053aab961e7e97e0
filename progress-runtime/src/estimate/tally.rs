//! What a run keeps of its steps.

use super::curve::AtMarks;
use super::node::Node;
use super::outline::{Outline, StepIndex};
use super::record::StepRecord;

/// What has been seen of one step in this run. A step of a loop is seen once for each item.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    ran: u64,
    skipped: u64,
    /// In seconds, as is the lag.
    durations: f64,
    lags: f64,
    lengths: f64,
    curves: f64,
    sum_of_curves: AtMarks,
}

impl Tally {
    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    /// The step has ended well after `duration` seconds.
    pub(super) fn end(&mut self, node: &Node, duration: f64) {
        self.ran += 1;
        self.durations += duration;
        self.lags += (node.started - node.ready).max(0.0);
        self.lengths += node.length.unwrap_or(0.0);
        let has_own_progress = node.length.is_some() || node.own.is_some();
        if node.is_unit()
            && has_own_progress
            && let Some(curve) = node.passed.curve(duration)
        {
            self.curves += 1.0;
            for (sum, time) in self.sum_of_curves.iter_mut().zip(curve) {
                *sum += time;
            }
        }
    }

    fn record(&self) -> StepRecord {
        let ran = self.ran.max(1) as f64;
        StepRecord {
            duration: (self.ran > 0).then(|| milliseconds(self.durations / ran)),
            lag: milliseconds(self.lags / ran),
            length: (self.lengths / ran).round() as u64,
            ran: self.ran,
            skipped: self.skipped,
            curve: (self.curves > 0.0)
                .then(|| self.sum_of_curves.map(|sum| (sum / self.curves * 1000.0).round() as u16)),
        }
    }
}

/// The records of all steps that ran or were skipped, by their paths.
pub(super) fn records(
    outline: &Outline,
    tallies: &[Tally],
) -> std::collections::BTreeMap<String, StepRecord> {
    let seen = |(step, tally): (StepIndex, &Tally)| {
        (tally.ran + tally.skipped > 0).then(|| (outline[step].path.clone(), tally.record()))
    };
    tallies.iter().enumerate().filter_map(seen).collect()
}

/// Seconds as whole milliseconds.
pub(super) fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}
