//! Where the bars are drawn, and its size.

use std::io;

use terminal_size::{Height, Width, terminal_size_of};

/// Columns and rows.
pub(super) type Size = (usize, usize);

/// The size of a terminal that does not say how large it is.
pub(super) const DEFAULT: Size = (80, 24);

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputStream {
    Stdout,
    Stderr,
}

/// Where the bars are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Surface {
    /// The terminal of the standard error.
    #[default]
    Stderr,
    /// The terminal of the standard output.
    Stdout,
    /// Another terminal, of this size.
    Writer(Size),
}

impl Surface {
    /// The size at this moment.
    pub(super) fn size(self) -> Size {
        let size = match self {
            Self::Stderr => terminal_size_of(io::stderr()),
            Self::Stdout => terminal_size_of(io::stdout()),
            Self::Writer(size) => return size,
        };
        match size {
            Some((Width(width @ 1..), Height(height @ 1..))) => (width.into(), height.into()),
            _ => DEFAULT,
        }
    }

    /// The stream that what is printed shares with the bars.
    pub(super) fn stream(self) -> OutputStream {
        match self {
            Self::Stderr | Self::Writer(_) => OutputStream::Stderr,
            Self::Stdout => OutputStream::Stdout,
        }
    }
}
