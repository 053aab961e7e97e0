//! Counts and speeds in words: `13.6 MB/84.0 MB`, `12/40 pages`, `340 kB/s`.

use unit_prefix::NumberPrefix;

use super::words::short_number;
use crate::snapshot::Unit;

/// So many units: `62`, `13.6 MB`, `1 page`, `12 pages`.
pub(super) fn amount(count: u64, unit: Option<&Unit>) -> String {
    match unit {
        None => short_number(count),
        Some(Unit::Named { one, many }) => {
            let name = if count == 1 { one } else { many };
            format!("{} {name}", short_number(count))
        }
        Some(Unit::Bytes) => size(NumberPrefix::decimal(count as f64)),
        Some(Unit::BinaryBytes) => size(NumberPrefix::binary(count as f64)),
    }
}

/// `62/100`, `13.6 MB/84.0 MB`, `12/40 pages`.
pub(super) fn of(done: u64, total: u64, unit: Option<&Unit>) -> String {
    let done = match unit {
        None | Some(Unit::Named { .. }) => short_number(done),
        bytes => amount(done, bytes),
    };
    format!("{done}/{}", amount(total, unit))
}

/// So many units a second: `340 kB/s`, `3.1/s`. What comes less than once a second is counted by
/// the minute or the hour.
pub(super) fn speed(rate: f64, unit: Option<&Unit>) -> String {
    match unit {
        Some(Unit::Bytes) => return format!("{}/s", size(NumberPrefix::decimal(rate.floor()))),
        Some(Unit::BinaryBytes) => {
            return format!("{}/s", size(NumberPrefix::binary(rate.floor())));
        }
        None | Some(Unit::Named { .. }) => {}
    }
    let (rate, period) = match rate {
        0.0 => (0.0, "s"),
        rate if rate >= 1.0 => (rate, "s"),
        rate if rate * 60.0 >= 1.0 => (rate * 60.0, "min"),
        rate => (rate * 3_600.0, "h"),
    };
    match rate {
        0.0 | 100.0.. => format!("{}/{period}", short_number(rate as u64)),
        rate => format!("{}/{period}", decimal(rate)),
    }
}

/// Three digits at most before the prefix, and never rounded up.
fn size(bytes: NumberPrefix<f64>) -> String {
    match bytes {
        NumberPrefix::Standalone(bytes) => format!("{bytes:.0} B"),
        NumberPrefix::Prefixed(prefix, number) if number >= 100.0 => {
            format!("{:.0} {prefix}B", number.floor())
        }
        NumberPrefix::Prefixed(prefix, number) => format!("{} {prefix}B", decimal(number)),
    }
}

/// A number with one decimal, rounded down.
fn decimal(number: f64) -> String {
    // What is lost where a decimal has no exact value in binary.
    const LOST: f64 = 1e-9;
    format!("{:.1}", (number * 10.0 + LOST).floor() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::{amount, of, speed};
    use crate::snapshot::Unit;

    const PAGES: Unit = Unit::named("page", "pages");

    #[test]
    fn bytes_have_at_most_three_digits_and_are_never_rounded_up() {
        let si = |bytes| amount(bytes, Some(&Unit::Bytes));
        assert_eq!(si(0), "0 B");
        assert_eq!(si(999), "999 B");
        assert_eq!(si(1_000), "1.0 kB");
        assert_eq!(si(999_999), "999 kB");
        assert_eq!(si(13_600_000), "13.6 MB");
        assert_eq!(si(99_990_000), "99.9 MB");
        assert_eq!(si(u64::MAX), "18.4 EB");
        let binary = |bytes| amount(bytes, Some(&Unit::BinaryBytes));
        assert_eq!(binary(1_023), "1023 B");
        assert_eq!(binary(13_600_000), "12.9 MiB");
    }

    #[test]
    fn a_count_stands_with_its_total_and_its_unit() {
        assert_eq!(of(62, 100, None), "62/100");
        assert_eq!(of(13_600_000, 84_000_000, Some(&Unit::Bytes)), "13.6 MB/84.0 MB");
        assert_eq!(of(12, 40, Some(&PAGES)), "12/40 pages");
        assert_eq!(amount(1, Some(&PAGES)), "1 page");
    }

    #[test]
    fn a_speed_is_counted_by_the_time_that_fits() {
        assert_eq!(speed(340_999.0, Some(&Unit::Bytes)), "340 kB/s");
        assert_eq!(speed(0.4, Some(&Unit::Bytes)), "0 B/s");
        assert_eq!(speed(3.1, Some(&PAGES)), "3.1/s");
        assert_eq!(speed(12_345.6, None), "12k/s");
        assert_eq!(speed(0.5, None), "30.0/min");
        assert_eq!(speed(0.01, None), "36.0/h");
        assert_eq!(speed(0.0, None), "0/s");
    }
}
