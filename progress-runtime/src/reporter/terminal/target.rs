//! Where a terminal's output goes.

use std::io::{self, IsTerminal, Write};

use super::surface::{DEFAULT, Size, Surface};

/// Where the output goes.
pub(super) enum Target {
    /// A stream of the process. All runs that are shown there share one display.
    Stream(Surface),
    /// Another writer, which may be a terminal of this size.
    Writer(Box<dyn Write + Send>, Size),
}

impl Target {
    pub(super) fn writer(out: impl Write + Send + 'static) -> Self {
        Self::Writer(Box::new(out), DEFAULT)
    }

    /// Whether a user sits in front of it, as far as this process knows.
    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stream(Surface::Stdout) => io::stdout().is_terminal(),
            Self::Stream(_) => io::stderr().is_terminal(),
            Self::Writer(..) => false,
        }
    }
}
