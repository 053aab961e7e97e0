//! The log records of this crate.
//!
//! A logger is user code: it may panic, and it may read the run. Records are therefore written only
//! here, where a panic is caught, and never while this crate holds a lock.

use std::fmt;

use log::Level;

use crate::panics::catch;

/// Logs a call of user code that had no effect, or only a part of it.
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    write(Level::Debug, message);
}

/// Logs a fault that nothing else reports.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    write(Level::Warn, message);
}

fn write(level: Level, message: fmt::Arguments<'_>) {
    // A logger that panics leaves nowhere to report the panic.
    let _ = catch(|| log::log!(target: "progress_runtime", level, "{message}"));
}
