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

/// The smallest value that is shown as so many basis points.
#[cfg(feature = "journal")]
pub(crate) fn value_of_basis_points(points: u16) -> u64 {
    (u128::from(points) * u128::from(FULL)).div_ceil(10_000) as u64
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

    /// The whole units of this work.
    pub(crate) fn units(self) -> u64 {
        // The divisions on the way have lost less.
        const LOST: u128 = 1 << 28;
        u64::try_from(self.0.saturating_add(LOST) / u128::from(FULL)).unwrap_or(u64::MAX)
    }

    /// What of this work came after `before`.
    #[inline]
    pub(crate) fn since(self, before: Self) -> Self {
        Self(self.0.saturating_sub(before.0))
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
    length: u64,
    base: Base,
    /// The largest value before the truth fell.
    held: u64,
    /// The units that were done when the owner said how much remains; those after them count.
    start: u64,
}

// There is one for each live share.
const _: () = assert!(size_of::<Scale>() <= 32);

/// What a share is measured in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Measure {
    /// The owner has not said how much there is to do.
    #[default]
    Unknown,
    /// Units of the length.
    Units,
    /// A fraction of the length, in [`PARTS`], beside its position.
    Fraction,
    /// The weights of a list of steps.
    Weights,
}

/// The value before the units of a scale: that of earlier attempts, or when the owner said how much
/// remains. The rest is mapped onto what is left.
///
/// The bits above [`FULL`], which no value needs, hold the measure of the scale, and whether the
/// value is that at the scale's start.
#[derive(Clone, Copy, Debug, Default)]
struct Base(u64);

impl Base {
    const MEASURE: u32 = 60;
    const REMAPPED: u64 = 1 << 62;
    const VALUE: u64 = (1 << Self::MEASURE) - 1;

    fn new(value: u64, measure: Measure, is_remapped: bool) -> Self {
        let remapped = if is_remapped { Self::REMAPPED } else { 0 };
        Self(value | (measure as u64) << Self::MEASURE | remapped)
    }

    #[inline]
    fn value(self) -> u64 {
        self.0 & Self::VALUE
    }

    #[inline]
    fn measure(self) -> Measure {
        match self.0 >> Self::MEASURE & 3 {
            0 => Measure::Unknown,
            1 => Measure::Units,
            2 => Measure::Fraction,
            _ => Measure::Weights,
        }
    }

    fn is_remapped(self) -> bool {
        self.0 & Self::REMAPPED != 0
    }
}

impl Scale {
    /// The value of a share without children and without a fraction, whose owner is at `position`.
    #[inline]
    pub(crate) fn value_at(&self, position: u64) -> u64 {
        let Some(whole) = self.whole() else { return self.held };
        let done = position.saturating_sub(self.start);
        let truth = if done >= whole { FULL } else { mul_div(FULL, done, whole) };
        self.raise_to(truth)
    }

    /// The work of an owner at `position`, which may report a fraction, in [`PARTS`], beside it.
    pub(crate) fn work_at(&self, position: u64, fraction: impl FnOnce() -> u64) -> Work {
        match self.base.measure() {
            Measure::Fraction => {
                let value = mul_div(FULL, fraction().min(PARTS), PARTS);
                Work::done(position) + Work::part(self.length, value)
            }
            Measure::Unknown | Measure::Units | Measure::Weights => Work::done(position),
        }
    }

    #[inline]
    pub(crate) fn has_fraction(&self) -> bool {
        self.base.measure() == Measure::Fraction
    }

    /// The units that this scale counts, if their number is known.
    #[inline]
    fn whole(&self) -> Option<u64> {
        let is_known = self.base.measure() != Measure::Unknown;
        is_known.then(|| self.length.saturating_sub(self.start))
    }

    /// The work before the units of this scale, in a share that has no children.
    pub(crate) fn start(&self) -> Work {
        Work::done(self.start)
    }

    /// The value of a share in which this work is done since the start of the scale, by its owner
    /// and its children.
    pub(crate) fn value_of(&self, work: Work) -> u64 {
        let truth = match self.whole() {
            None => return self.held,
            Some(whole) if work.0 >= Work::done(whole).0 => FULL,
            // The quotient is below FULL.
            Some(whole) => (work.0 / u128::from(whole)) as u64,
        };
        self.raise_to(truth)
    }

    /// The part of the share that this work makes, 0 to 1: the truth, which may fall. After the
    /// owner has said how much remains, what was shown until then counts too.
    pub(crate) fn truth_of(&self, work: Work) -> Option<f64> {
        let truth = match self.whole()? {
            0 => 1.0,
            whole => (work.0 as f64 / Work::done(whole).0 as f64).min(1.0),
        };
        let is_remapped = self.base.is_remapped();
        let before = if is_remapped { self.base.value() as f64 / FULL as f64 } else { 0.0 };
        Some(before + (1.0 - before) * truth)
    }

