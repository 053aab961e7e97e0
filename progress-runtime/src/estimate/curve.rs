//! How the own progress of a step relates to its time.

/// The parts of a step's own progress at which its time is kept. The end of a step is often unlike
/// the rest, so the marks are closer together there.
pub(crate) const MARKS: [f64; 10] = [
    1.0 / 8.0,
    2.0 / 8.0,
    3.0 / 8.0,
    4.0 / 8.0,
    5.0 / 8.0,
    6.0 / 8.0,
    7.0 / 8.0,
    15.0 / 16.0,
    31.0 / 32.0,
    63.0 / 64.0,
];

/// What a curve is made of: the part of the step's time that had gone by at each mark.
pub(super) type AtMarks = [f64; MARKS.len()];

/// So many of the newest curves are averaged: the code of a step changes.
const NEWEST: usize = 3;

/// How far a step's word on its progress is off half way, as a standard deviation of its logarithm,
/// before any curve is known.
pub(super) const OWN_SPREAD: f64 = 0.1;

/// The part of a step's time that its own progress means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve(AtMarks);

impl Curve {
    /// The mean of the newest of some curves, oldest first. `None` for none.
    pub(super) fn of(curves: &[AtMarks]) -> Option<Self> {
        let newest = &curves[curves.len().saturating_sub(NEWEST)..];
        (!newest.is_empty()).then(|| Self(mean(newest)))
    }

    /// The part of its time that has gone by when a step says `progress`, from 0 to 1. Between the
    /// marks it is a straight line.
    pub(super) fn time_at(&self, progress: f64) -> f64 {
        let after = MARKS.partition_point(|&mark| mark <= progress);
        let (from, time_from) = match after.checked_sub(1) {
            Some(before) => (MARKS[before], self.0[before]),
            None => (0.0, 0.0),
        };
        let (to, time_to) = match MARKS.get(after) {
            Some(&mark) => (mark, self.0[after]),
            None => (1.0, 1.0),
        };
        time_from + (time_to - time_from) * (progress - from) / (to - from)
    }
}

/// How far what a step says of itself is off, by how much its earlier curves differ.
pub(super) fn own_spread(curves: &[AtMarks]) -> f64 {
    if curves.is_empty() {
        return OWN_SPREAD;
    }
    let mean = mean(curves);
    let squares: f64 = curves
        .iter()
        .flat_map(|curve| curve.iter().zip(&mean).map(|(time, mean)| (time - mean).powi(2)))
        .sum();
    let variance = squares / MARKS.len() as f64;
    // The initial guess counts as one curve.
    ((OWN_SPREAD.powi(2) + 4.0 * variance) / curves.len() as f64).sqrt()
}

fn mean(curves: &[AtMarks]) -> AtMarks {
    std::array::from_fn(|mark| {
        curves.iter().map(|curve| curve[mark]).sum::<f64>() / curves.len() as f64
    })
}

/// Records when a live step passes the marks.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    /// The seconds since the attempt began, for each mark that has been passed.
    at: Vec<f64>,
    /// The greatest progress so far and its moment, in seconds since the attempt began.
    newest: (f64, f64),
}

impl Passed {
    /// The step has said `progress` after `elapsed` seconds. Between two words of a step, its
    /// progress is a straight line.
    pub(super) fn note(&mut self, progress: f64, elapsed: f64) {
        let (progress_before, elapsed_before) = self.newest;
        if progress <= progress_before {
            return;
        }
        while let Some(&mark) = MARKS.get(self.at.len()).filter(|&&mark| mark <= progress) {
            let way = (mark - progress_before).max(0.0) / (progress - progress_before);
            self.at.push(elapsed_before + (elapsed - elapsed_before) * way);
        }
        self.newest = (progress, elapsed);
    }

    /// The curve of a step that took `duration`, once all marks have been passed.
    pub(super) fn curve(&self, duration: f64) -> Option<AtMarks> {
        let at: AtMarks = self.at.as_slice().try_into().ok()?;
        (duration > 0.0).then(|| at.map(|elapsed| (elapsed / duration).min(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, MARKS, OWN_SPREAD, Passed, own_spread};

    #[test]
    fn a_step_with_an_even_pace_has_a_straight_curve() {
        let mut passed = Passed::default();
        for tenth in 1..=10 {
            passed.note(f64::from(tenth) / 10.0, f64::from(tenth) * 3.0);
        }
        let curve = passed.curve(30.0).expect("all marks are passed");
        for (time, mark) in curve.iter().zip(MARKS) {
            assert!((time - mark).abs() < 1e-9);
        }
    }

    #[test]
    fn progress_that_falls_passes_no_mark_again() {
        let mut passed = Passed::default();
        passed.note(0.5, 10.0);
        passed.note(0.25, 15.0);
        passed.note(0.5, 20.0);
        assert_eq!(passed.curve(40.0), None);
        passed.note(1.0, 40.0);
        assert_eq!(passed.curve(40.0).expect("all marks are passed")[3], 0.25);
    }

    #[test]
    fn a_curve_says_what_progress_means() {
        let slow_end = MARKS.map(|mark| mark * mark);
        let curve = Curve::of(&[slow_end]).expect("one curve");
        assert_eq!(curve.time_at(0.0), 0.0);
        assert_eq!(curve.time_at(0.5), 0.25);
        assert_eq!(curve.time_at(1.0), 1.0);
        assert!(curve.time_at(0.3) < 0.3);
        assert_eq!(Curve::of(&[]), None);
    }

    #[test]
    fn curves_that_agree_can_be_relied_on() {
        let agree = own_spread(&[MARKS; 4]);
        let differ = own_spread(&[MARKS, MARKS.map(|mark| mark * mark), MARKS, MARKS]);
        assert!(agree < OWN_SPREAD && agree < differ);
        assert_eq!(own_spread(&[]), OWN_SPREAD);
    }
}
