//! How long a step takes that has gone on for a while.
//!
//! The time of a step is taken to have a [log-logistic distribution][1]: its logarithm is spread
//! evenly around the expected one, with more outliers than the normal distribution has. The chance
//! to take longer than a given time is then a plain formula, and so is its inverse.
//!
//! [1]: https://en.wikipedia.org/wiki/Log-logistic_distribution

/// The shape of a log-logistic distribution is this over the standard deviation of its logarithm:
/// π/√3.
const SHAPE: f64 = 1.81;

/// From this shape on, times below half of the expected one have no effect that could be seen.
const SHARP: f64 = 16.0;

/// The shortest time that is told from nothing, in seconds.
const SHORTEST: f64 = 1e-9;

/// What a step that has gone on for a while still has before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outlook {
    /// The chance that it took at least this long.
    pub(super) chance: f64,
    /// How long it then takes in all: the median of the times longer than this.
    pub(super) total: f64,
}

/// The outlook of a step that takes `expected`, whose logarithm has the standard deviation
/// `spread`, once `elapsed` has gone by.
pub(super) fn outlook(expected: f64, elapsed: f64, spread: f64) -> Outlook {
    let expected = expected.max(SHORTEST);
    let shape = SHAPE / spread;
    let ratio = elapsed / expected;
    if ratio < 0.5 && shape >= SHARP {
        return Outlook { chance: 1.0, total: expected };
    }
    if ratio > 1.0 {
        // The same formulae, written so that nothing overflows.
        let odds = power(ratio, -shape);
        let total = elapsed * power(odds + 2.0, 1.0 / shape);
        return Outlook { chance: odds / (1.0 + odds), total };
    }
    let odds = power(ratio, shape);
    Outlook { chance: 1.0 / (1.0 + odds), total: expected * power(1.0 + 2.0 * odds, 1.0 / shape) }
}

/// `powf` without its care for the last digits, which takes twice the time.
fn power(base: f64, exponent: f64) -> f64 {
    (base.ln() * exponent).exp()
}

#[cfg(test)]
mod tests {
    use super::outlook;

    #[test]
    fn at_the_beginning_it_is_what_is_expected() {
        let outlook = outlook(60.0, 0.0, 0.3);
        assert_eq!((outlook.chance, outlook.total), (1.0, 60.0));
    }

    #[test]
    fn half_of_the_steps_take_longer_than_expected() {
        let outlook = outlook(60.0, 60.0, 0.3);
        assert_eq!(outlook.chance, 0.5);
        // A quarter of all take longer than this: odds of 3.
        let quartile = 60.0 * 3.0_f64.powf(0.3 / 1.81);
        assert!((outlook.total - quartile).abs() < 1e-9);
    }

    #[test]
    fn both_formulae_meet_where_the_expected_time_is_over() {
        let before = outlook(60.0, 60.0 - 1e-9, 0.5);
        let after = outlook(60.0, 60.0 + 1e-9, 0.5);
        assert!((before.chance - after.chance).abs() < 1e-9);
        assert!((before.total - after.total).abs() < 1e-6);
    }

    #[test]
    fn the_longer_it_takes_the_longer_it_takes_in_all() {
        let totals: Vec<_> =
            (0..400).map(|second| outlook(60.0, f64::from(second), 0.4).total).collect();
        assert!(totals.is_sorted());
        assert!(outlook(1.0, 1e9, 0.05).total.is_finite());
        assert!(outlook(0.0, 0.0, 0.05).total.is_finite());
    }

    #[test]
    fn a_sharp_distribution_begins_without_a_visible_step() {
        let at_half = outlook(60.0, 30.0, 0.1);
        assert!(at_half.chance > 0.999_99 && at_half.total < 60.001);
    }
}
