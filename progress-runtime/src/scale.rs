//! The arithmetic of the number: how the count of a share becomes its value.
//!
//! A *value* is a part of [`FULL`], as an exact integer. A share has a *truth*, which may fall, and
//! a value, which is the largest truth that it has had:
//!
//! - truth = done / length, at most 1, where `done` is the owner's position, plus the units of
//!   finished children, plus units · value of the live ones;
//! - without a length the truth is 0; a share of length 0 is complete;
//! - after an attempt that failed, the truth of the next one is mapped onto the rest of the share.
//!
//! Divisions round down by less than one part of `FULL`, so nothing drifts: the number is exact to
//! the basis point unless a share is split off that is worth thousands of times the whole.

/// The value of a share that is complete.
pub(crate) const FULL: u64 = 1 << 56;

/// The parts of a whole that a fraction is counted in: decimals of up to twelve digits are exact.
pub(crate) const PARTS: u64 = 1_000_000_000_000;

/// A value as basis points, rounded down. The divisions on the way have lost less than `LOST`,
/// which is added first: three fifths of a third are 20 %, although the third was rounded.
pub(crate) fn basis_points(value: u64) -> u16 {
    const LOST: u64 = 1 << 12;
    let value = value.saturating_add(LOST).min(FULL);
    // At most 10 000, because a value is never above FULL.
    (u128::from(value) * 10_000 / u128::from(FULL)) as u16
}

/// `a · b / c`, rounded down, for `b <= c` and `c > 0`; the quotient is then at most `a`.
#[inline]
pub(crate) fn mul_div(a: u64, b: u64, c: u64) -> u64 {
    // A division of 128 bits costs several times as much.
    match a.checked_mul(b) {
        Some(product) => product / c,
        None => (u128::from(a) * u128::from(b) / u128::from(c)) as u64,
    }
}

/// An amount of work: units of a share times the value that they have reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work(u128);

impl Work {
    /// `units`, each of which is complete.
    pub(crate) fn done(units: u64) -> Self {
        Self::part(units, FULL)
    }

    /// `units` that have reached a value together.
    #[inline]
    pub(crate) fn part(units: u64, value: u64) -> Self {
        Self(u128::from(units) * u128::from(value))
    }
}

impl std::ops::Add for Work {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::AddAssign for Work {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Maps what is done in a share to the share's value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scale {
    /// The units that there are to do, if that is known.
    length: Option<u64>,
    /// Whether the owner reports a fraction of the length, in [`PARTS`], beside its position.
    has_fraction: bool,
    /// The value that earlier attempts have reached: the rest is mapped onto what is left.
    base: u64,
    /// The largest value before the truth fell.
    held: u64,
}

impl Scale {
    /// The value of a share without children and without a fraction, whose owner is at `position`.
    #[inline]
    pub(crate) fn value_at(&self, position: u64) -> u64 {
        let whole = match self.length {
            None => return self.held,
            Some(0) => return FULL,
            Some(length) => length,
        };
        let truth = if position >= whole { FULL } else { mul_div(FULL, position, whole) };
        self.raise_to(truth)
    }

    /// The work of an owner at `position`, which may report a fraction, in [`PARTS`], beside it.
    pub(crate) fn work_at(&self, position: u64, fraction: impl FnOnce() -> u64) -> Work {
        match self.length {
            Some(length) if self.has_fraction => {
                let value = mul_div(FULL, fraction().min(PARTS), PARTS);
                Work::done(position) + Work::part(length, value)
            }
            _ => Work::done(position),
        }
    }

    #[inline]
    pub(crate) fn has_fraction(&self) -> bool {
        self.has_fraction
    }

    /// The value of a share in which this work is done, by its owner and its children.
    pub(crate) fn value_of(&self, work: Work) -> u64 {
        let truth = match self.length {
            None => return self.held,
            Some(length) if work.0 >= Work::done(length).0 => FULL,
            // The quotient is below FULL.
            Some(length) => (work.0 / u128::from(length)) as u64,
        };
        self.raise_to(truth)
    }

