//! What is left of a first run. No time is known then, only the declared weights.
//!
//! Early speeds mislead, and what was shown cannot be taken back. So two estimates are made, and
//! the more cautious one counts: the time that is left by the speed so far, and the time that is
//! left if the declared weights are the truth.

use super::left::Moment;
use super::log_logistic::outlook;
use super::node::{Node, Slot};
use super::prediction::{Prediction, UNKNOWN_SPREAD};
use super::speed::Speed;

/// A live step of which nothing is known is taken to be this much done, at most; and half of that
/// after so many seconds.
const BLIND: f64 = 0.5;
const BLIND_SECONDS: f64 = 10.0;

/// This part of the work as evidence makes the times of the steps that ended count as much as
/// guessing.
const SEEN_HALF_WAY: f64 = 0.1;

/// The part done by the declared weights stays within these.
const JUST_BEGUN: f64 = 1e-6;
const ALMOST_DONE: f64 = 0.999_99;

/// How much of a step is done of which nothing is known.
pub(super) fn blindly_done(elapsed: f64) -> f64 {
    BLIND * elapsed / (elapsed + BLIND_SECONDS)
}

/// What the steps that have ended say of a live one.
pub(super) struct SeenToBeDone {
    /// How much that counts, from 0 to 1.
    pub(super) weight: f64,
    /// How long the step takes in all, in seconds.
    pub(super) total: f64,
}

/// `None` before any step has ended.
pub(super) fn seen_to_be_done(
    moment: &Moment<'_>,
    prediction: &Prediction,
    elapsed: f64,
) -> Option<SeenToBeDone> {
    let ended = moment.ended.evidence.all;
    let seconds = ended.plain()?;
    let weight = ended.foreseen / (ended.foreseen + SEEN_HALF_WAY * moment.forecast.work);
    let expected = prediction.expected * seconds;
    Some(SeenToBeDone { weight, total: outlook(expected, elapsed, UNKNOWN_SPREAD).total })
}

/// The more cautious of the two estimates, in seconds. `by_speed` is the one by the speed so far.
pub(super) fn cautious(moment: &Moment<'_>, root: &Node, by_speed: f64, speed: Speed) -> f64 {
    let done = done(moment, root, Speed { usual: 1.0, ..speed }).clamp(JUST_BEGUN, ALMOST_DONE);
    by_speed.max(moment.at * (1.0 - done) / done)
}

/// The part of a live node that is done, by the declared weights of its steps and the likely
/// progress of those that are live.
fn done(moment: &Moment<'_>, node: &Node, speed: Speed) -> f64 {
    if node.is_unit() {
        return unit_done(moment, node, speed);
    }
    let (mut all, mut over) = (0.0, 0.0);
    for (slot, step) in node.slots.iter().zip(node.children.clone()) {
        let part = moment.forecast.of(step).expected;
        all += part;
        over += part
            * match *slot {
                Slot::Pending => 0.0,
                Slot::Over => 1.0,
                Slot::Live(id) => {
                    moment.nodes.get(id).map_or(1.0, |child| done(moment, child, speed))
                }
            };
    }
    if all > 0.0 { over / all } else { 1.0 }
}

fn unit_done(moment: &Moment<'_>, unit: &Node, speed: Speed) -> f64 {
    if let Some(said) = moment.progress(unit, speed) {
        return said;
    }
    let elapsed = moment.elapsed(unit);
    let blindly = blindly_done(elapsed);
    let seen = moment
        .prediction(unit)
        .filter(|_| elapsed > 0.0)
        .and_then(|prediction| seen_to_be_done(moment, prediction, elapsed));
    match seen {
        Some(seen) => seen.weight * elapsed / seen.total + (1.0 - seen.weight) * blindly,
        None => blindly,
    }
}
