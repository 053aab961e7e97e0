//! How much evidence it takes to believe that this run is slower than the earlier ones.

use super::record::{Halves, Record};
use super::speed::MOST_SLOWNESS;

/// This part of the work of a run as evidence moves the speed half way, where nothing is known.
const USUAL: f64 = 0.35;

/// What is tried.
const TRIED: [f64; 9] = [0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 4.0, 16.0];

/// How strongly a choice is drawn to the usual one, against the squared errors of the earlier runs
/// over that of `ERROR`. No run counts for more than `GREATEST_ERROR`.
const DRAWN: f64 = 0.3;
const ERROR: f64 = 0.1;
const GREATEST_ERROR: f64 = 0.3;

/// The part of the work that moves the speed half way, by what the first halves of earlier runs
/// said of the second: the one that would have foretold these best.
pub(super) fn inertia(runs: &[Record]) -> f64 {
    let halves: Vec<_> = runs.iter().filter_map(|run| run.halves).filter_map(plausible).collect();
    if halves.is_empty() {
        return USUAL;
    }
    let penalty = |&tried: &f64| {
        let errors: f64 = halves
            .iter()
            .map(|half| {
                let foretold = half.slowness_of_first * half.first / (half.first + tried);
                (half.slowness_of_second - foretold).powi(2).min(GREATEST_ERROR.powi(2))
            })
            .sum();
        DRAWN * (tried / USUAL).ln().powi(2) + errors / ERROR.powi(2)
    };
    TRIED.into_iter().min_by(|one, other| penalty(one).total_cmp(&penalty(other))).unwrap_or(USUAL)
}

/// Steps that were mostly skipped before can make the evidence of a run greater than foreseen.
const MOST_SEEN: f64 = 10.0;

/// What a file says, within the bounds of what a run keeps.
fn plausible(halves: Halves) -> Option<Halves> {
    let Halves { first, slowness_of_first, slowness_of_second } = halves;
    let is_finite = [first, slowness_of_first, slowness_of_second].into_iter().all(f64::is_finite);
    is_finite.then(|| Halves {
        first: first.clamp(0.0, MOST_SEEN),
        slowness_of_first: slowness_of_first.clamp(-MOST_SLOWNESS, MOST_SLOWNESS),
        slowness_of_second: slowness_of_second.clamp(-MOST_SLOWNESS, MOST_SLOWNESS),
    })
}
