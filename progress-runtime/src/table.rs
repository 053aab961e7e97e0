//! Plain text in columns.

use std::fmt::Write;
use std::ops::Range;

/// Renders rows in columns that are aligned to the left, or to the right where they hold `numbers`.
pub(crate) fn table<const N: usize>(rows: &[[String; N]], numbers: Range<usize>) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let gap = if at == 0 { "" } else { "  " };
            let _ = if numbers.contains(&at) {
                write!(line, "{gap}{cell:>width$}")
            } else {
                write!(line, "{gap}{cell:<width$}")
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
