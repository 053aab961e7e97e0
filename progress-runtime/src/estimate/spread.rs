//! How far the time that is said to be left may be off.

use std::time::Duration;

use super::duration;
use super::left::Left;

/// The time that is left of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Eta {
    /// The estimate.
    pub(crate) likely: Duration,
    /// The truth lies between this and `high` at about four of five moments.
    pub(crate) low: Duration,
    /// See `low`.
    pub(crate) high: Duration,
}

/// What is known of an estimate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) is_first: bool,
    /// The part of the evidence of a whole run that has been seen.
    pub(super) seen: f64,
    pub(super) inertia: f64,
}

const STEPS: f64 = 1.0;
const SPEED: f64 = 0.2;
const FIRST: f64 = 0.8;

impl Eta {
    /// The band around `said` seconds.
    pub(super) fn new(said: f64, left: Left, known: Known) -> Self {
        let steps = left.variance / left.time.max(1e-9).powi(2) * STEPS * STEPS;
        let speed = SPEED * SPEED * known.inertia / (known.inertia + known.seen);
        let spread = if known.is_first { FIRST } else { (steps + speed).sqrt() };
        Self {
            likely: duration(said),
            low: duration(said * (-spread).exp()),
            high: duration(said * spread.exp()),
        }
    }
}
