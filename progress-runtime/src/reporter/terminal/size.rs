//! The size of the terminal.

use std::io;

use terminal_size::{Height, Width, terminal_size_of};

/// Columns and rows.
pub(super) type Size = (usize, usize);

/// The size of the standard error's terminal at this moment.
pub(super) fn current() -> Size {
    match terminal_size_of(io::stderr()) {
        Some((Width(width @ 1..), Height(height @ 1..))) => (width.into(), height.into()),
        _ => (80, 24),
    }
}