    /// The part of the length that this work makes, 0 to 1: the truth, which may fall.
    pub(crate) fn truth_of(&self, work: Work) -> Option<f64> {
        match self.length? {
            0 => Some(1.0),
            length => Some((work.0 as f64 / Work::done(length).0 as f64).min(1.0)),
        }
    }

    #[inline]
    fn raise_to(&self, truth: u64) -> u64 {
        let value = match self.base {
            0 => truth,
            base => base + mul_div(FULL - base, truth, FULL),
        };
        value.max(self.held)
    }

    /// The whole units that an owner at `position` has done.
    pub(crate) fn units_at(&self, position: u64, fraction: impl FnOnce() -> u64) -> u64 {
        match self.length {
            Some(length) if self.has_fraction => {
                position.saturating_add(mul_div(length, fraction().min(PARTS), PARTS))
            }
            _ => position,
        }
    }

    /// Sets the length of a share that has reached `value`, which is held, and whether its owner
    /// reports a fraction.
    pub(crate) fn set_length(&mut self, value: u64, length: Option<u64>, has_fraction: bool) {
        self.hold(value);
        (self.length, self.has_fraction) = (length, has_fraction);
    }

    /// The truth is about to fall: `value`, which the share has reached, is held.
    pub(crate) fn hold(&mut self, value: u64) {
        self.held = self.held.max(value);
    }

    /// Another attempt begins, after the one before has reached `value`.
    pub(crate) fn restart(&mut self, value: u64) {
        *self = Self { base: value, held: value, ..Self::default() };
    }

    /// The value that is held, whatever is done.
    pub(crate) fn held(&self) -> u64 {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(length: u64) -> Scale {
        let mut scale = Scale::default();
        scale.set_length(0, Some(length), false);
        scale
    }

    fn percent(value: u64) -> f64 {
        f64::from(basis_points(value)) / 100.0
    }

    #[test]
    fn a_total_that_grows_holds_the_value_until_the_truth_has_caught_up() {
        let mut scale = scale(10);
        scale.set_length(scale.value_at(5), Some(20), false);
        assert_eq!(percent(scale.value_at(5)), 50.0);
        assert_eq!(percent(scale.value_at(10)), 50.0);
        assert_eq!(percent(scale.value_at(11)), 55.0);
        assert_eq!(scale.value_at(20), FULL);
    }

    #[test]
    fn a_total_that_shrinks_raises_the_value() {
        let mut scale = scale(10);
        scale.set_length(scale.value_at(5), Some(6), false);
        assert_eq!(percent(scale.value_at(5)), 83.33);
    }

    #[test]
    fn a_position_that_falls_holds_the_value_until_the_truth_has_caught_up() {
        let mut scale = scale(10);
        scale.hold(scale.value_at(8));
        assert_eq!(percent(scale.value_at(0)), 80.0);
        assert_eq!(percent(scale.value_at(8)), 80.0);
        assert_eq!(percent(scale.value_at(9)), 90.0);
    }

    #[test]
    fn another_attempt_is_mapped_onto_the_rest() {
        let mut scale = scale(10);
        scale.restart(scale.value_at(5));
        scale.set_length(scale.value_at(0), Some(4), false);
        assert_eq!(percent(scale.value_at(0)), 50.0);
        assert_eq!(percent(scale.value_at(1)), 62.5);
        assert_eq!(scale.value_at(4), FULL);
    }

    #[test]
    fn the_rounding_of_inner_divisions_is_made_up_for() {
        let third = scale(5).value_at(3);
        let value = scale(3).value_of(Work::part(1, third));
        assert_eq!(percent(value), 20.0);
    }

    #[test]
    fn an_empty_total_is_complete_and_an_unknown_one_is_worth_nothing() {
        assert_eq!(Scale::default().value_at(1_000_000), 0);
        assert_eq!(scale(0).value_at(0), FULL);
        assert_eq!(scale(0).value_of(Work::default()), FULL);
    }

    #[test]
    fn no_amount_of_work_overflows() {
        let most = Work::part(u64::MAX, FULL);
        assert_eq!(scale(u64::MAX).value_of(most + most + most), FULL);
        assert_eq!(scale(u64::MAX).value_at(u64::MAX), FULL);
    }
}
