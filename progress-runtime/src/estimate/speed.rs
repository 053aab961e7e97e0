//! How slow this run is against the earlier ones.

use super::node::Node;
use super::prediction::Prediction;
use super::record::Halves;

/// The speed is learned within this, as a logarithm: a factor of seven.
pub(super) const MOST_SLOWNESS: f64 = 2.0;

/// A step that ended in a first run says this much, against a live one.
const ENDED_IN_FIRST_RUN: f64 = 0.1;

/// The greatest speed of a first run, in seconds for its length of 1. It keeps sums finite.
const MOST_SECONDS: f64 = 1e12;

/// Time that was spent, and the time that was foreseen for the same work.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) taken: f64,
    pub(super) foreseen: f64,
}

impl Seen {
    pub(super) fn add(&mut self, taken: f64, foreseen: f64) {
        self.taken += taken;
        self.foreseen += foreseen;
    }

    fn is_empty(self) -> bool {
        self.taken <= 0.0 || self.foreseen <= 0.0
    }

    fn slowness(self) -> f64 {
        (self.taken / self.foreseen).ln().clamp(-MOST_SLOWNESS, MOST_SLOWNESS)
    }

    /// The factor by which this run is slower, learned as cautiously as `still` says: this much
    /// foreseen time moves it half way.
    fn cautious(self, still: f64) -> f64 {
        if self.is_empty() {
            return 1.0;
        }
        (self.slowness() * self.foreseen / (self.foreseen + still)).exp()
    }

    /// Seconds for a run of the length 1.
    pub(super) fn plain(self) -> Option<f64> {
        (!self.is_empty()).then(|| (self.taken / self.foreseen).min(MOST_SECONDS))
    }
}

/// By which factors this run is slower than foreseen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Speed {
    /// For steps whose length is not known.
    pub(super) usual: f64,
    /// For steps whose length is, against what they take by their length.
    pub(super) sized: f64,
}

impl Speed {
    pub(super) const AS_FORESEEN: Self = Self { usual: 1.0, sized: 1.0 };

    /// The speed for this node.
    pub(super) fn of(self, node: &Node) -> f64 {
        if node.for_length.is_some() { self.sized } else { self.usual }
    }
}

/// What has been seen of the speed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    pub(super) all: Seen,
    /// Of the steps with a length, against what they take by their length.
    pub(super) sized: Seen,
}

impl Evidence {
    /// `still` is the foreseen time that moves the speed half way.
    pub(super) fn speed(self, still: f64) -> Speed {
        Speed { usual: self.all.cautious(still), sized: self.sized.cautious(still) }
    }

    /// How much of the speed is not known yet, from 0 to 1.
    pub(super) fn unknown(self, still: f64) -> f64 {
        if self.all.foreseen > 0.0 { still / (still + self.all.foreseen) } else { 1.0 }
    }

    pub(super) fn speed_of_first_run(self) -> Speed {
        let speed = self.all.plain().unwrap_or(1.0);
        Speed { usual: speed, sized: speed }
    }
}

/// The evidence of the units that have ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ended {
    pub(super) evidence: Evidence,
    first_half: Seen,
    second_half: Seen,
}

impl Ended {
    /// In a first run, a unit has taken this long for this part of the run.
    pub(super) fn add_to_first_run(&mut self, taken: f64, part: f64) {
        self.evidence.all.add(taken * ENDED_IN_FIRST_RUN, part * ENDED_IN_FIRST_RUN);
    }

    /// A unit has taken this long. `all` is the evidence of a whole run.
    pub(super) fn add(&mut self, node: &Node, prediction: &Prediction, taken: f64, all: f64) {
        let trust = prediction.trust();
        let (taken, foreseen) = (taken * trust, prediction.expected * trust);
        self.evidence.all.add(taken, foreseen);
        if let Some(durations) = &node.for_length {
            self.evidence.sized.add(taken, durations.expected * trust);
        }

        let before = self.first_half.foreseen + self.second_half.foreseen;
        let is_first = self.first_half.foreseen == 0.0 || before + foreseen / 2.0 <= 0.5 * all;
        let half = if is_first { &mut self.first_half } else { &mut self.second_half };
        half.add(taken, foreseen);
    }

    /// What the run keeps, if something has ended in both halves.
    pub(super) fn halves(&self, all: f64) -> Option<Halves> {
        let is_whole = !self.first_half.is_empty() && !self.second_half.is_empty() && all > 0.0;
        is_whole.then(|| Halves {
            first: rounded(self.first_half.foreseen / all),
            slowness_of_first: rounded(self.first_half.slowness()),
            slowness_of_second: rounded(self.second_half.slowness()),
        })
    }
}

/// Four decimals are enough, and keep a record short.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
