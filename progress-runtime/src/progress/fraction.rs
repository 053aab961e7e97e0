//! A share whose owner says which part of it is done, in place of how many units.

use super::{Length, Progress};
use crate::logging;
use crate::scale::{PARTS, mul_div};

/// What a fraction of a share without a length is shown as so many of.
const PERCENT: u64 = 100;

impl Progress {
    /// Sets how much is done, from 0.0 to 1.0; a fraction is exact, whatever the length. Without a
    /// length, observers see it as so many of 100.
    ///
    /// A value outside of the range is clamped, and NaN is ignored; both write a debug record to
    /// the log.
    pub fn set_fraction(&mut self, fraction: f64) {
        if let Some(parts) = parts(fraction) {
            self.set_parts(parts);
        }
    }

    /// Sets the fraction, in [`PARTS`].
    pub(super) fn set_parts(&mut self, parts: u64) {
        let node = self.share.node();
        let of = match self.length {
            Length::Fraction { .. } if parts >= node.fraction() && node.position() == 0 => {
                return node.advance_fraction(parts);
            }
            Length::Fraction { .. } => return node.fall_back_fraction(parts),
            Length::Count(length) => length,
            Length::Unknown => PERCENT,
        };
        self.share.begin();
        self.share.node().start_fraction(parts, of);
        self.length = Length::Fraction { of };
    }

    /// Counts in units again, from the whole units that are done.
    #[cold]
    pub(super) fn end_fraction(&mut self) {
        if let Length::Fraction { of } = self.length {
            let node = self.share.node();
            let fraction = mul_div(of, node.fraction().min(PARTS), PARTS);
            node.end_fraction(node.position().saturating_add(fraction), of);
            self.length = Length::Count(of);
        }
    }
}

/// A fraction in [`PARTS`]; `None` if it is no number.
pub(super) fn parts(fraction: f64) -> Option<u64> {
    if fraction.is_nan() {
        logging::debug(format_args!("a fraction that is not a number was ignored"));
        return None;
    }
    if !(0.0..=1.0).contains(&fraction) {
        logging::debug(format_args!("the fraction {fraction} was clamped to 0..=1"));
    }
    Some((fraction.clamp(0.0, 1.0) * PARTS as f64).round() as u64)
}
