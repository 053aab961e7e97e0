//! The weighted median.

/// Neighbours that are further apart than this factor are two kinds of run. Nothing was ever seen
/// between them, so the median is one of them and no mean of both.
const NEIGHBOURS: f64 = 1.5;

/// A value, and how much it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weighted {
    pub(super) value: f64,
    pub(super) weight: f64,
}

/// Sorts `points` and returns their weighted median: the value that half of the weight lies below.
/// It is 0 for no points.
///
/// The weight of a point is taken to lie around its value, so between two neighbours the median
/// moves along a straight line from the middle of one weight to the middle of the next.
pub(super) fn weighted_median(points: &mut [Weighted]) -> f64 {
    points.sort_unstable_by(|one, other| {
        one.value.total_cmp(&other.value).then(one.weight.total_cmp(&other.weight))
    });

    let half = points.iter().map(|point| point.weight).sum::<f64>() / 2.0;
    let mut below = 0.0;
    let mut previous: Option<(f64, f64)> = None;
    for &Weighted { value, weight } in points.iter() {
        let middle = below + weight / 2.0;
        if middle >= half {
            return match previous {
                Some((middle_before, value_before)) if middle > middle_before => {
                    if value <= value_before * NEIGHBOURS {
                        let way = (half - middle_before) / (middle - middle_before);
                        value_before + (value - value_before) * way
                    } else if below >= half {
                        value_before
                    } else {
                        value
                    }
                }
                _ => value,
            };
        }
        previous = Some((middle, value));
        below += weight;
    }
    points.last().map_or(0.0, |point| point.value)
}

#[cfg(test)]
mod tests {
    use super::{Weighted, weighted_median};

    fn median(points: &[(f64, f64)]) -> f64 {
        let mut points: Vec<_> =
            points.iter().map(|&(value, weight)| Weighted { value, weight }).collect();
        weighted_median(&mut points)
    }

    #[test]
    fn of_equal_weights_it_is_the_median() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[(7.0, 0.2)]), 7.0);
        assert_eq!(median(&[(12.0, 1.0), (10.0, 1.0)]), 11.0);
        assert_eq!(median(&[(12.0, 1.0), (10.0, 1.0), (11.0, 1.0)]), 11.0);
    }

    #[test]
    fn a_heavier_point_pulls_it_along_a_straight_line() {
        // The middles of the weights lie at 0.5 and 2.5, half of all weight at 2.
        assert_eq!(median(&[(10.0, 1.0), (12.0, 3.0)]), 11.5);
    }

    #[test]
    fn between_two_kinds_it_is_one_of_them() {
        assert_eq!(median(&[(30.0, 1.0), (90.0, 1.1)]), 90.0);
        assert_eq!(median(&[(30.0, 1.1), (90.0, 1.0)]), 30.0);
    }

    #[test]
    fn an_outlier_does_not_move_it() {
        let usual = median(&[(10.0, 1.0), (10.5, 1.0), (11.0, 1.0)]);
        assert_eq!(median(&[(10.0, 1.0), (10.5, 1.0), (1000.0, 1.0)]), usual);
    }
}