    #[inline]
    fn raise_to(&self, truth: u64) -> u64 {
        let value = match self.base.value() {
            0 => truth,
            base => base + mul_div(FULL - base, truth, FULL),
        };
        value.max(self.held)
    }

    /// The whole units that an owner at `position` has done.
    pub(crate) fn units_at(&self, position: u64, fraction: impl FnOnce() -> u64) -> u64 {
        match self.base.measure() {
            Measure::Fraction => {
                position.saturating_add(mul_div(self.length, fraction().min(PARTS), PARTS))
            }
            Measure::Unknown | Measure::Units | Measure::Weights => position,
        }
    }

    /// The length that the owner has set.
    pub(crate) fn own_length(&self) -> Option<u64> {
        let is_own = matches!(self.base.measure(), Measure::Units | Measure::Fraction);
        is_own.then_some(self.length)
    }

    /// Sets or takes back the length of a share that has reached `value`, which is held.
    pub(crate) fn set_length(&mut self, value: u64, length: Option<u64>) {
        let measure = if length.is_some() { Measure::Units } else { Measure::Unknown };
        self.set_measure(value, length.unwrap_or(0), measure);
    }

    /// Sets the length of a share whose owner reports a fraction of it from now on.
    pub(crate) fn set_length_of_fraction(&mut self, value: u64, length: u64) {
        self.set_measure(value, length, Measure::Fraction);
    }

    /// Measures a share by the weights of a list of steps from now on.
    pub(crate) fn set_weights(&mut self, value: u64, total: u64) {
        self.set_measure(value, total, Measure::Weights);
    }

    /// Keeps the length that the owner of the share has set on another scale.
    pub(crate) fn keep_own_length(&mut self, other: &Self) {
        self.set_length(self.held, other.own_length());
    }

    fn set_measure(&mut self, value: u64, length: u64, measure: Measure) {
        self.hold(value);
        self.length = length;
        self.base = Base::new(self.base.value(), measure, self.base.is_remapped());
    }

    /// Maps `units` more onto what is left of a share that has reached `value` with `done` units.
    /// Returns the new length.
    pub(crate) fn remap(&mut self, value: u64, done: u64, units: u64) -> u64 {
        let length = done.saturating_add(units);
        self.hold(value);
        (self.length, self.start) = (length, done);
        self.base = Base::new(value, Measure::Units, true);
        length
    }

    /// The units of this scale are counted from zero, whatever was done before.
    pub(crate) fn count_anew(&mut self) {
        self.start = 0;
        self.base = Base::new(self.base.value(), self.base.measure(), false);
    }

    /// The truth is about to fall: `value`, which the share has reached, is held.
    pub(crate) fn hold(&mut self, value: u64) {
        self.held = self.held.max(value);
    }

    /// Another attempt begins, after the one before has reached `value`.
    pub(crate) fn restart(&mut self, value: u64) {
        let base = Base::new(value, Measure::Unknown, false);
        *self = Self { base, held: value, ..Self::default() };
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
        scale.set_length(0, Some(length));
        scale
    }

    fn percent(value: u64) -> f64 {
        f64::from(basis_points(value)) / 100.0
    }

    #[test]
    fn a_total_that_grows_holds_the_value_until_the_truth_has_caught_up() {
        let mut scale = scale(10);
        scale.set_length(scale.value_at(5), Some(20));
        assert_eq!(percent(scale.value_at(5)), 50.0);
        assert_eq!(percent(scale.value_at(10)), 50.0);
        assert_eq!(percent(scale.value_at(11)), 55.0);
        assert_eq!(scale.value_at(20), FULL);
    }

    #[test]
    fn a_total_that_shrinks_raises_the_value() {
        let mut scale = scale(10);
        scale.set_length(scale.value_at(5), Some(6));
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
        scale.set_length(scale.value_at(0), Some(4));
        assert_eq!(percent(scale.value_at(0)), 50.0);
        assert_eq!(percent(scale.value_at(1)), 62.5);
        assert_eq!(scale.value_at(4), FULL);
    }

    #[test]
    fn what_remains_is_mapped_onto_what_is_left() {
        let mut scale = scale(10);
        assert_eq!(scale.remap(scale.value_at(5), 5, 20), 25);
        assert_eq!(percent(scale.value_at(5)), 50.0);
        assert_eq!(percent(scale.value_at(15)), 75.0);
        assert_eq!(scale.truth_of(Work::done(10)), Some(0.75));
        scale.set_length(scale.value_at(15), Some(15));
        assert_eq!(scale.value_at(15), FULL);
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
