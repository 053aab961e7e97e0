//! What this crate writes to the log.
//!
//! A logger is code of the user's: it may panic, and it may read the run. So a record is written
//! only here, where a panic goes no further, and never while a lock of this crate is held.

use std::fmt;

use log::Level;

use crate::panics::catch;

/// Something that the user's code did, which had no effect or only a part of it.
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    write(Level::Debug, message);
}

/// Something that went wrong and that nobody else reports.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    write(Level::Warn, message);
}

fn write(level: Level, message: fmt::Arguments<'_>) {
    // Nobody is left to hear of a logger that panics.
    let _ = catch(|| log::log!(target: "progress_runtime", level, "{message}"));
}
