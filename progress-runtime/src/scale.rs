//! The arithmetic of the number: how a share turns its owner's units into a part of the whole.
//!
//! All values are exact integers. A share has a width in parts of [`FULL`]. Divisions round down,
//! and the child that takes the last unit gets the remainder, so nothing is lost and nothing
//! drifts.

/// The width of a whole run.
pub(crate) const FULL: u64 = 10_000 << 48;

/// `value` as basis points of `whole`, rounded down. What the divisions inside have lost is added
/// first: three fifths of a third are 20 %, although the third was rounded.
pub(crate) fn basis_points(value: u64, whole: u64) -> u16 {
    const LOST: u64 = 1 << 24; // of FULL, that is 0.000 000 06 basis points
    let value = value.saturating_add(LOST.min(whole >> 16));
    // At most 10 000, because a value is never above its whole.
    mul_div(value.min(whole), 10_000, whole.max(1)) as u16
}

/// `a · b / c`, rounded down, for `b <= c` and `c > 0`; the quotient is then at most `a`.
#[inline]
pub(crate) fn mul_div(a: u64, b: u64, c: u64) -> u64 {
    // A division of 128 bits costs several times as much, and is rarely needed.
    match a.checked_mul(b) {
        Some(product) => product / c,
        None => (u128::from(a) * u128::from(b) / u128::from(c)) as u64,
    }
}

/// Maps the position of a share's owner to the share's value.
///
/// The map is a straight line from the anchor `(from, held)` to `(end, width)`. A new share has its
/// anchor at (0, 0). When the truth falls (the end moves away, or the position goes back), the
/// anchor moves to the current value, so that the rest of the work is mapped onto the rest of the
/// share: the value slows down and never falls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scale {
    width: u64,
    held: u64,
    from: u64,
    end: Option<u64>,
}

impl Scale {
    pub(crate) fn new(width: u64) -> Self {
        Self { width, held: 0, from: 0, end: None }
    }

    /// The value at a position.
    #[inline]
    pub(crate) fn value(&self, position: u64) -> u64 {
        match self.end {
            None => self.held,
            Some(end) if position >= end => self.width,
            Some(_) if position <= self.from => self.held,
            Some(end) => {
                let gone = position.saturating_sub(self.from);
                self.held
                    + mul_div(self.width - self.held, gone, end.saturating_sub(self.from).max(1))
            }
        }
    }

    /// Moves the end while the owner is at `position`. A scale that no child has taken from returns
    /// to the plain proportion, unless that is below the current value.
    pub(crate) fn set_end(&mut self, position: u64, end: Option<u64>, untouched: bool) {
        let held = self.value(position);
        self.end = end;
        let plain = match end {
            Some(end) if position >= end => self.width,
            Some(end) => mul_div(self.width, position, end),
            None => 0,
        };
        if untouched && plain >= held {
            (self.from, self.held) = (0, 0);
        } else {
            (self.from, self.held) = (position, held);
        }
    }

    /// The owner's position goes back from `old` to `new`: the value holds.
    pub(crate) fn fall(&mut self, old: u64, new: u64) {
        (self.held, self.from) = (self.value(old), new);
    }

    /// Takes a share of `units` out of what is left after `position`; the last unit takes the
    /// remainder. Without an end there is nothing to divide, and the share is empty.
    pub(crate) fn take(&mut self, position: u64, units: u64) -> u64 {
        let Some(end) = self.end else { return 0 };
        let held = self.value(position);
        let left = end.saturating_sub(position);
        let rest = self.width - held;
        let share = if units >= left { rest } else { mul_div(rest, units, left) };
        self.width -= share;
        self.end = Some(end - units.min(left));
        (self.from, self.held) = (position.min(end), held);
        share
    }

    /// The value at the end.
    pub(crate) fn width(&self) -> u64 {
        self.width
    }

    /// Gives up all but `part / whole` of what is not yet earned.
    pub(crate) fn shrink(&mut self, position: u64, part: u64, whole: u64) {
        let held = self.value(position);
        let rest = if whole == 0 { 0 } else { mul_div(self.width - held, part.min(whole), whole) };
        self.width = held + rest;
        (self.from, self.held) = (position.min(self.end.unwrap_or(position)), held);
    }

    /// Takes back what children have given up.
    pub(crate) fn widen(&mut self, position: u64, more: u64) {
        let held = self.value(position);
        (self.from, self.held) = (position.min(self.end.unwrap_or(position)), held);
        self.width += more;
    }

    /// The units that are left after `position`.
    pub(crate) fn left(&self, position: u64) -> u64 {
        self.end.unwrap_or(0).saturating_sub(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(value: u64) -> f64 {
        f64::from(basis_points(value, FULL)) / 100.0
    }

    #[test]
    fn a_total_that_grows_holds_the_value_and_slows_down() {
        let mut scale = Scale::new(FULL);
        scale.set_end(0, Some(10), true);
        assert_eq!(percent(scale.value(5)), 50.0);
        scale.set_end(5, Some(20), true);
        assert_eq!(percent(scale.value(5)), 50.0);
        assert_eq!(percent(scale.value(6)), 53.33);
        assert_eq!(scale.value(20), FULL);
    }

    #[test]
    fn a_total_that_shrinks_goes_back_to_the_plain_proportion() {
        let mut scale = Scale::new(FULL);
        scale.set_end(0, Some(10), true);
        scale.set_end(5, Some(6), true);
        assert_eq!(percent(scale.value(5)), 83.33);
    }

    #[test]
    fn a_position_that_falls_holds_the_value() {
        let mut scale = Scale::new(FULL);
        scale.set_end(0, Some(10), true);
        scale.fall(8, 0);
        assert_eq!(percent(scale.value(0)), 80.0);
        assert_eq!(percent(scale.value(5)), 90.0);
        assert_eq!(scale.value(10), FULL);
    }

    #[test]
    fn the_last_unit_takes_what_rounding_left() {
        let mut scale = Scale::new(1000);
        scale.set_end(0, Some(3), true);
        let shares = [scale.take(0, 1), scale.take(0, 1), scale.take(0, 1)];
        assert_eq!(shares, [333, 333, 334]);
        assert_eq!(scale.value(0), 0);
    }

    #[test]
    fn what_rounding_inside_has_lost_is_added_again() {
        let mut scale = Scale::new(FULL);
        scale.set_end(0, Some(3), true);
        let mut third = Scale::new(scale.take(0, 1));
        third.set_end(0, Some(5), true);
        assert_eq!(percent(third.value(3)), 20.0);
        assert_eq!(percent(third.value(4)), 26.66);
    }

    #[test]
    fn an_empty_total_is_complete_and_an_unknown_one_is_worth_nothing() {
        let mut scale = Scale::new(FULL);
        assert_eq!(scale.value(1_000_000), 0);
        scale.set_end(0, Some(0), true);
        assert_eq!(scale.value(0), FULL);
    }
}
