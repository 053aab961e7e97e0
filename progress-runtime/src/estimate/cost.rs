//! How the time of a step grows with its length.

/// Earlier lengths must differ by this factor before a line is laid through them.
const LENGTHS_APART: f64 = 1.5;

/// Where the earlier lengths are too alike to say how the time grows, it grows a little slower than
/// the length: most steps have a part that does not depend on it.
const USUAL_EXPONENT: f64 = 0.9;

/// The relative time of a step by its length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cost {
    /// The time grows as this power of the length.
    Power(f64),
    /// A part for the step, in seconds, and one for each unit of its length. None is negative.
    Line { fixed: f64, per_unit: f64 },
}

impl Cost {
    /// What the earlier runs of a step say, as pairs of a length and a time in seconds, all of them
    /// positive. The line has the least squares of the relative error.
    pub(super) fn of(runs: &[(f64, f64)]) -> Self {
        let shortest = runs.iter().map(|&(length, _)| length).fold(f64::INFINITY, f64::min);
        let longest = runs.iter().map(|&(length, _)| length).fold(0.0, f64::max);
        if longest < LENGTHS_APART * shortest {
            return Self::Power(USUAL_EXPONENT);
        }

        let sums = Sums::of(runs);
        let determinant = sums.one * sums.squares - sums.lengths * sums.lengths;
        if determinant > 1e-9 * sums.one * sums.squares {
            let per_unit = (sums.one * sums.products - sums.lengths * sums.times) / determinant;
            let fixed = (sums.times - per_unit * sums.lengths) / sums.one;
            if fixed >= 0.0 && per_unit >= 0.0 {
                return Self::Line { fixed, per_unit };
            }
        }

        let constant = Self::Line { fixed: sums.times / sums.one, per_unit: 0.0 };
        let proportional = Self::Line { fixed: 0.0, per_unit: sums.products / sums.squares };
        if constant.error(runs) < proportional.error(runs) { constant } else { proportional }
    }

    /// The cost of a length.
    pub(super) fn at(self, length: f64) -> f64 {
        match self {
            Self::Power(exponent) => length.powf(exponent),
            Self::Line { fixed, per_unit } => fixed + per_unit * length,
        }
    }

    fn error(self, runs: &[(f64, f64)]) -> f64 {
        runs.iter().map(|&(length, time)| ((self.at(length) - time) / time).powi(2)).sum()
    }
}

/// The sums of the normal equations. Each run counts by one over the square of its time.
#[derive(Default)]
struct Sums {
    one: f64,
    lengths: f64,
    times: f64,
    squares: f64,
    products: f64,
}

impl Sums {
    fn of(runs: &[(f64, f64)]) -> Self {
        let mut sums = Self::default();
        for &(length, time) in runs {
            let weight = 1.0 / (time * time);
            sums.one += weight;
            sums.lengths += weight * length;
            sums.times += weight * time;
            sums.squares += weight * length * length;
            sums.products += weight * length * time;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn alike_lengths_say_nothing_of_the_growth() {
        assert_eq!(Cost::of(&[(100.0, 10.0), (140.0, 30.0)]), Cost::Power(0.9));
    }

    #[test]
    fn lengths_apart_give_a_line() {
        let Cost::Line { fixed, per_unit } = Cost::of(&[(10.0, 7.0), (20.0, 12.0), (40.0, 22.0)])
        else {
            panic!("a line")
        };
        assert!((fixed - 2.0).abs() < 1e-9 && (per_unit - 0.5).abs() < 1e-9);
    }

    #[test]
    fn no_part_of_a_line_is_negative() {
        // Through the points, 0 units would take -10 s.
        let steep = Cost::of(&[(10.0, 10.0), (20.0, 30.0)]);
        assert!(matches!(steep, Cost::Line { fixed: 0.0, per_unit } if per_unit > 0.0));

        // And here the longer one was faster.
        let falling = Cost::of(&[(10.0, 30.0), (20.0, 29.0)]);
        assert!(matches!(falling, Cost::Line { per_unit: 0.0, fixed } if fixed > 0.0));
    }
}
